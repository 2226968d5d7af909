import { ChannelRoom } from '../kernels/channelRoom.ts';

/** A range below this is that of a dead channel, which is not scaled (algorithms.md 3.3 R). */
const smallestRange = 1e-12;

/**
 * Scale factors that give each channel the same range in every layer of a set (algorithms.md 3.3):
 * with m the n-th root of the product of the n ranges, layer j is multiplied by s[j-1] on its input
 * side and divided by s[j] on its output side, where s[j] = s[j-1] * r[j] / m. Two layers:
 * s = sqrt(r1 / r2); three: s12 = r1 / m, s23 = m / r3. A channel with a range of 0 anywhere keeps
 * factor 1. `ranges` has one array a layer, over the shared channels; the answer one for each joint.
 */
export function scaleFactors(ranges: readonly Float64Array[]): Float64Array[] {
  const channels = ranges[0]?.length ?? 0;
  const room = ranges.length === 2 || ranges.length === 3 ? ChannelRoom.for(channels) : undefined;
  if (room && ranges.every(({ length }) => length === channels)) {
    for (const [at, range] of ranges.entries()) room.put(at, range);
    room.kernels.scaleFactors(room.at(0), room.apart, ranges.length, channels, smallestRange);
    return ranges.slice(1).map((_, at) => room.take(at, channels));
  }
  const mean = new Float64Array(channels).fill(1);
  for (const range of ranges) multiplyByRoot(mean, range, ranges.length);
  const factor = new Float64Array(channels).fill(1);
  const steps: Float64Array[] = [];
  for (const range of ranges.slice(0, -1)) {
    multiplyByShare(factor, range, mean);
    steps.push(factor.slice());
  }
  return steps;
}

/** Multiplies by the root of each range; NaN marks a dead channel. */
function multiplyByRoot(mean: Float64Array, range: Float64Array, degree: number): void {
  for (let c = 0; c < mean.length; c++) {
    const r = range[c]!;
    mean[c] = r >= smallestRange ? mean[c]! * root(r, degree) : NaN;
  }
}

/** Multiplies by range / mean where the channel is not dead. */
function multiplyByShare(factor: Float64Array, range: Float64Array, mean: Float64Array): void {
  for (let c = 0; c < factor.length; c++) {
    const m = mean[c]!;
    if (m === m) factor[c] = (factor[c]! * range[c]!) / m;
  }
}

/** The root of one range: taken apart, so that the product neither over- nor underflows. */
function root(value: number, degree: number): number {
  if (degree === 2) return Math.sqrt(value);
  return degree === 3 ? Math.cbrt(value) : value ** (1 / degree);
}

/** Largest range over the median range, of channels that are not dead: 1 when all are equal. */
export function spreadOf(range: Float64Array): number {
  const sorted = range.slice().sort();
  let first = 0;
  while (first < sorted.length && !(sorted[first]! >= smallestRange)) first++;
  if (first === sorted.length) return 1;
  const middle = (sorted.length - first) / 2;
  const low = sorted[first + Math.ceil(middle) - 1] ?? 1;
  const high = sorted[first + Math.floor(middle)] ?? 1;
  return sorted.at(-1)! / ((low + high) / 2);
}

/** Largest range of the positions that hold each channel; `channelAt` absent: one position each. */
export function rangeByChannel(
  range: Float64Array,
  channelAt: Int32Array | undefined,
  channels: number,
): Float64Array {
  if (!channelAt) return range;
  const out = new Float64Array(channels);
  for (let j = 0; j < range.length; j++) {
    const c = channelAt[j] ?? 0;
    if ((range[j] ?? 0) > (out[c] ?? 0)) out[c] = range[j] ?? 0;
  }
  return out;
}

/** The value of its channel at each position. */
export const atPositions = (
  values: Float64Array,
  channelAt: Int32Array | undefined,
): Float64Array =>
  channelAt ? Float64Array.from(channelAt, (channel) => values[channel] ?? NaN) : values;
