import { mergeStatistics } from '../core/ranges/mergeStatistics.ts';
import type { DifferenceTotals, ReductionResult, SampleTask } from '../engines/sampleTask.ts';

/** True where the results of two halves of the samples can be put together afterwards. */
export const canMerge = ({ networks, reductions }: SampleTask): boolean =>
  networks.every(({ keeps }) => !keeps || keeps.length === 0) &&
  reductions.every(
    (one) => one.kind !== 'statistics' || !one.histogram || one.histogram === 'dynamic',
  );

/** Results of the same task on some samples, and on others after them, put together. */
export function mergeResults(
  first: readonly ReductionResult[],
  second: readonly ReductionResult[],
): ReductionResult[] {
  return first.map((a, i) => {
    const b = second[i];
    if (a.kind === 'statistics' && b?.kind === 'statistics') {
      return { kind: a.kind, statistics: mergeStatistics(a.statistics, b.statistics) };
    }
    if (a.kind === 'means' && b?.kind === 'means') {
      const leftOut = Int32Array.from(joined(a.leftOut, b.leftOut));
      return { kind: a.kind, count: added(a.count, b.count), sum: added(a.sum, b.sum), leftOut };
    }
    if (a.kind === 'windowSums' && b?.kind === 'windowSums') {
      const positions = a.positions + b.positions;
      const leftOut = Int32Array.from(joined(a.leftOut, b.leftOut));
      return { kind: a.kind, sum: added(a.sum, b.sum), positions, leftOut };
    }
    if (a.kind === 'difference' && b?.kind === 'difference') {
      return { kind: a.kind, difference: mergeDifferences(a.difference, b.difference) };
    }
    if (a.kind === 'ranking' && b?.kind === 'ranking') {
      const index = Int32Array.from(joined(a.index, b.index));
      const isFlat = a.isFlat && b.isFlat;
      return { kind: a.kind, index, ranking: [...a.ranking, ...b.ranking], isFlat };
    }
    throw new Error('results of different tasks');
  });
}

const added = (one: Float64Array, other: Float64Array): Float64Array =>
  one.length === 0 ? other : one.map((value, c) => value + (other[c] ?? 0));

const joined = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  Array.from(a).concat(Array.from(b));

function mergeDifferences(a: DifferenceTotals, b: DifferenceTotals): DifferenceTotals {
  const count = a.count + b.count;
  const share = count === 0 ? 0 : b.count / count;
  const channels = mergeChannels(a, b, share);
  return {
    count,
    sumSquaredReference: a.sumSquaredReference + b.sumSquaredReference,
    sumSquaredActual: a.sumSquaredActual + b.sumSquaredActual,
    sumProduct: a.sumProduct + b.sumProduct,
    sumSquaredError: a.sumSquaredError + b.sumSquaredError,
    sumError: a.sumError + b.sumError,
    maxAbsError: Math.max(a.maxAbsError, b.maxAbsError),
    notFinite: a.notFinite + b.notFinite,
    lost: (a.lost ?? 0) + (b.lost ?? 0),
    ...channels,
    ...(a.samples && b.samples
      ? {
          samples: {
            index: Int32Array.from(joined(a.samples.index, b.samples.index)),
            sumSquaredReference: Float64Array.from(
              joined(a.samples.sumSquaredReference, b.samples.sumSquaredReference),
            ),
            sumSquaredError: Float64Array.from(
              joined(a.samples.sumSquaredError, b.samples.sumSquaredError),
            ),
          },
        }
      : {}),
  };
}

/** Means and deviations of both, weighted; every channel has the same number of elements. */
function mergeChannels(
  a: DifferenceTotals,
  b: DifferenceTotals,
  share: number,
): Pick<DifferenceTotals, 'channelMeanError' | 'channelDeviation'> {
  const [one, other] = [a.channelMeanError, b.channelMeanError];
  if (!one || !other) return one ? { channelMeanError: one } : {};
  const mean = one.map((value, c) => value + share * ((other[c] ?? 0) - value));
  const deviation = a.channelDeviation?.map((value, c) => {
    const gap = (other[c] ?? 0) - (one[c] ?? 0);
    const second = b.channelDeviation?.[c] ?? 0;
    return Math.sqrt(
      (1 - share) * value ** 2 + share * second ** 2 + share * (1 - share) * gap ** 2,
    );
  });
  return { channelMeanError: mean, ...(deviation ? { channelDeviation: deviation } : {}) };
}
