import type { DifferenceTotals, ReductionResult } from '../engines/sampleTask.ts';

/** How far outputs are from those of the reference, all of them together. */
export interface ErrorScores {
  readonly sqnrDb: number;
  readonly cosine: number;
  readonly mse: number;
  readonly maxAbs: number;
}

/** How many samples a classifier got right. */
export interface Accuracy {
  /** Share from 0 to 1. */
  readonly top1: number;
  /** Undefined for fewer than six classes. */
  readonly top5?: number;
  /** For each sample that ran, whether its label came first. */
  readonly isRight: readonly boolean[];
}

/** 10*log10(signal / noise): Infinity where nothing differs, -Infinity where there is no signal. */
export const decibel = (signal: number, noise: number): number =>
  noise === 0 ? Infinity : 10 * Math.log10(signal / noise);

/**
 * The scores of some values taken as one long vector. Where one is not finite and that of the
 * reference is, nothing is left of the signal.
 */
export function errorScores(parts: readonly DifferenceTotals[]): ErrorScores {
  const sum = (of: (part: DifferenceTotals) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const reference = sum((part) => part.sumSquaredReference);
  const actual = sum((part) => part.sumSquaredActual);
  const isLost = parts.some(({ lost = 0 }) => lost > 0);
  const noise = isLost ? Infinity : sum((part) => part.sumSquaredError);
  const count = sum((part) => part.count);
  return {
    sqnrDb: decibel(reference, noise),
    cosine: isLost
      ? 0
      : cosineOf(
          reference,
          actual,
          sum((part) => part.sumProduct),
        ),
    mse: isLost ? Infinity : count === 0 ? 0 : noise / count,
    maxAbs: isLost ? Infinity : parts.reduce((most, part) => Math.max(most, part.maxAbsError), 0),
  };
}

function cosineOf(reference: number, actual: number, product: number): number {
  const norm = Math.sqrt(reference * actual);
  if (norm === 0) return reference === actual ? 1 : 0;
  return product / norm;
}

/** Right answers of a ranking. `classes` is the length of a row; samples are rows in order. */
export function accuracyOf(
  ranking: Extract<ReductionResult, { kind: 'ranking' }>,
  labels: Int32Array,
  top: number,
): Accuracy {
  const isRight: boolean[] = [];
  let among = 0;
  for (const [at, index] of ranking.index.entries()) {
    const ranks = ranking.ranking[at] ?? new Int32Array(0);
    for (let row = 0; row * top < ranks.length; row++) {
      const label = labels[index + row];
      const own = ranks.subarray(row * top, (row + 1) * top);
      isRight.push(own[0] === label);
      if (label !== undefined && own.includes(label)) among++;
    }
  }
  const share = (count: number): number => (isRight.length === 0 ? 0 : count / isRight.length);
  return {
    top1: share(isRight.filter(Boolean).length),
    ...(top >= 5 ? { top5: share(among) } : {}),
    isRight,
  };
}

/** The 95 % interval of a share by Wilson (1927): right for few samples and shares near 0 or 1. */
export function wilsonInterval(successes: number, count: number): readonly [number, number] {
  if (count === 0) return [0, 1];
  const z = 1.959963984540054; // the 97.5 % quantile of the normal distribution
  const share = successes / count;
  const centre = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half =
    (z / (1 + (z * z) / count)) *
    Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** How two classifiers differ on the same samples. */
export interface PairedTest {
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided p of the exact test of McNemar (1947): a fair coin decides the disagreements. */
  readonly p: number;
}

/** Paired comparison of right answers on the same samples. */
export function pairedTest(first: readonly boolean[], second: readonly boolean[]): PairedTest {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (const [at, right] of first.entries()) {
    if (right && second[at] === false) onlyFirst++;
    else if (!right && second[at] === true) onlySecond++;
  }
  return { onlyFirst, onlySecond, p: exactTest(onlyFirst, onlySecond) };
}

/** How likely chance parts so many answers at least as unevenly. */
export function exactTest(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const k = Math.min(onlyFirst, onlySecond);
  let tail = 0;
  let logChoose = 0;
  for (let i = 0; i <= k; i++) {
    if (i > 0) logChoose += Math.log((n - i + 1) / i);
    tail += Math.exp(logChoose - n * Math.LN2);
  }
  return n === 0 ? 1 : Math.min(1, 2 * tail);
}
