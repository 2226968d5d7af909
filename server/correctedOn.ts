import { isFields } from './anyFields.ts';

/** Which samples a correction was made on, as the file says it that has it. */
export interface CorrectedOn {
  /** The file or folder, without its place: `samples.npz`. */
  readonly source: string;
  /** How many it has. */
  readonly count: number;
  /** `0..16,20,24..26`, ends not included; absent: too many runs to list. */
  readonly indices?: string;
  /** Tells them from others of the same name and number; absent in files of before. */
  readonly fingerprint?: string;
}

/** What there is to know of samples that may be those of a correction. */
type Samples = Pick<CorrectedOn, 'source' | 'count' | 'fingerprint'>;

/** Longer lists are left out of the file. */
const mostLetters = 20_000;

/** What a file is to say of these samples, by their indices in rising order. */
export function correctedOn(
  { source, count, fingerprint }: Samples,
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
  return {
    source,
    count,
    ...(text.length > mostLetters ? {} : { indices: text }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

/** The same of anybody's file; undefined where it is not as we write it. */
export function readCorrectedOn(value: unknown): CorrectedOn | undefined {
  if (!isFields(value)) return undefined;
  const { source, count, indices, fingerprint } = value;
  if (typeof source !== 'string' || !Number.isSafeInteger(count)) return undefined;
  const print = typeof fingerprint === 'string' ? { fingerprint } : {};
  const on = { source, count: Number(count), ...print };
  if (indices === undefined) return on;
  return typeof indices === 'string' && runsPattern.test(indices) ? { ...on, indices } : undefined;
}

const runsPattern = /^\d{1,12}(\.\.\d{1,12})?(,\d{1,12}(\.\.\d{1,12})?)*$/;

/** Whether name and number are all that tells samples from those of the correction. */
export const isByName = (on: CorrectedOn, samples: Samples): boolean =>
  on.fingerprint === undefined || samples.fingerprint === undefined;

/**
 * How many of these samples, by their indices in rising order, a correction was made on; undefined
 * where it was made on some of them, and not which is recorded.
 */
export function servedAmong(
  on: CorrectedOn,
  samples: Samples,
  indices: readonly number[],
): number | undefined {
  if (on.source !== samples.source || on.count !== samples.count) return 0;
  if (!isByName(on, samples) && on.fingerprint !== samples.fingerprint) return 0;
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
