import { readFileSync } from 'node:fs';

/** Bench output goes to standard output, a line a figure. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Seconds of wall clock that `work` takes. */
export async function seconds(work: () => Promise<void> | void): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** CPU seconds, user and system, of this process while `work` runs. */
export async function cpuSeconds(work: () => Promise<void> | void): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const used = process.cpuUsage(began);
  return (used.user + used.system) / 1e6;
}

/** The middle of several figures. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** A line that says whether a limit is kept; where it is not, the benchmark fails. */
export function verdict(what: string, value: number, limit: number, unit: string): void {
  const isKept = value <= limit;
  if (!isKept) process.exitCode = 1;
  print(
    `  ${isKept ? 'ok  ' : 'OVER'} ${what}: ${value.toFixed(3)} ${unit} (limit ${limit.toFixed(3)})`,
  );
}

/** A frame above this is seen as a hitch. */
export const hitchMs = 33;

/** Frame times in short: how many, the middle, the slowest, and how many are hitches. */
export function framesText(framesMs: readonly number[]): string {
  const sorted = [...framesMs].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(1);
  const late = framesMs.filter((ms) => ms > hitchMs).length;
  return `${framesMs.length} frames, ms median ${at(0.5)}, p95 ${at(0.95)}, worst ${at(1)}; ${late} over ${hitchMs}`;
}

/** Megabytes that this process has resident at most so far. */
export const peakMegabytes = (): number => process.resourceUsage().maxRSS / 1024;

/** Megabytes that a process had resident at most; NaN where the system does not tell. */
export function childPeak(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
