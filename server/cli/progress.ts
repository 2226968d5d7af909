import { Cancelled, type Job } from '../core/job.ts';

/** Where progress is drawn; a terminal, or nowhere. */
export interface ProgressLine {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * The job of a command: draws one line of progress on a terminal, and stops when `isStopped` says
 * so. It gives the process a turn now and then, so that an interrupt is noticed.
 */
export function terminalJob(
  line: ProgressLine | undefined,
  isStopped: () => boolean,
): Job & { end(): void } {
  let turnBegan = performance.now();
  let drawn = 0;
  let width = 0;
  return {
    async checkpoint(done, total, what = '') {
      const now = performance.now();
      if (now - turnBegan >= 15) {
        await new Promise((resolve) => setImmediate(resolve));
        turnBegan = performance.now();
      }
      if (isStopped()) throw new Cancelled();
      if (!line?.isTTY || now - drawn < 100) return;
      const text = `${Math.round((100 * done) / Math.max(1, total))} % ${what}`.slice(0, 78);
      line.write(`\r${text.padEnd(width)}`);
      width = text.length;
      drawn = now;
    },
    end() {
      if (width > 0) line?.write(`\r${' '.repeat(width)}\r`);
      width = 0;
    },
  };
}
