import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noJob, type Job } from '../../core/job.ts';
import type { EngineModel, Feeds } from '../engine.ts';
import { diedFault, type Ask, type EngineProcess, type Generation } from '../engineProcess.ts';
import type { SentModel, SentTask } from '../protocol.ts';
import type { OpenTask, ReductionResult, SampleEngine, SampleTask } from '../sampleTask.ts';

/** What tasks of a child are opened with. */
export interface TaskSettings {
  readonly threads: number;
  /** Outputs of one run of a task's networks that may be in memory at once. */
  readonly budgetBytes: number;
  /** What tasks keep in memory for later ones, unless a task says otherwise. */
  readonly keptLimitBytes: number;
}

let lastFolder = 0;

const loading = 'Loading the model';

/**
 * Runs tasks in a child. While one is open, or something is kept, the child is not ended for want
 * of use. The folder of kept values goes with the child, however it ends.
 */
export class ChildTasks implements SampleEngine {
  readonly #open = new Set<Task>();
  readonly #folders = new WeakMap<Generation, string>();
  #keptIn: Generation | undefined;
  /** Names that something is kept under there. */
  readonly #kept = new Set<string>();

  constructor(
    private readonly child: EngineProcess,
    private readonly send: (model: EngineModel) => SentModel,
    private readonly settings: TaskSettings,
  ) {
    child.isNeeded = () =>
      [...this.#open].some((task) => task.generation === child.current) ||
      (this.#keptIn !== undefined && this.#keptIn === child.current);
  }

  async beginTask(task: SampleTask, job: Job = noJob): Promise<OpenTask> {
    return this.child.exclusively(job, async (ask) => {
      const generation = this.child.start();
      const request = { kind: 'beginTask', task: this.#sent(task, generation) } as const;
      const { task: number } = await ask(request, loading);
      this.#keep(generation, task);
      const open = new Task(this.child, generation, number, job, () => this.#open.delete(open));
      this.#open.add(open);
      return open;
    });
  }

  async reduceKept(
    task: SampleTask,
    indices: readonly number[],
    job: Job = noJob,
  ): Promise<readonly ReductionResult[]> {
    return this.child.exclusively(job, async (ask) => {
      const generation = this.child.start();
      const sent = this.#sent(task, generation);
      this.#keep(generation, task);
      const results = await ask({ kind: 'reduceKept', task: sent, indices }, loading);
      for (const name of sent.drops) this.#kept.delete(name);
      return results;
    });
  }

  async forget(names?: readonly string[]): Promise<void> {
    const generation = this.#keptIn;
    if (!generation || generation.end) return;
    await this.child.exclusively(noJob, async (ask) => {
      if (!generation.end) await ask({ kind: 'forget', names });
    });
    for (const name of names ?? [...this.#kept]) this.#kept.delete(name);
    if (this.#kept.size === 0) this.#keptIn = undefined;
  }

  #keep(generation: Generation, { networks }: SampleTask): void {
    const names = networks.flatMap(({ keeps = [] }) => keeps.map(({ as }) => as));
    if (names.length === 0) return;
    if (this.#keptIn !== generation) this.#kept.clear();
    this.#keptIn = generation;
    for (const name of names) this.#kept.add(name);
  }

  #sent(task: SampleTask, generation: Generation): SentTask {
    const { threads, budgetBytes, keptLimitBytes } = this.settings;
    return {
      networks: task.networks.map(({ model, ...rest }) => ({ ...rest, model: this.send(model) })),
      reductions: task.reductions,
      drops: task.drops ?? [],
      threads,
      budgetBytes,
      keptLimitBytes: task.memoryLimitBytes ?? keptLimitBytes,
      keptFolder: this.#folderOf(generation),
    };
  }

  #folderOf(generation: Generation): string {
    const known = this.#folders.get(generation);
    if (known !== undefined) return known;
    const folder = join(tmpdir(), `rangefinder-kept-${process.pid}-${++lastFolder}`);
    this.#folders.set(generation, folder);
    generation.atEnd = () => remove(folder);
    return folder;
  }
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Windows refuses while the child still holds a file; we are called again when it is gone.
  }
}

/** A task in one run of the child; it ends with it. */
class Task implements OpenTask {
  #isClosed = false;

  constructor(
    private readonly child: EngineProcess,
    readonly generation: Generation,
    private readonly number: number,
    private readonly job: Job,
    private readonly closed: () => void,
  ) {}

  async add(index: number, feeds: Feeds): Promise<void> {
    const samples = [{ index, feeds: [...feeds] }];
    await this.#ask(this.job, (ask) => ask({ kind: 'addSamples', task: this.number, samples }));
  }

  results(): Promise<readonly ReductionResult[]> {
    return this.#ask(this.job, (ask) => ask({ kind: 'taskResults', task: this.number }));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.closed();
    if (this.generation.end) return;
    await this.child.exclusively(noJob, async (ask) => {
      if (!this.generation.end) await ask({ kind: 'closeTask', task: this.number });
    });
  }

  #ask<T>(job: Job, work: (ask: Ask) => Promise<T>): Promise<T> {
    return this.child.exclusively(job, async (ask) => {
      if (this.#isClosed) throw new Error('the task was closed');
      if (this.generation.end) throw diedFault();
      return work(ask);
    });
  }
}
