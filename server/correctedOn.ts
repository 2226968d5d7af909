import { isFields } from './anyFields.ts';

/** Which samples a correction was made on, as the file says it that has it. */
export interface CorrectedOn {
  /** The file or folder, without its place: `samples.npz`. */
  readonly source: string;
  /** How many it has. */
  readonly count: number;
  /** `0..16,20,24..26`, ends not included; absent: too many runs to list. */
  readonly indices?: string;
}

/** Longer lists are left out of the file. */
const mostLetters = 20_000;

/** What a file is to say of these samples, by their indices in rising order. */
export function correctedOn(
  { source, count }: Pick<CorrectedOn, 'source' | 'count'>,
  indices: readonly number[],
): CorrectedOn {
  const runs: [from: number, until: number][] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last?.[1] === index) last[1]++;
    else runs.push([index, index + 1]);
  }
  const text = runs
    .map(([from, until]) => (until === from + 1 ? String(from) : `${from}..${until}`))
    .join();
  return { source, count, ...(text.length > mostLetters ? {} : { indices: text }) };
}

/** The same of anybody's file; undefined where it is not as we write it. */
export function readCorrectedOn(value: unknown): CorrectedOn | undefined {
  if (!isFields(value)) return undefined;
  const { source, count, indices } = value;
  if (typeof source !== 'string' || !Number.isSafeInteger(count)) return undefined;
  const on = { source, count: Number(count) };
  if (indices === undefined) return on;
  return typeof indices === 'string' && runsPattern.test(indices) ? { ...on, indices } : undefined;
}

const runsPattern = /^\d{1,12}(\.\.\d{1,12})?(,\d{1,12}(\.\.\d{1,12})?)*$/;

/**
 * How many of these samples, by their indices in rising order, a correction was made on; undefined
 * where it was made on some of them, and not which is recorded.
 */
export function servedAmong(
  on: CorrectedOn,
  { source, count }: Pick<CorrectedOn, 'source' | 'count'>,
  indices: readonly number[],
): number | undefined {
  if (on.source !== source || on.count !== count) return 0;
  if (on.indices === undefined) return undefined;
  const runs = on.indices.split(',').map((run) => {
    const [from = NaN, until = from + 1] = run.split('..').map(Number);
    return { from, until };
  });
  let at = 0;
  return indices.filter((index) => {
    while ((runs[at]?.until ?? Infinity) <= index) at++;
    return (runs[at]?.from ?? Infinity) <= index;
  }).length;
}
