import { Cancelled, type Job } from './core/job.ts';

/** Says whether the user has stopped the work; a cancellation token is one. */
export interface StopFlag {
  readonly isCancellationRequested: boolean;
}

/** Where a job tells how far it is; a work-done progress is one. */
export interface ProgressReport {
  report(percentage: number, message?: string): void;
}

/** Progress is drawn for people: more often than this nobody sees. */
const reportEveryMs = 100;

/**
 * A job that gives a whole turn of the event loop, at most every `everyMs`. Awaiting a settled
 * promise would not do: a cancel request is mail, and mail is read between turns. However many jobs
 * there are, mail waits for one of them at most.
 */
export function createJob(stop: StopFlag, progress?: ProgressReport, everyMs = 8): Job {
  let turnBegan = performance.now();
  let reported = 0;
  return {
    async checkpoint(done, total, what) {
      const now = performance.now();
      if (now - turnBegan >= everyMs) {
        if (progress && now - reported >= reportEveryMs) {
          progress.report(total > 0 ? Math.min(100, Math.round((100 * done) / total)) : 0, what);
          reported = now;
        }
        await nextTurn();
        turnBegan = performance.now();
      }
      if (stop.isCancellationRequested) throw new Cancelled();
    },
  };
}

const waiting: (() => void)[] = [];

/** Resolves in a later turn of the event loop, in which no other job goes on. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(letMailBy);
  });
}

/** Mail that has just come is answered in an immediate of its own, which is behind this one. */
function letMailBy(): void {
  setImmediate(() => {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(letMailBy);
  });
}

/** A flag that its owner raises: work in the background is stopped when it is out of date. */
export class StopSwitch implements StopFlag {
  isCancellationRequested = false;
  stop(): void {
    this.isCancellationRequested = true;
  }
}
