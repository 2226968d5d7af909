import { parentPort, Worker } from 'node:worker_threads';
import type { EngineTensor } from '../engine.ts';
import type { Reduction, ReductionResult } from '../sampleTask.ts';
import { ReducerSet, type ReducingSide, type SourceValues } from './reducerSet.ts';

/** What the thread is asked, by task. It answers in order. */
type Message =
  | { readonly kind: 'begin'; readonly task: number; readonly reductions: readonly Reduction[] }
  | {
      readonly kind: 'add';
      readonly task: number;
      readonly index: number;
      readonly sources: SourceValues;
    }
  | { readonly kind: 'results'; readonly task: number }
  | { readonly kind: 'close'; readonly task: number };

type Answer =
  | { readonly kind: 'done'; readonly results?: readonly ReductionResult[] }
  | { readonly kind: 'bug'; readonly stack: string };

interface Waiting {
  readonly resolve: (results: readonly ReductionResult[]) => void;
  readonly reject: (reason: Error) => void;
}

/** A second thread of the child, which reduces one sample while the networks run on the next. */
export class ReducerThread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #lastTask = 0;

  /** `path`: the child's own file, which calls `serveReducers` where it is not the main thread. */
  constructor(path: string) {
    this.#worker = path.endsWith('.ts')
      ? new Worker(fromSource, { eval: true, workerData: path })
      : new Worker(path);
    this.#worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting.shift();
      if (answer.kind === 'bug') waiting?.reject(new Error(answer.stack));
      else waiting?.resolve(answer.results ?? []);
    });
    this.#worker.on('error', (failure) => {
      for (const { reject } of this.#waiting.splice(0)) reject(failure);
    });
  }

  /** The reducers of a task in the thread. */
  begin(reductions: readonly Reduction[]): ReducingSide {
    const task = ++this.#lastTask;
    let last = this.#ask({ kind: 'begin', task, reductions });
    /** One sample is with the thread at a time: memory does not grow where it is the slower. */
    const ask = async (message: Message, transfer?: ArrayBuffer[]): Promise<void> => {
      await last;
      last = this.#ask(message, transfer);
      last.catch(() => undefined); // whoever asks next is told
    };
    return {
      add: (index, sources, own) => ask({ kind: 'add', task, index, sources }, buffersOf(own)),
      results: async () => {
        await ask({ kind: 'results', task });
        return last;
      },
      close: async () => {
        await ask({ kind: 'close', task });
        await last;
      },
    };
  }

  #ask(message: Message, transfer: ArrayBuffer[] = []): Promise<readonly ReductionResult[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message, transfer);
    });
  }
}

/** Node 20 does not give a thread the loader that the child was started with. */
const fromSource = `require("tsx/cjs"); require(require("node:worker_threads").workerData);`;

/** Answers a ReducerThread; called in the thread. */
export function serveReducers(): void {
  const tasks = new Map<number, ReducerSet>();
  const answer = async (message: Message): Promise<Answer> => {
    try {
      switch (message.kind) {
        case 'begin':
          tasks.set(message.task, new ReducerSet(message.reductions));
          return { kind: 'done' };
        case 'add':
          await tasks.get(message.task)?.add(message.index, message.sources);
          return { kind: 'done' };
        case 'results':
          return { kind: 'done', results: (await tasks.get(message.task)?.results()) ?? [] };
        case 'close':
          tasks.delete(message.task);
          return { kind: 'done' };
      }
    } catch (thrown) {
      return { kind: 'bug', stack: String(thrown instanceof Error ? thrown.stack : thrown) };
    }
  };
  let work = Promise.resolve();
  parentPort?.on('message', (message: Message) => {
    work = work.then(async () => parentPort?.postMessage(await answer(message)));
  });
}

/** The memory of arrays that have all of it. */
function buffersOf(arrays: ReadonlySet<EngineTensor['values']>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of arrays) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  }
  return [...buffers];
}
