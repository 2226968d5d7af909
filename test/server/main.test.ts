import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type ProtocolConnection,
} from 'vscode-languageserver/node';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { perTensor } from '../kit/target.ts';

const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url));

/** The server as VS Code starts it: a process of its own, talked to over its IPC channel. */
describe('the server as a process', () => {
  let folder = '';
  let uri = '';
  let child: ChildProcess | undefined;
  let connection: ProtocolConnection | undefined;
  const states: ModelState[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'main-'));
    const path = join(folder, 'net.onnx');
    writeFileSync(path, encodeGraph(smallMobileNet(), []));
    uri = pathToFileURL(path).href;
  });
  afterEach(() => {
    connection?.dispose();
    child?.kill('SIGKILL');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The state once all its numbers are there: an answer does not wait for them on a slow machine. */
  async function whole(state: ModelState): Promise<ModelState> {
    for (;;) {
      const found = [state, ...states].find(
        ({ isComplete, revision }) => isComplete && revision === state.revision,
      );
      if (found) return found;
      await wait(5);
    }
  }

  async function start(): Promise<<P, R>(asked: rpc.Rpc<P, R>, params: P) => Promise<R>> {
    states.length = 0;
    const started = fork(main, ['--node-ipc'], { execArgv: ['--import', 'tsx'] });
    child = started;
    const wire = createProtocolConnection(
      new IPCMessageReader(started),
      new IPCMessageWriter(started),
    );
    connection = wire;
    wire.onNotification(rpc.stateChanged.method, (state: ModelState) => void states.push(state));
    wire.listen();
    await wire.sendRequest('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      initializationOptions: { storageFolder: join(folder, 'storage') },
    });
    return (asked, params) => wire.sendRequest(asked.method, params);
  }

  it('answers from another process and ends when asked to', async () => {
    const ask = await start();
    const { pid } = await ask(rpc.ping, null);
    assert.equal(pid, child?.pid);
    const ended = once(child as ChildProcess, 'exit');
    await connection?.sendRequest('shutdown');
    await connection?.sendNotification('exit');
    const [code] = (await ended) as [number];
    assert.equal(code, 0);
  });

  it('has lost nothing after it was killed: the log brings all back', async () => {
    let ask = await start();
    const { revision } = await ask(rpc.openModel, { uri, target: perTensor });
    const steps = [{ step: 'equalize' as const }];
    const { state } = await ask(rpc.applySteps, { uri, revision, steps });
    const before = await whole(state);
    const log = await ask(rpc.readLog, { uri, revision: state.revision });
    connection?.dispose();
    child?.kill('SIGKILL');
    ask = await start();
    const again = await whole(await ask(rpc.openModel, { uri, target: perTensor, log }));
    assert.deepEqual(again.changes, before.changes);
    assert.deepEqual(again.layers, before.layers);
    assert.deepEqual(
      again.proofs.map(({ exact }) => exact),
      [true, true, true], // fold, equalize, and both together
    );
  });
});
