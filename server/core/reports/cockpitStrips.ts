import type { NodeId } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';
import type { Job } from '../job.ts';
import { absMaxByInput } from '../kernels/channels.ts';
import { isLeftInFloat, targetOf } from '../quant/apart.ts';
import type { Target } from '../quant/targets.ts';
import { halfStepOf } from './gridFigures.ts';
import { scanWeightIn } from './scanWeight.ts';
import { rangeMeasurement, type WeightRanges } from './weightStatistics.ts';

/** Layers that are scaled together, first to last. */
export interface CockpitSet {
  readonly title: string;
  readonly layers: readonly Layer[];
  /** Between layer j and j+1: what each channel is divided by above and multiplied by below. */
  readonly scale?: readonly ArrayLike<number>[];
  /** False: as it would be, not applied yet. */
  readonly isApplied: boolean;
  /** The channel of the set at each input channel of the last layer; absent: the same. */
  readonly channelAt?: ArrayLike<number>;
}

/** Channels that are always 0: made by a layer, and read by it. */
export interface DeadAt {
  readonly made: readonly number[];
  readonly read: readonly number[];
}

/** One strip of the cockpit: a series over the channels of a set. */
export type CockpitStrip =
  | {
      readonly kind: 'range';
      readonly layer: NodeId;
      readonly name: string;
      readonly role: 'makes' | 'reads';
      /** How many inputs hold each channel, behind a Flatten; absent: one. */
      readonly inputsEach?: number;
      /** Largest |w| of each channel, in channel order. */
      readonly now: readonly number[];
      readonly before?: readonly number[];
      /** Of the grid that all channels share; 0 where they share none. */
      readonly halfStep: number;
      readonly dead: readonly number[];
    }
  | {
      readonly kind: 'factor';
      readonly name: string;
      readonly factor: readonly number[];
      readonly isApplied: boolean;
    };

/** More channels than these are shown four at a time. */
const mostChannels = 1024;
const binSize = 4;

/** What strips are made from, besides the set. */
export interface StripContext {
  readonly target: Target;
  /** Layers as opened, where their weights are others by now. */
  readonly opened: ReadonlyMap<NodeId, Layer>;
  readonly dead: ReadonlyMap<NodeId, DeadAt>;
}

/** A set over one channel axis. */
export interface DrawnSet {
  readonly title: string;
  readonly strips: readonly CockpitStrip[];
  readonly channels: number;
  /** True where the strips have bins of four channels, each with the largest of them. */
  readonly isBinned: boolean;
}

/** The strips of a set: its layers' ranges over one channel axis, and the factors between them. */
export async function stripsOf(
  set: CockpitSet,
  context: StripContext,
  job: Job,
): Promise<DrawnSet> {
  const strips: CockpitStrip[] = [];
  let channels = 0;
  for (const [at, layer] of set.layers.entries()) {
    const isLast = at === set.layers.length - 1 && at > 0;
    const channelAt = isLast ? set.channelAt : undefined;
    const drawn = await rangeStrip(layer, isLast, channelAt, context, job);
    strips.push(drawn.strip);
    channels = Math.max(channels, drawn.channels);
    const factor = set.scale?.[at];
    if (factor && !isLast) {
      const name = `scale factor ${at + 1}`;
      strips.push({ kind: 'factor', name, factor: binFactors(factor), isApplied: set.isApplied });
    }
  }
  return { title: set.title, strips, channels, isBinned: channels > mostChannels };
}

async function rangeStrip(
  layer: Layer,
  isLast: boolean,
  channelAt: ArrayLike<number> | undefined,
  { target, opened, dead }: StripContext,
  job: Job,
): Promise<{ readonly strip: CockpitStrip; readonly channels: number }> {
  const { id } = layer.node;
  const series = async (of: Layer): Promise<number[]> => {
    if (isLast) return atChannels(absMaxByInput(readFloats(of.weight), of.layout), channelAt);
    return [...(await rangesIn(of, job)).channelAbsMax];
  };
  const now = await series(layer);
  const ranges = await rangesIn(layer, job);
  const before = opened.get(id);
  const zeros = dead.get(id);
  const deadChannels = atSet(isLast ? zeros?.read : zeros?.made, channelAt);
  const strip: CockpitStrip = {
    kind: 'range',
    layer: id,
    name: layer.name,
    role: isLast ? 'reads' : 'makes',
    ...(channelAt && channelAt.length > now.length
      ? { inputsEach: Math.ceil(channelAt.length / now.length) }
      : {}),
    now: binRanges(now),
    ...(before ? { before: binRanges(await series(before)) } : {}),
    halfStep: isLeftInFloat(target, layer.name)
      ? 0
      : halfStepOf(ranges, targetOf(target, layer.name)),
    dead: binDead(deadChannels, now.length),
  };
  return { strip, channels: now.length };
}

/** The ranges of a layer, measured unless they are known. */
export async function rangesIn(layer: Layer, job: Job): Promise<WeightRanges> {
  const measurement = rangeMeasurement(layer);
  await scanWeightIn(job, layer, measurement.collectors);
  return measurement.finish();
}

/** Input ranges put on the channels of the set: the largest of those that come from one. */
function atChannels(tops: Float64Array, channelAt: ArrayLike<number> | undefined): number[] {
  if (!channelAt) return [...tops];
  const count = Array.from(channelAt).reduce((top, channel) => Math.max(top, channel + 1), 0);
  const out = new Array<number>(count).fill(0);
  for (const [input, top] of tops.entries()) {
    const channel = channelAt[input] ?? 0;
    out[channel] = Math.max(out[channel] ?? 0, top);
  }
  return out;
}

const atSet = (
  channels: readonly number[] = [],
  channelAt: ArrayLike<number> | undefined,
): number[] => [...new Set(channels.map((channel) => channelAt?.[channel] ?? channel))];

const bins = <T>(values: ArrayLike<T>, pick: (bin: T[]) => T): T[] => {
  const all = Array.from(values);
  if (all.length <= mostChannels) return all;
  const count = Math.ceil(all.length / binSize);
  return Array.from({ length: count }, (_, i) => pick(all.slice(i * binSize, (i + 1) * binSize)));
};

const binRanges = (values: readonly number[]): number[] => bins(values, (bin) => Math.max(...bin));

/** Of each four factors the one farthest from 1, either way. */
const binFactors = (factors: ArrayLike<number>): number[] =>
  bins(factors, (bin) =>
    bin.reduce((far, f) => (Math.abs(Math.log(f)) > Math.abs(Math.log(far)) ? f : far), 1),
  );

/** A bin is dead when all its channels are. */
function binDead(dead: readonly number[], channels: number): number[] {
  if (channels <= mostChannels) return [...dead].sort((a, b) => a - b);
  const counts = new Map<number, number>();
  for (const channel of dead) {
    const bin = Math.floor(channel / binSize);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  const size = (bin: number): number => Math.min(binSize, channels - bin * binSize);
  return [...counts.keys()].filter((bin) => counts.get(bin) === size(bin)).sort((a, b) => a - b);
}
