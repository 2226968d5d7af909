/**
 * The bundled server over its IPC channel, on a model of 500 MB (RANGEFINDER_BENCH_MAX_MB for a
 * smaller one): how long a trivial request waits while the server works, and how long it takes to
 * stop. A server with nothing to do is asked first: what a loaded machine adds is in that figure.
 * Needs dist/ (npm run build).
 */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  CancellationTokenSource,
  createProtocolConnection,
  IPCMessageReader,
  IPCMessageWriter,
  LSPErrorCodes,
  ResponseError,
  type CancellationToken,
} from 'vscode-languageserver/node';
import { defaultTarget } from '../../server/core/quant/targets.ts';
import * as rpc from '../../server/protocol/requests.ts';
import { writeChain } from './bigModel.ts';
import { print, seconds, verdict } from './print.ts';

const pingLimitMs = 50;
const cancelLimitMs = 100;
const pingEveryMs = 10;

class Server {
  readonly #child: ChildProcess;
  readonly #wire;

  constructor(path: string) {
    this.#child = fork(path, ['--node-ipc']);
    this.#wire = createProtocolConnection(
      new IPCMessageReader(this.#child),
      new IPCMessageWriter(this.#child),
    );
    this.#wire.listen();
  }

  async initialize(storageFolder: string): Promise<void> {
    const initializationOptions = { storageFolder };
    const params = { processId: process.pid, rootUri: null, capabilities: {} };
    await this.#wire.sendRequest('initialize', { ...params, initializationOptions });
  }

  ask<P, R>(asked: rpc.Rpc<P, R>, params: P, token?: CancellationToken): Promise<R> {
    return token
      ? this.#wire.sendRequest(asked.method, params, token)
      : this.#wire.sendRequest(asked.method, params);
  }

  /** Milliseconds that the slowest of many pings takes while `work` goes on. */
  async worstPing(work: Promise<unknown>): Promise<number> {
    let isOver = false;
    const over = work.then(() => (isOver = true));
    let worst = 0;
    while (!isOver) {
      worst = Math.max(
        worst,
        1000 * (await seconds(() => this.ask(rpc.ping, null).then(() => {}))),
      );
      await sleep(pingEveryMs);
    }
    await over;
    return worst;
  }

  /** Milliseconds from a cancel, `afterMs` into the request, to the answer; undefined: it was done. */
  async cancelled<P, R>(
    asked: rpc.Rpc<P, R>,
    params: P,
    afterMs: number,
  ): Promise<number | undefined> {
    const stop = new CancellationTokenSource();
    let began = NaN;
    const answer = this.ask(asked, params, stop.token).then(
      () => undefined,
      (thrown: unknown) => {
        const isStopped =
          thrown instanceof ResponseError && thrown.code === LSPErrorCodes.RequestCancelled;
        if (!isStopped) throw thrown;
        return performance.now() - began;
      },
    );
    await sleep(afterMs);
    began = performance.now();
    stop.cancel();
    return answer;
  }

  end(): void {
    this.#wire.dispose();
    this.#child.kill();
  }
}

async function main(): Promise<void> {
  const bundle = resolve('dist/server.mjs');
  if (!existsSync(bundle)) {
    print('  skipped: dist/server.mjs is not there (npm run build)');
    return;
  }
  const megabytes = Math.min(500, Number(process.env['RANGEFINDER_BENCH_MAX_MB'] ?? 500));
  const folder = mkdtempSync(join(tmpdir(), 'rangefinder-bench-'));
  let server: Server | undefined;
  try {
    const path = join(folder, 'chain.onnx');
    writeChain(path, megabytes * 1e6);
    const uri = pathToFileURL(path).href;
    const began = performance.now();
    server = new Server(bundle);
    await server.initialize(join(folder, 'storage'));
    const started = (performance.now() - began) / 1000;
    print(`       the server answers ${started.toFixed(2)} s after it is started`);
    verdict('ping while idle', await server.worstPing(sleep(1000)), pingLimitMs, 'ms');
    const opening = server.ask(rpc.openModel, { uri, target: defaultTarget });
    verdict(
      `${megabytes} MB: ping while opening`,
      await server.worstPing(opening),
      pingLimitMs,
      'ms',
    );
    let { revision } = await opening;
    const measuring = await server.worstPing(sleep(2000));
    verdict(`${megabytes} MB: ping while measuring layers`, measuring, pingLimitMs, 'ms');
    const target = { ...defaultTarget, weightBits: 4 };
    const ranking = server.ask(rpc.setTarget, { uri, revision, target });
    verdict(
      `${megabytes} MB: ping while re-ranking`,
      await server.worstPing(ranking),
      pingLimitMs,
      'ms',
    );
    ({ revision } = await ranking);
    const steps = [{ step: 'equalize' as const }];
    for (const afterMs of [20, 100, 300, 700]) {
      const waited = await server.cancelled(rpc.previewSteps, { uri, revision, steps }, afterMs);
      const what = `${megabytes} MB: cancel ${afterMs} ms into equalizing`;
      if (waited === undefined) print(`       ${what}: it was done before`);
      else verdict(what, waited, cancelLimitMs, 'ms');
    }
    const stop = new CancellationTokenSource();
    const params = { uri, revision, steps };
    const equalizing = server.ask(rpc.previewSteps, params, stop.token).catch(() => undefined);
    const worst = await server.worstPing(Promise.race([equalizing, sleep(3000)]));
    verdict(`${megabytes} MB: ping while equalizing`, worst, pingLimitMs, 'ms');
    stop.cancel();
  } finally {
    server?.end();
    rmSync(folder, { recursive: true, force: true });
  }
  print(
    "       the extension's activation: skipped, no VS Code here (the editor suite measures it)",
  );
}

void main();
