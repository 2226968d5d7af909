import type { Layer } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import type { Job } from '../job.ts';
import { channelRows } from '../kernels/channelRows.ts';
import { countChannelLevels, countValues } from '../kernels/histogram.ts';
import { sharedGrids } from '../quant/grid.ts';
import type { Target } from '../quant/targets.ts';
import { channelGrids, tensorGrid } from './gridFigures.ts';
import { scanWeightIn } from './scanWeight.ts';
import type { WeightRanges } from './weightStatistics.ts';

/** Weights on the integer grid of the target: of the whole tensor, or each channel on its own. */
export interface LevelHistogram {
  /** Lowest and highest level of the grid. */
  readonly low: number;
  readonly high: number;
  /** Equal bins from `low` to `high` inclusive, at most 512. */
  readonly counts: readonly number[];
  /** Of the tensor's grid, or the median of the channels' own. */
  readonly step: number;
  /** Smallest and largest step of a channel; absent with one grid for the tensor. */
  readonly steps?: { readonly min: number; readonly max: number };
  /** Share of weights that round to 0. */
  readonly zeroShare: number;
}

const mostBins = 512;

/**
 * Where a layer's weights lie on the target's grid: that of the tensor, or each channel's own, the
 * levels of all channels taken together.
 */
export async function levelHistogram(
  layer: Layer,
  ranges: WeightRanges,
  target: Target,
  job: Job,
): Promise<LevelHistogram> {
  const rows = channelRows(layer.layout);
  const isShared = target.granularity === 'tensor';
  const grids = isShared
    ? sharedGrids(tensorGrid(ranges, target), rows.channels)
    : channelGrids(ranges, target);
  const low = grids.lowest.reduce((least, level) => Math.min(least, level), 0);
  const high = grids.highest.reduce((most, level) => Math.max(most, level), 0);
  const { steps, step } = stepsOf(grids.scale, ranges);
  const grid = { low, high, step, ...(isShared ? {} : { steps }) };
  const levels = new Float64Array(high - low + 1);
  const counts = new Array<number>(binCount(levels)).fill(0);
  if (ranges.fault !== undefined) return { ...grid, counts, zeroShare: 0 };
  const add = (values: FloatArray, firstRow: number): void => {
    countChannelLevels(values, { rows, firstRow }, grids, low, levels);
  };
  await scanWeightIn(job, layer, [{ add }]);
  for (const [level, count] of levels.entries()) {
    const bin = Math.floor((level * counts.length) / levels.length);
    counts[bin] = (counts[bin] ?? 0) + count;
  }
  return { ...grid, counts, zeroShare: (levels[-low] ?? 0) / ranges.count };
}

/** Smallest, middle and largest step; channels that are all 0 have none of their own. */
function stepsOf(
  scales: Float64Array,
  { channelAbsMax }: WeightRanges,
): { readonly step: number; readonly steps: { readonly min: number; readonly max: number } } {
  const used = scales.filter((_, channel) => (channelAbsMax[channel] ?? 0) !== 0).sort();
  const sorted = used.length > 0 ? used : scales;
  const at = (index: number): number => sorted[index] ?? 0;
  const step = at(Math.floor((sorted.length - 1) / 2));
  return { step, steps: { min: at(0), max: at(sorted.length - 1) } };
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
