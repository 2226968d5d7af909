import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createConnection,
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type CancellationToken,
  type ProtocolConnection,
} from 'vscode-languageserver/node';
import type { Engine } from '../../server/engines/engine.ts';
import { createOnnxRuntimeEngine } from '../../server/engines/onnxruntime/onnxRuntime.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import {
  stateChanged,
  type Fault,
  type Rpc,
  type ServerOptions,
} from '../../server/protocol/requests.ts';
import { serve } from '../../server/serve.ts';
import { engineChild } from './documents.ts';

/** A server of this process at the other end of a real connection, and what a host does with it. */
export interface Client {
  readonly ask: <P, R>(rpc: Rpc<P, R>, params: P, token?: CancellationToken) => Promise<R>;
  /** The fault that a request is refused with; fails when it is answered. */
  readonly refused: <P, R>(rpc: Rpc<P, R>, params: P) => Promise<Fault>;
  /** The state once all its numbers are there: an answer does not wait for them on a slow machine. */
  readonly whole: (state: ModelState) => Promise<ModelState>;
  readonly connection: ProtocolConnection;
  /** States that came without being asked for. */
  readonly states: ModelState[];
  readonly logged: string[];
  close(): Promise<void>;
}

/** Connects to a server that is made for this test. */
export async function connect(
  storageFolder: string,
  createEngine: (log: (line: string) => void) => Engine = (log) =>
    createOnnxRuntimeEngine({ childPath: engineChild, log }),
  options: ServerOptions = {},
): Promise<Client> {
  const there = new PassThrough();
  const back = new PassThrough();
  const server = createConnection(new StreamMessageReader(there), new StreamMessageWriter(back));
  let engine: Engine | undefined;
  serve(server, { createEngine: (log) => (engine = createEngine(log)) });
  server.listen();
  const connection = createProtocolConnection(
    new StreamMessageReader(back),
    new StreamMessageWriter(there),
    undefined,
  );
  const states: ModelState[] = [];
  const logged: string[] = [];
  connection.onNotification(stateChanged.method, (state: ModelState) => void states.push(state));
  connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
    logged.push(message);
  });
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {},
    initializationOptions: { storageFolder, ...options },
  });
  await connection.sendNotification('initialized', {});
  const ask = <P, R>(rpc: Rpc<P, R>, params: P, token?: CancellationToken): Promise<R> =>
    token
      ? connection.sendRequest<R>(rpc.method, params, token)
      : connection.sendRequest<R>(rpc.method, params);
  return {
    ask,
    async refused(rpc, params) {
      try {
        await ask(rpc, params);
      } catch (thrown) {
        return (thrown as { data: Fault }).data;
      }
      throw new Error(`${rpc.method} was answered, not refused`);
    },
    async whole(state) {
      const isIt = ({ uri, revision, isComplete }: ModelState): boolean =>
        isComplete && uri === state.uri && revision === state.revision;
      for (;;) {
        const found = [state, ...states].find(isIt);
        if (found) return found;
        await wait(5);
      }
    },
    connection,
    states,
    logged,
    async close() {
      await connection.sendRequest('shutdown');
      engine?.dispose();
      connection.dispose();
      server.dispose();
    },
  };
}

/** An engine that several servers use one after the other: its process starts once. */
export function sharedEngine(): { readonly create: () => Engine; dispose(): void } {
  const engine = createOnnxRuntimeEngine({ childPath: engineChild });
  const create = (): Engine => ({
    name: engine.name,
    open: (model, job) => engine.open(model, job),
    compare: (...asked) => engine.compare(...asked),
    describe: (...asked) => engine.describe(...asked),
    beginTask: (task, job) => engine.beginTask(task, job),
    forget: (names) => engine.forget(names),
    reduceKept: (...asked) => engine.reduceKept(...asked),
    dispose: () => undefined,
  });
  return { create, dispose: () => engine.dispose() };
}
