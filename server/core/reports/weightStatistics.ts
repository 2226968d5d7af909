import type { Layer } from '../graph/layer.ts';
import type { FloatArray, Tensor, TensorData } from '../graph/tensor.ts';
import { channelRows, turnAt } from '../kernels/channelRows.ts';
import { MomentCollector, type Moments } from '../kernels/statsMoments.ts';
import { RangeCollector, type ChannelRanges } from '../kernels/statsRanges.ts';
import { quartilesOf, type Quartiles } from './quartiles.ts';
import { scanWeight, weightParts, type Collector } from './scanWeight.ts';

/** Ranges of a layer's weight, whatever the target. Channels are output channels. */
export interface WeightRanges {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly absMax: number;
  readonly channelMin: Float64Array;
  readonly channelMax: Float64Array;
  readonly channelAbsMax: Float64Array;
  /** Of the largest |w| of the channels that are not silent. */
  readonly quartiles: Quartiles;
  /** Widest channel over median channel, silent ones left out; 1 where all are silent. */
  readonly spread: number;
  /** Channels that are 0, or so small beside the widest that float32 would not see them. */
  readonly silentChannels: number;
  /** Why the weight cannot be measured: its NaN and infinite values. Then all numbers are 0. */
  readonly fault: string | undefined;
}

/** All that is known of a layer's weight whatever the target. */
export interface WeightStatistics extends WeightRanges {
  readonly mean: number;
  readonly std: number;
  /** Fourth standardized moment, plain: 3 for a normal distribution. NaN where all are equal. */
  readonly kurtosis: number;
  /** Sum of w^2, in all and of each output channel. */
  readonly sumSquares: number;
  readonly channelSquares: Float64Array;
}

/** A channel whose largest |w| is below this share of the tensor's counts as silent. */
const silentShare = 2 ** -23;

/** True for a channel that is 0, or below what float32 sees beside `absMax`. */
export const isSilent = (channelAbsMax: number, absMax: number): boolean =>
  channelAbsMax <= absMax * silentShare;

interface Measured {
  ranges?: WeightRanges;
  statistics?: WeightStatistics;
}
const known = new WeakMap<TensorData, Map<string, Measured>>();

/** What was measured of these elements before, by layout; to be added to. */
function memoryOf(layer: Layer): Measured {
  const byLayout = known.get(layer.weight.data) ?? new Map<string, Measured>();
  known.set(layer.weight.data, byLayout);
  const { groups, outPerGroup, inPerGroup, taps, stride } = layer.layout;
  const key = [groups, outPerGroup, inPerGroup, taps, stride.o, stride.i].join();
  const memory = byLayout.get(key) ?? {};
  byLayout.set(key, memory);
  return memory;
}

/** Says that `to` has the same elements as `from`, so that nothing is measured twice. */
export function adoptMeasurements(from: Tensor, to: Tensor): void {
  const measured = known.get(from.data);
  if (measured) known.set(to.data, measured);
}

/** A measurement that runs over a weight part by part, unless its result is known already. */
export interface Measurement<Result> {
  /** Run these over the weight (`scanWeight`), then call `finish`. Empty: known already. */
  readonly collectors: readonly Collector[];
  finish(): Result;
}

/** Measures the ranges of a layer's weight: the cheap part. */
export function rangeMeasurement(layer: Layer): Measurement<WeightRanges> {
  const memory = memoryOf(layer);
  if (memory.ranges) return { collectors: [], finish: () => memory.ranges as WeightRanges };
  const collector = new RangeCollector(channelRows(layer.layout));
  return {
    collectors: [collector],
    finish: () => (memory.ranges ??= rangesOf(layer, collector.finish())),
  };
}

/** Measures the rest, which needs the ranges. Weights with a fault are not run over. */
export function momentMeasurement(
  layer: Layer,
  ranges: WeightRanges,
): Measurement<WeightStatistics> {
  const memory = memoryOf(layer);
  if (memory.statistics) {
    return { collectors: [], finish: () => memory.statistics as WeightStatistics };
  }
  const collector = new MomentCollector(channelRows(layer.layout));
  return {
    collectors: ranges.fault === undefined ? [collector] : [],
    finish: () => (memory.statistics ??= statisticsOf(ranges, collector.finish())),
  };
}

/** Everything about a layer's weight that no target is needed for; kept with the tensor. */
export function measureWeights(layer: Layer): WeightStatistics {
  const ranges = measureRanges(layer);
  const measurement = momentMeasurement(layer, ranges);
  scanWeight(layer, measurement.collectors);
  return measurement.finish();
}

/** The ranges alone, at the speed of reading; kept with the tensor. */
export function measureRanges(layer: Layer): WeightRanges {
  const measurement = rangeMeasurement(layer);
  scanWeight(layer, measurement.collectors);
  return measurement.finish();
}

function rangesOf(layer: Layer, measured: ChannelRanges): WeightRanges {
  const { channels, count, length } = channelRows(layer.layout);
  const isFaulty = measured.isFaulty.includes(1);
  const channelMin = isFaulty ? new Float64Array(channels) : measured.min;
  const channelMax = isFaulty ? new Float64Array(channels) : measured.max;
  const channelAbsMax = channelMin.map((low, c) => Math.max(-low, channelMax[c] ?? 0));
  const absMax = channelAbsMax.reduce((top, value) => Math.max(top, value), 0);
  const loud = channelAbsMax.filter((value) => !isSilent(value, absMax));
  const quartiles = quartilesOf(loud);
  return {
    count: count * length,
    min: channelMin.reduce((least, value) => Math.min(least, value), Infinity),
    max: channelMax.reduce((most, value) => Math.max(most, value), -Infinity),
    absMax,
    channelMin,
    channelMax,
    channelAbsMax,
    quartiles,
    spread: loud.length === 0 ? 1 : quartiles.max / quartiles.median,
    silentChannels: channels - loud.length,
    fault: isFaulty ? describeFault(layer, measured.isFaulty) : undefined,
  };
}

function statisticsOf(ranges: WeightRanges, moments: Moments): WeightStatistics {
  if (ranges.fault !== undefined) {
    const channelSquares = new Float64Array(ranges.channelAbsMax.length);
    return { ...ranges, mean: 0, std: 0, kurtosis: 0, sumSquares: 0, channelSquares };
  }
  const { mean, std, kurtosis, channelSquares } = moments;
  const sumSquares = channelSquares.reduce((sum, value) => sum + value, 0);
  return { ...ranges, mean, std, kurtosis, sumSquares, channelSquares };
}

/** `3 weights of layer "fc1" are not finite: 2 NaN, 1 infinite, in channels 5 and 7.` */
function describeFault(layer: Layer, isFaulty: Uint8Array): string {
  let nans = 0;
  let infinities = 0;
  const rows = channelRows(layer.layout);
  const add = (values: FloatArray): void => {
    for (const value of values) {
      if (Number.isNaN(value)) nans++;
      else if (!Number.isFinite(value)) infinities++;
    }
  };
  for (const part of weightParts(layer.weight, rows)) {
    for (let at = 0, row = part.firstRow; at < part.values.length;) {
      const turn = turnAt(rows, row);
      row = turn.next;
      for (let c = turn.channel; c < turn.end && at < part.values.length; c++) {
        if (isFaulty[c] === 1) add(part.values.subarray(at, at + rows.length));
        at += rows.length;
      }
    }
  }
  const channels = Array.from(isFaulty.keys()).filter((c) => isFaulty[c] === 1);
  const kinds = [nans > 0 ? `${nans} NaN` : '', infinities > 0 ? `${infinities} infinite` : ''];
  const shown = channels.slice(0, 5).join(', ') + (channels.length > 5 ? ', …' : '');
  return (
    `${nans + infinities} of ${rows.count * rows.length} weights in "${layer.weight.name}" ${nans + infinities === 1 ? 'is' : 'are'} not finite ` +
    `(${kinds.filter(Boolean).join(', ')}), in output channel${channels.length > 1 ? 's' : ''} ${shown}`
  );
}
