import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Job } from '../core/job.ts';
import { Queue } from '../session/queue.ts';
import type { Drawing } from './dot.ts';
import type { Answer } from './layoutThread.ts';

/** The graph could not be laid out: it took too long, or the library gave up. */
export class NoLayout extends Error {
  override readonly name = 'NoLayout';
}

/** How often a running layout looks whether it is still wanted. */
const lookEveryMs = 20;
/** The library and its memory go after nobody asked for so long. */
const idleMs = 60_000;
/** Drawings that are kept: both views of a few models, with and without corrections. */
const keptDrawings = 8;

/** A thread with the layout library, started with the first question and killed to stop one. */
export class LayoutWorker {
  readonly #queue = new Queue();
  readonly #known = new Map<string, Drawing>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Whether the thread is there. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts the thread while the first question is made; what is asked later may be known. */
  prepare(): void {
    if (this.#worker || this.#known.size > 0) return;
    this.#worker = this.#start();
    this.#rest();
  }

  /** Draws a graph; the same text is drawn once. Throws `NoLayout`, or `Cancelled` when stopped. */
  draw(dot: string, job: Job, limitMs: number): Promise<Drawing> {
    const known = this.#known.get(dot);
    if (known) return Promise.resolve(known);
    return this.#queue.run(async () => {
      await job.checkpoint(0, 1);
      const drawing = this.#known.get(dot) ?? (await this.#ask(dot, job, limitMs));
      this.#known.delete(dot);
      this.#known.set(dot, drawing);
      const [oldest] = this.#known.keys();
      if (this.#known.size > keptDrawings && oldest !== undefined) this.#known.delete(oldest);
      return drawing;
    });
  }

  /** Ends the thread; the next question starts another. */
  kill(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.kill(), idleMs).unref();
  }

  #start(): Worker {
    const worker = startThread();
    worker.on('error', () => undefined); // whoever waits is told; an idle thread is just gone
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async #ask(dot: string, job: Job, limitMs: number): Promise<Drawing> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    try {
      const answer = await watched(send(worker, dot), job, limitMs);
      if (answer.kind === 'failed') throw new NoLayout(answer.message);
      this.#rest();
      return answer.drawing;
    } catch (thrown) {
      this.kill(); // it may still be at work, or its memory may be in any state
      throw thrown;
    }
  }
}

function startThread(): Worker {
  const here = realpathSync(__dirname);
  const bundled = join(here, 'graphLayout.js');
  // The library walks graphs by recursion: a chain of thousands overflows the usual 4 MB.
  const resourceLimits = { stackSizeMb: 64 };
  const worker = existsSync(bundled)
    ? new Worker(bundled, { resourceLimits })
    : new Worker(fromSource, {
        eval: true,
        workerData: join(here, 'layoutThread.ts'),
        resourceLimits,
      });
  worker.unref();
  return worker;
}

/** Node 20 does not give a thread the loader that the server was started with. */
const fromSource = `require("tsx/cjs"); require(require("node:worker_threads").workerData);`;

function send(worker: Worker, dot: string): Promise<Answer> {
  return new Promise((resolve) => {
    const end = (answer: Answer): void => {
      worker.off('message', end).off('error', onError).off('exit', onExit);
      resolve(answer);
    };
    const onError = (failure: Error): void => end({ kind: 'failed', message: failure.message });
    const onExit = (): void => end({ kind: 'failed', message: 'The layout thread ended.' });
    worker.on('message', end).on('error', onError).on('exit', onExit);
    worker.postMessage(dot);
  });
}

/** The answer, unless the job is stopped or the time is over first. */
async function watched(answer: Promise<Answer>, job: Job, limitMs: number): Promise<Answer> {
  const began = performance.now();
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const look = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, lookEveryMs, undefined);
    });
    const got = await Promise.race([answer, look]);
    clearTimeout(timer);
    if (got) return got;
    if (performance.now() - began > limitMs) throw new NoLayout(tooSlow);
    await job.checkpoint(0, 1, 'Laying out the graph');
  }
}

const tooSlow = 'Laying it out took too long.';
