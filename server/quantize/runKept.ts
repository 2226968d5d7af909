import type { Job } from '../core/job.ts';
import { EngineFault, type Engine } from '../engines/engine.ts';
import type { ReductionResult, SampleTask } from '../engines/sampleTask.ts';
import { groupsOf, isDeath, runTask, type TaskSamples } from './runTask.ts';

/**
 * Runs a task whose networks read what earlier tasks kept, on these samples, in the runs of `on` (of
 * `ranIn`: each run was kept under its first sample). Where it reads inputs
 * of the model besides (`needsFeeds`), samples are handed over; else nothing crosses at all. What
 * the task drops is forgotten.
 */
export async function runKept(
  engine: Engine,
  task: SampleTask,
  on: TaskSamples,
  needsFeeds: boolean,
  job: Job,
): Promise<readonly ReductionResult[]> {
  if (needsFeeds) {
    const { results, failures } = await runTask(engine, task, on, job, '');
    const [failure] = failures;
    if (failure) throw new EngineFault('cannot-run', failure.reason);
    if (task.drops && task.drops.length > 0) await engine.forget?.(task.drops);
    return results;
  }
  if (!engine.reduceKept) {
    throw new EngineFault('not-available', 'This engine keeps no values.');
  }
  const indices = groupsOf(on).map(([first]) => first ?? 0);
  return engine.reduceKept(task, indices, job);
}

/** A job whose progress is that of a larger one, which stands at `done` of `total`. */
export const within = (job: Job, done: number, total: number, what: string): Job => ({
  checkpoint: () => job.checkpoint(done, total, what),
});

/** Does it once more where the engine died in it, and with it went what was kept. */
export async function againAfterDeath<T>(walk: () => Promise<T>): Promise<T> {
  try {
    return await walk();
  } catch (thrown) {
    if (!isDeath(thrown)) throw thrown;
    return walk();
  }
}
