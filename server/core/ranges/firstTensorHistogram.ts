import type { FloatArray } from '../graph/tensor.ts';
import { inParts } from './inParts.ts';
import type { Histogram } from './statistics.ts';

/**
 * The histograms of AIMET, for `tf_enhanced` as it is today (algorithms: section 15.4) and as it
 * was (6.4). The first tensor that is not all zero fixes the bins: they cover three times its
 * range, and values outside are dropped. Each call counts the same, whatever its size.
 */
export class FirstTensorHistogram {
  #start = 0;
  #width = 0;
  #counts: Float64Array | undefined;
  #calls = 0;

  constructor(private readonly version: 'tf_enhanced' | 'tf_enhanced_v1') {}

  /** `count`, `min` and `max` are those of the finite values. */
  add(values: FloatArray, count: number, min: number, max: number): void {
    if (count === 0) return;
    this.#counts ??= this.#begin(min, max);
    if (!this.#counts) return;
    const isToday = this.version === 'tf_enhanced';
    const shift = isToday ? Math.round(this.#start / this.#width) : this.#start / this.#width;
    const seen = new Float64Array(this.#counts.length);
    const countIn = isToday ? countFloors : countNearest;
    const width = this.#width;
    inParts(values.length, (from, to) => countIn(values, from, to, width, shift, seen));
    const calls = this.#calls++;
    const mean = this.#counts;
    for (let i = 0; i < seen.length; i++) {
      mean[i] = (mean[i]! * calls + seen[i]! / count) / (calls + 1);
    }
  }

  /** Undefined while all values were zero. */
  result(): Histogram | undefined {
    if (!this.#counts) return undefined;
    return { start: this.#start, width: this.#width, counts: this.#counts.slice() };
  }

  #begin(min: number, max: number): Float64Array | undefined {
    if (min === 0 && max === 0) return undefined;
    const isToday = this.version === 'tf_enhanced';
    // AIMET adds in single precision
    const above = isToday ? Math.fround(max + 0.01) : max + 0.01;
    const top = min === max ? above : max;
    if (isToday) {
      this.#width = (top - min) / 512;
      this.#start = (Math.floor(min / this.#width) - 512) * this.#width;
      return new Float64Array(1536);
    }
    this.#width = (3 * (top - min)) / 512;
    this.#start = (min + top) / 2 - (3 * (top - min)) / 2;
    return new Float64Array(512);
  }
}

/** To the nearest integer, halves away from zero, as `round` of C has it. */
export const awayFromZero = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/** Each bin begins with its edge. NaN fails the comparison, as values outside do. */
function countFloors(
  values: FloatArray,
  from: number,
  to: number,
  width: number,
  first: number,
  seen: Float64Array,
): void {
  const bins = seen.length;
  for (let i = from; i < to; i++) {
    const bin = Math.floor(values[i]! / width) - first;
    if (bin >= 0 && bin < bins) seen[bin]!++;
  }
}

/** The edge of each bin is its centre. `first` need not be an integer. */
function countNearest(
  values: FloatArray,
  from: number,
  to: number,
  width: number,
  first: number,
  seen: Float64Array,
): void {
  const bins = seen.length;
  for (let i = from; i < to; i++) {
    const bin = awayFromZero(values[i]! / width - first);
    if (bin >= 0 && bin < bins) seen[bin]!++;
  }
}
