import type { Job } from '../core/job.ts';
import { BadData, type SampleSet } from '../data/samples.ts';
import { EngineFault, type Engine, type Feeds } from '../engines/engine.ts';
import type { OpenTask, ReductionResult, SampleTask, TaskNetwork } from '../engines/sampleTask.ts';
import { canMerge, mergeResults } from './mergeResults.ts';

/** Samples to run a task on. */
export interface TaskSamples {
  readonly samples: SampleSet;
  /** Which of them, in this order. */
  readonly indices: readonly number[];
  /** Samples in a run, where the model leaves that free. */
  readonly batch: number;
  /**
   * The runs of these samples, where a task before found which the model takes (`ranIn`): what is
   * kept is kept run by run, so they are not taken apart again.
   */
  readonly groups?: readonly (readonly number[])[];
}

/** A sample that the model failed on, or that could not be read; it was left out. */
export interface SampleFailure {
  readonly index: number;
  readonly reason: string;
}

/** What a task made of the samples, and which were left out. */
export interface TaskOutcome {
  readonly results: readonly ReductionResult[];
  readonly failures: readonly SampleFailure[];
  /** Samples that counted. */
  readonly count: number;
  /** They, in the runs that the model took. */
  readonly groups: readonly (readonly number[])[];
}

/** The samples that counted in a task, for tasks that read what it kept. */
export const ranIn = (on: TaskSamples, { groups }: Pick<TaskOutcome, 'groups'>): TaskSamples => ({
  ...on,
  indices: groups.flat(),
  groups,
});

/** Samples between two looks at the results, from which a task goes on when the engine dies. */
const savedEvery = 64;

/**
 * Runs a task on all samples. Samples that fail are left out and named; where all fail, the first
 * fault is thrown. An engine that dies is started again once, and goes on from what was merged.
 */
export async function runTask(
  engine: Engine,
  task: SampleTask,
  on: TaskSamples,
  job: Job,
  what: string,
): Promise<TaskOutcome> {
  const { samples, indices } = on;
  const groups = groupsOf(on).map((group) => [...group]);
  const isSettled = on.groups !== undefined || samples.fixedBatch !== undefined;
  const failures: SampleFailure[] = [];
  const mayResume = canMerge(task);
  /** What a task that died had made, up to the group where the next one began. */
  let base: readonly ReductionResult[] | undefined;
  let saved = { at: 0, failures: 0, results: undefined as readonly ReductionResult[] | undefined };
  let deaths = 0;
  let open: OpenTask | undefined;
  let done = 0;
  /** Requests of the task report where the whole stands, not where they do. */
  const standing: Job = { checkpoint: () => job.checkpoint(done, groups.length, what) };
  /** The next samples are read while the networks run. */
  const ahead = new ReadAhead(samples, groups);
  const sofar = async (): Promise<readonly ReductionResult[]> => {
    const own = await open?.results();
    if (!own) throw new Error('no task is open');
    return base ? mergeResults(base, own) : own;
  };
  try {
    for (let at = 0; at < groups.length;) {
      done = at;
      await standing.checkpoint(at, groups.length);
      const group = groups[at] as number[];
      try {
        open ??= await begin(engine, task, standing);
        await open.add(group[0] as number, await ahead.feeds(at));
        if (++at - saved.at >= savedEvery && mayResume) {
          saved = { at, failures: failures.length, results: await sofar() };
        }
      } catch (thrown) {
        if (isDeath(thrown) && deaths++ === 0 && (mayResume || !task.networks.some(keeps))) {
          open = undefined;
          base = saved.results;
          at = saved.at;
          failures.length = saved.failures;
          continue;
        }
        if (!isSampleFault(thrown) || !open) throw thrown;
        if (group.length > 1 && !isSettled) {
          // One sample of a run is bad: the others count.
          groups.splice(at, 1, ...group.map((index) => [index]));
          continue;
        }
        for (const index of group) failures.push({ index, reason: thrown.message });
        if (failures.length >= indices.length) throw thrown;
        at++;
      }
    }
    open ??= await begin(engine, task, standing);
    const results = await sofar();
    const failed = new Set(failures.map(({ index }) => index));
    return {
      results,
      failures,
      count: indices.length - failures.length,
      groups: groups.filter(([first]) => first !== undefined && !failed.has(first)),
    };
  } finally {
    await ahead.settle();
    await open?.close().catch(() => undefined);
  }
}

/** Reads each group of samples one before it is asked for. */
class ReadAhead {
  #at = -1;
  #next: Promise<Feeds> | undefined;

  constructor(
    private readonly samples: SampleSet,
    private readonly groups: readonly (readonly number[])[],
  ) {}

  async feeds(at: number): Promise<Feeds> {
    const own = this.#at === at && this.#next ? this.#next : this.#read(at);
    this.#next = undefined;
    const feeds = await own;
    if (at + 1 < this.groups.length) {
      this.#at = at + 1;
      this.#next = this.#read(at + 1);
      // Whoever asks for it sees the fault.
      this.#next.catch(() => undefined);
    }
    return feeds;
  }

  /** Waits for what is being read, so that nobody closes the samples under it. */
  async settle(): Promise<void> {
    await this.#next?.catch(() => undefined);
  }

  #read(at: number): Promise<Feeds> {
    const group = this.groups[at] ?? [];
    return this.samples.feeds(group[0] ?? 0, group.length);
  }
}

const keeps = ({ keeps: kept }: TaskNetwork): boolean => kept !== undefined && kept.length > 0;

/** The runs in which these samples go in. */
export const groupsOf = (on: TaskSamples): readonly (readonly number[])[] =>
  on.groups ?? batchesOf(on.indices, on.samples.fixedBatch ?? on.batch);

/** True where each run is of one sample, as the one was from which sizes are known. */
export const isOneByOne = (on: TaskSamples): boolean =>
  (on.samples.fixedBatch ?? 1) === 1 && groupsOf(on).every(({ length }) => length === 1);

/** Consecutive samples in runs of `batch`; a last run that is not full keeps its size. */
export function batchesOf(indices: readonly number[], batch: number): number[][] {
  const groups: number[][] = [];
  for (const index of indices) {
    const last = groups.at(-1);
    if (last && last.length < batch && last.at(-1) === index - 1) last.push(index);
    else groups.push([index]);
  }
  return groups;
}

function begin(engine: Engine, task: SampleTask, job: Job): Promise<OpenTask> {
  if (!engine.beginTask) {
    throw new EngineFault(
      'not-available',
      `The engine ${engine.name} cannot measure many samples.`,
    );
  }
  return engine.beginTask(task, job);
}

/** True where the engine died. */
export const isDeath = (thrown: unknown): boolean =>
  thrown instanceof EngineFault && thrown.code === 'died';

/** A fault of this one sample: the model fails on it, or it cannot be read. */
const isSampleFault = (thrown: unknown): thrown is Error =>
  (thrown instanceof EngineFault && thrown.code === 'cannot-run') || thrown instanceof BadData;
