import { EngineFault } from '../engine.ts';
import type { Answers, Request, SentTask } from '../protocol.ts';
import type { ChildRuntime } from '../serveNetworks.ts';
import { KeptValues } from './keptValues.ts';
import { ReducerThread } from './reducerThread.ts';
import { TaskRun } from './taskRun.ts';

/** The requests that are about tasks over many samples. */
export type TaskRequest = Extract<
  Request,
  { kind: 'beginTask' | 'addSamples' | 'taskResults' | 'reduceKept' | 'closeTask' | 'forget' }
>;

/** The tasks that are open in the child, and what they kept. */
export class TaskServer {
  readonly #tasks = new Map<number, TaskRun>();
  #lastTask = 0;
  #kept: KeptValues | undefined;
  #thread: ReducerThread | undefined;

  async answer(
    runtime: ChildRuntime,
    request: TaskRequest,
    progress: (done: number, total: number) => void,
  ): Promise<Answers[TaskRequest['kind']]> {
    switch (request.kind) {
      case 'beginTask': {
        const task = ++this.#lastTask;
        this.#tasks.set(task, await this.#open(runtime, request.task));
        return { task };
      }
      case 'addSamples': {
        const task = this.#task(request.task);
        for (const [done, { index, feeds }] of request.samples.entries()) {
          progress(done, request.samples.length);
          await task.add(index, feeds);
        }
        return null;
      }
      case 'taskResults':
        return this.#task(request.task).results();
      case 'reduceKept': {
        const { task, indices } = request;
        const run = await this.#open(runtime, task);
        try {
          for (const [done, index] of indices.entries()) {
            progress(done, indices.length);
            await run.add(index, []);
          }
          this.#kept?.forget(task.drops);
          return await run.results();
        } finally {
          await run.close();
        }
      }
      case 'closeTask':
        await this.#tasks.get(request.task)?.close();
        this.#tasks.delete(request.task);
        return null;
      case 'forget':
        this.#kept?.forget(request.names);
        return null;
    }
  }

  #open(runtime: ChildRuntime, task: SentTask): Promise<TaskRun> {
    const kept = (this.#kept ??= keptUntilExit(task.keptFolder, task.keptLimitBytes));
    kept.memoryLimitBytes = task.keptLimitBytes;
    return TaskRun.open(runtime, task, kept, this.#theThread);
  }

  readonly #theThread = (): ReducerThread =>
    (this.#thread ??= new ReducerThread(process.argv[1] ?? ''));

  #task(task: number): TaskRun {
    const open = this.#tasks.get(task);
    if (!open) throw new EngineFault('died', 'The task was closed.');
    return open;
  }
}

/** The parent removes the folder as well, for when we are killed. */
function keptUntilExit(folder: string, limitBytes: number): KeptValues {
  const kept = new KeptValues(folder, limitBytes);
  process.once('exit', () => kept.dispose());
  return kept;
}
