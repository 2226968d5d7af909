import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CancellationTokenSource, type CancellationToken } from 'vscode-languageserver/node';
import { EngineFault, type Engine } from '../../server/engines/engine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import { encodeGraph } from '../../server/formats/onnx/encode.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { connect, type Client } from '../kit/connect.ts';
import { engineChild } from '../kit/documents.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';
import { perTensor } from '../kit/target.ts';

/** An engine that compares as a test says, and does nothing else. */
const fakeEngine = (compare: Engine['compare']): Engine => ({
  name: 'fake',
  open: () => Promise.reject(new EngineFault('not-available', 'this engine opens nothing')),
  compare,
  dispose: () => undefined,
});

describe('a server at work', () => {
  let folder = '';
  let uri = '';
  let client: Client | undefined;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'serve-'));
    const path = join(folder, 'net.onnx');
    writeFileSync(path, encodeGraph(smallMobileNet(), []));
    uri = pathToFileURL(path).href;
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => client?.close());

  const start = async (createEngine: (log: (line: string) => void) => Engine): Promise<Client> => {
    client = await connect(join(folder, 'storage'), createEngine);
    return client;
  };
  const fold = [{ step: 'fold' as const }];

  it('answers a trivial request before the long one that came first', async () => {
    let release = false;
    const busy = fakeEngine(async (_before, _after, _feeds, _values, job) => {
      while (!release) await job.checkpoint(0, 1, 'comparing');
      throw new EngineFault('cannot-run', 'enough');
    });
    const { ask } = await start(() => busy);
    const { revision } = await ask(rpc.openModel, { uri, target: perTensor });
    const order: string[] = [];
    const long = ask(rpc.applySteps, { uri, revision, steps: fold }).then((reply) => {
      order.push('apply');
      return reply;
    });
    const { pid } = await ask(rpc.ping, null);
    order.push('ping');
    const log = await ask(rpc.readLog, { uri, revision });
    order.push('log');
    release = true;
    await long;
    assert.equal(pid, process.pid);
    assert.deepEqual(log.changes, []);
    assert.deepEqual(order, ['ping', 'log', 'apply']);
  });

  describe('is as it was after a stop in the middle of', () => {
    type Ask = (revision: number, layer: number, stop: CancellationToken) => Promise<unknown>;
    const requests: readonly { name: string; ask: (client: Client) => Ask }[] = [
      {
        name: 'a preview',
        ask: (to) => (revision, _, stop) =>
          to.ask(rpc.previewSteps, { uri, revision, steps: equalize }, stop),
      },
      {
        name: 'steps that are applied',
        ask: (to) => (revision, _, stop) =>
          to.ask(rpc.applySteps, { uri, revision, steps: equalize }, stop),
      },
      {
        name: 'a repair',
        ask: (to) => (revision, _, stop) => to.ask(rpc.repairModel, { uri, revision }, stop),
      },
      {
        name: 'an undo for one layer',
        ask: (to) => (revision, layer, stop) =>
          to.ask(rpc.undoLayer, { uri, revision, layer }, stop),
      },
    ];
    const equalize = [{ step: 'equalize' as const }];
    for (const { name, ask } of requests) {
      it(name, async () => {
        const now = { isEndless: false, isComparing: false };
        const engine = fakeEngine(async (_before, _after, _feeds, _values, job) => {
          now.isComparing = true;
          while (now.isEndless) await job.checkpoint(0, 1, 'comparing');
          throw new EngineFault('cannot-run', 'no');
        });
        const server = await start(() => engine);
        const { revision: first } = await server.ask(rpc.openModel, { uri, target: perTensor });
        const params = { uri, revision: first, steps: equalize };
        const { state } = await server.ask(rpc.applySteps, params);
        const before = await server.whole(state);
        const layer = before.layers[0]?.id ?? -1;
        Object.assign(now, { isEndless: true, isComparing: false });
        const stop = new CancellationTokenSource();
        const long = ask(server)(before.revision, layer, stop.token);
        while (!now.isComparing) await wait(1);
        stop.cancel();
        await assert.rejects(long, { code: -32800 });
        const { revision } = before;
        const after = await server.ask(rpc.discardPreview, { uri, revision });
        assert.deepEqual(await server.whole(after), before);
      });
    }
  });

  it('does changes of one model one after the other, and refuses the late one', async () => {
    const none = fakeEngine(() => Promise.reject(new EngineFault('cannot-run', 'no')));
    const { ask, refused } = await start(() => none);
    const { revision } = await ask(rpc.openModel, { uri, target: perTensor });
    const first = ask(rpc.applySteps, { uri, revision, steps: fold });
    const second = refused(rpc.applySteps, { uri, revision, steps: fold });
    assert.equal((await first).changes.length, 1);
    assert.equal((await second).code, 'stale');
  });

  it('reports progress of a request that names a token', async () => {
    const { ask, connection } = await start(() =>
      fakeEngine(() => Promise.reject(new EngineFault('cannot-run', 'no'))),
    );
    const kinds: string[] = [];
    connection.onNotification(
      '$/progress',
      ({ token, value }: { token: string; value: { kind: string } }) => {
        if (token === 'mine') kinds.push(value.kind);
      },
    );
    await ask(rpc.openModel, { uri, target: perTensor, workDoneToken: 'mine' });
    await ask(rpc.ping, null);
    assert.equal(kinds[0], 'begin');
    assert.equal(kinds.at(-1), 'end');
  });

  describe('whose engine dies', () => {
    /** ONNX Runtime, its process killed at each comparison that `isFatal` says. */
    const mortal = (isFatal: (comparison: number) => boolean) => (): Engine => {
      const real = createOnnxRuntimeEngine({ childPath: engineChild });
      let count = 0;
      return {
        name: 'mortal',
        open: (model, job) => real.open(model, job),
        async compare(...asked) {
          const answer = real.compare(...asked);
          if (isFatal(++count)) {
            answer.catch(() => undefined);
            while (real.pid === undefined) await wait(1);
            process.kill(real.pid, 'SIGKILL');
          }
          return answer;
        },
        dispose: () => real.dispose(),
      };
    };

    it('once, proves with the next one', async () => {
      const { ask } = await start(mortal((comparison) => comparison === 1));
      const { revision } = await ask(rpc.openModel, { uri, target: perTensor });
      const { state } = await ask(rpc.applySteps, { uri, revision, steps: fold });
      assert.equal(state.proofs[0]?.unavailable, undefined);
      assert.equal(state.proofs[0]?.exact, true);
    });

    it('each time, says that nothing is proved and keeps the change', async () => {
      const { ask } = await start(mortal(() => true));
      const { revision } = await ask(rpc.openModel, { uri, target: perTensor });
      const { state } = await ask(rpc.applySteps, { uri, revision, steps: fold });
      assert.ok(state.proofs[0]?.unavailable);
      assert.equal(state.proofs[0]?.exercised, false);
      assert.match(state.changes[0]?.note ?? '', /^not proved/);
    });
  });
});
