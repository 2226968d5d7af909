import type { Layer } from '../graph/layer.ts';
import { channelRows } from '../kernels/channelRows.ts';
import { NoiseCollector, type RoundingNoise } from '../kernels/fakeQuantNoise.ts';
import {
  channelGridsOf,
  coversRange,
  encodingOf,
  type Encoding,
  type Grids,
} from '../quant/grid.ts';
import { isLeftInFloat, targetOf } from '../quant/apart.ts';
import type { Target } from '../quant/targets.ts';
import type { Quartiles } from './quartiles.ts';
import { scanWeight } from './scanWeight.ts';
import {
  isSilent,
  type Measurement,
  type WeightRanges,
  type WeightStatistics,
} from './weightStatistics.ts';

/** What a target's grid makes of a layer's weight. */
export interface GridFigures {
  /**
   * Quartiles of the channels' largest |w|; below `halfStep` the target's grid gives 0. That is 0
   * where the channels have no grid in common: each has its own, or the layer is left in float.
   */
  readonly range: Quartiles & { readonly halfStep: number };
  /** Widest channel over median channel. */
  readonly spread: number;
  /** SQNR in dB with one scale for the tensor, and with one a channel. NaN with a fault. */
  readonly sqnrTensor: number;
  readonly sqnrChannel: number;
  /** Of the granularity that the target has. */
  readonly sqnrChosen: number;
  /** `estimateAlone`, of the layer as folding leaves it; absent: not estimated. */
  readonly estimated?: number;
  /** Channels that are not silent, and whose weights all round to 0 on the target's grid. */
  readonly lostChannels: number;
}

/** The target's grid for a whole weight. */
export const tensorGrid = (ranges: WeightRanges, target: Target): Encoding =>
  encodingOf(ranges.min, ranges.max, formatOf(target));

/** Half a step of the grid that all channels of a weight share; 0 where they share none. */
export const halfStepOf = (ranges: WeightRanges, target: Target): number =>
  target.granularity === 'channel' || ranges.fault !== undefined
    ? 0
    : tensorGrid(ranges, target).scale / 2;

/** The target's grid for each output channel of a weight. */
export const channelGrids = (ranges: WeightRanges, target: Target): Grids =>
  channelGridsOf(ranges.channelMin, ranges.channelMax, formatOf(target));

/** Rounding noise by weight and grid; granularity is not part of the key, both are measured. */
const known = new WeakMap<Float64Array, Map<string, RoundingNoise>>();

/** Measures the rounding noise of a layer's weight on a target's grids, unless it is known. */
export function noiseMeasurement(
  layer: Layer,
  ranges: WeightRanges,
  target: Target,
): Measurement<RoundingNoise> {
  const memory = known.get(ranges.channelAbsMax) ?? new Map<string, RoundingNoise>();
  known.set(ranges.channelAbsMax, memory);
  const key = [target.weightBits, target.symmetry, target.isPowerOfTwo].join();
  const before = memory.get(key);
  if (before) return { collectors: [], finish: () => before };
  const collector = new NoiseCollector(
    channelRows(layer.layout),
    tensorGrid(ranges, target),
    channelGrids(ranges, target),
    !coversRange(formatOf(target)),
  );
  return {
    collectors: ranges.fault === undefined ? [collector] : [],
    finish() {
      const noise = collector.finish();
      memory.set(key, noise);
      return noise;
    },
  };
}

/** What the target's grid makes of a layer; measured once for each grid and kept. */
export function measureOnGrid(
  layer: Layer,
  statistics: WeightStatistics,
  target: Target,
): GridFigures {
  const measurement = noiseMeasurement(layer, statistics, target);
  scanWeight(layer, measurement.collectors);
  return figuresOf(statistics, target, measurement.finish());
}

/** The figures from their parts. */
export function figuresOf(
  statistics: WeightStatistics,
  target: Target,
  noise: RoundingNoise,
): GridFigures {
  if (statistics.fault !== undefined) {
    return {
      ...rangeFigures(statistics, target),
      sqnrTensor: NaN,
      sqnrChannel: NaN,
      sqnrChosen: NaN,
    };
  }
  const sqnrTensor = decibels(statistics.sumSquares, noise.tensor);
  const sqnrChannel = decibels(statistics.sumSquares, noise.channel);
  const sqnrChosen = target.granularity === 'tensor' ? sqnrTensor : sqnrChannel;
  return { ...rangeFigures(statistics, target), sqnrTensor, sqnrChannel, sqnrChosen };
}

/** What the ranges alone say; the SQNRs are 0. */
export function rangeFigures(ranges: WeightRanges, target: Target): GridFigures {
  const { scale } = tensorGrid(ranges, target);
  const own = target.granularity === 'channel' ? channelGrids(ranges, target).scale : undefined;
  let lostChannels = 0;
  for (const [channel, top] of ranges.channelAbsMax.entries()) {
    // half a step itself rounds to the even level, which is 0
    if (!isSilent(top, ranges.absMax) && top <= (own?.[channel] ?? scale) / 2) lostChannels++;
  }
  return {
    range: { ...ranges.quartiles, halfStep: halfStepOf(ranges, target) },
    spread: ranges.spread,
    sqnrTensor: 0,
    sqnrChannel: 0,
    sqnrChosen: 0,
    lostChannels,
  };
}

/**
 * What a target makes of a layer that may be one of its exceptions: `figures` of the layer's own
 * target, or those of a layer that nothing is rounded of.
 */
export function figuresIn(
  target: Target,
  layer: Layer,
  figures: (own: Target) => GridFigures,
): GridFigures {
  const own = figures(targetOf(target, layer.name));
  if (!isLeftInFloat(target, layer.name)) return own;
  const exact = Number.isNaN(own.sqnrChosen) ? NaN : Infinity;
  return {
    ...own,
    range: { ...own.range, halfStep: 0 },
    lostChannels: 0,
    sqnrTensor: exact,
    sqnrChannel: exact,
    sqnrChosen: exact,
  };
}

/**
 * About how many dB one scale for the tensor costs, from the ranges alone: uniform rounding noise
 * of step^2/12, and a lost channel's own energy, taken as (max/3)^2, where that is less.
 */
export function estimatedGap(ranges: WeightRanges, target: Target): number {
  const { scale } = tensorGrid(ranges, target);
  const levels = scale > 0 ? ranges.absMax / scale : 1;
  let tensor = 0;
  let channel = 0;
  for (const top of ranges.channelAbsMax) {
    tensor += Math.min(scale ** 2 / 12, (top / 3) ** 2);
    channel += (top / levels) ** 2 / 12;
  }
  return channel > 0 ? 10 * Math.log10(tensor / channel) : 0;
}

function decibels(signal: number, noise: number): number {
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}

function formatOf(target: Target): Parameters<typeof encodingOf>[2] {
  const { weightBits: bits, symmetry, isPowerOfTwo } = target;
  return { bits, symmetry, isPowerOfTwo };
}
