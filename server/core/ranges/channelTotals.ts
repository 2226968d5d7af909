import type { FloatArray } from '../graph/tensor.ts';
import { inParts } from './inParts.ts';
import type { ChannelStatistics } from './statistics.ts';

/** Collects count, range and sum of each channel of one axis; what is not finite is left out. */
export class ChannelTotals {
  readonly #count: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #sum: Float64Array;

  constructor(readonly channels: number) {
    this.#count = new Float64Array(channels);
    this.#min = new Float64Array(channels).fill(Infinity);
    this.#max = new Float64Array(channels).fill(-Infinity);
    this.#sum = new Float64Array(channels);
  }

  /**
   * `inner` elements of one channel lie together: the product of the dimensions after the axis.
   * `isFinite`: all are.
   */
  add(values: FloatArray, inner: number, isFinite: boolean): void {
    const { channels } = this;
    const sums = { count: this.#count, min: this.#min, max: this.#max, sum: this.#sum };
    if (inner === 1) {
      inParts(values.length, (from, to) => addScattered(values, from, to, sums), channels);
      return;
    }
    let channel = 0;
    let start = 0;
    const loop =
      isFinite && values instanceof Float32Array
        ? (from: number, to: number): void =>
            addSingles(values, start + from, start + to, channel, sums)
        : (from: number, to: number): void =>
            addCarefully(values, start + from, start + to, channel, sums);
    for (; start < values.length; start += inner) {
      inParts(inner, loop);
      channel = channel + 1 < channels ? channel + 1 : 0;
    }
  }

  /** Adds those of other samples. */
  merge(other: ChannelStatistics): void {
    for (let c = 0; c < this.channels; c++) {
      this.#count[c]! += other.count[c]!;
      this.#min[c] = Math.min(this.#min[c]!, other.min[c]!);
      this.#max[c] = Math.max(this.#max[c]!, other.max[c]!);
      this.#sum[c]! += other.sum[c]!;
    }
  }

  result(): ChannelStatistics {
    return {
      count: this.#count.slice(),
      min: this.#min.slice(),
      max: this.#max.slice(),
      sum: this.#sum.slice(),
    };
  }
}

function addSingles(
  values: Float32Array,
  from: number,
  to: number,
  channel: number,
  { count, min, max, sum }: ChannelStatistics,
): void {
  let low = min[channel]!;
  let high = max[channel]!;
  let low1 = low;
  let high1 = high;
  let total = 0;
  let total1 = 0;
  let i = from;
  for (; i + 1 < to; i += 2) {
    const v = values[i]!;
    const v1 = values[i + 1]!;
    if (v < low) low = v;
    if (v > high) high = v;
    if (v1 < low1) low1 = v1;
    if (v1 > high1) high1 = v1;
    total += v;
    total1 += v1;
  }
  for (; i < to; i++) {
    const v = values[i]!;
    if (v < low) low = v;
    if (v > high) high = v;
    total += v;
  }
  count[channel]! += to - from;
  min[channel] = low < low1 ? low : low1;
  max[channel] = high > high1 ? high : high1;
  sum[channel]! += total + total1;
}

/** The same, looking at each value. */
function addCarefully(
  values: FloatArray,
  from: number,
  to: number,
  channel: number,
  { count, min, max, sum }: ChannelStatistics,
): void {
  let seen = 0;
  let low = min[channel]!;
  let high = max[channel]!;
  let total = 0;
  for (let i = from; i < to; i++) {
    const v = values[i]!;
    if (v - v !== 0) continue;
    seen++;
    if (v < low) low = v;
    if (v > high) high = v;
    total += v;
  }
  count[channel]! += seen;
  min[channel] = low;
  max[channel] = high;
  sum[channel]! += total;
}

/** The same for the last axis; `from` is of the first channel. */
function addScattered(
  values: FloatArray,
  from: number,
  to: number,
  { count, min, max, sum }: ChannelStatistics,
): void {
  const channels = count.length;
  for (let i = from, c = 0; i < to; i++, c = c + 1 < channels ? c + 1 : 0) {
    const v = values[i]!;
    if (v - v !== 0) continue;
    count[c]!++;
    if (v < min[c]!) min[c] = v;
    if (v > max[c]!) max[c] = v;
    sum[c]! += v;
  }
}
