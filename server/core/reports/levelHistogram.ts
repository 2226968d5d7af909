import type { Layer } from '../graph/layer.ts';
import type { Job } from '../job.ts';
import { countLevels, countValues } from '../kernels/histogram.ts';
import type { Target } from '../quant/targets.ts';
import { tensorGrid } from './gridFigures.ts';
import { scanWeightIn } from './scanWeight.ts';
import type { WeightRanges } from './weightStatistics.ts';

/** Weights on the integer grid of the whole tensor. */
export interface LevelHistogram {
  /** Lowest and highest level of the grid. */
  readonly low: number;
  readonly high: number;
  /** Equal bins from `low` to `high` inclusive, at most 512. */
  readonly counts: readonly number[];
  readonly step: number;
  /** Share of weights that round to 0. */
  readonly zeroShare: number;
}

const mostBins = 512;

/** Where a layer's weights lie on the target's grid for the tensor. */
export async function levelHistogram(
  layer: Layer,
  ranges: WeightRanges,
  target: Target,
  job: Job,
): Promise<LevelHistogram> {
  const grid = tensorGrid(ranges, target);
  const { lowest: low, highest: high, scale: step } = grid;
  const levels = new Float64Array(high - low + 1);
  if (ranges.fault !== undefined) {
    return { low, high, counts: new Array<number>(binCount(levels)).fill(0), step, zeroShare: 0 };
  }
  await scanWeightIn(job, layer, [{ add: (values) => countLevels(values, grid, levels) }]);
  const counts = new Array<number>(binCount(levels)).fill(0);
  for (const [level, count] of levels.entries()) {
    const bin = Math.floor((level * counts.length) / levels.length);
    counts[bin] = (counts[bin] ?? 0) + count;
  }
  return { low, high, counts, step, zeroShare: (levels[-low] ?? 0) / ranges.count };
}

const binCount = (levels: Float64Array): number => Math.min(levels.length, mostBins);

/** A layer's weights in equal bins between its least and its greatest, whatever the target. */
export async function weightHistogram(
  layer: Layer,
  ranges: WeightRanges,
  bins: number,
  job: Job,
): Promise<number[]> {
  const counts = new Float64Array(bins);
  if (ranges.fault === undefined) {
    const { min, max } = ranges;
    await scanWeightIn(job, layer, [{ add: (values) => countValues(values, min, max, counts) }]);
  }
  return [...counts];
}
