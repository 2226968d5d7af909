import type { FloatArray } from '../graph/tensor.ts';
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

  /** `inner` elements of one channel lie together: the product of the dimensions after the axis. */
  add(values: FloatArray, inner: number): void {
    const sums = { count: this.#count, min: this.#min, max: this.#max, sum: this.#sum };
    if (inner === 1) addScattered(values, this.channels, sums);
    else addRuns(values, this.channels, inner, sums);
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

function addRuns(
  values: FloatArray,
  channels: number,
  inner: number,
  { count, min, max, sum }: ChannelStatistics,
): void {
  for (let at = 0, c = 0; at < values.length; c = c + 1 < channels ? c + 1 : 0) {
    let seen = 0;
    let low = min[c]!;
    let high = max[c]!;
    let total = 0;
    for (const end = Math.min(values.length, at + inner); at < end; at++) {
      const v = values[at]!;
      if (v - v !== 0) continue;
      seen++;
      if (v < low) low = v;
      if (v > high) high = v;
      total += v;
    }
    count[c]! += seen;
    min[c] = low;
    max[c] = high;
    sum[c]! += total;
  }
}

/** The same for the last axis. */
function addScattered(
  values: FloatArray,
  channels: number,
  { count, min, max, sum }: ChannelStatistics,
): void {
  for (let at = 0, c = 0; at < values.length; at++, c = c + 1 < channels ? c + 1 : 0) {
    const v = values[at]!;
    if (v - v !== 0) continue;
    count[c]!++;
    if (v < min[c]!) min[c] = v;
    if (v > max[c]!) max[c] = v;
    sum[c]! += v;
  }
}
