import type { FloatArray } from '../graph/tensor.ts';
import { largerOrNaN } from './absMax.ts';

/**
 * Largest |w| at each place of a row, over rows that are added one after the other; NaN where one
 * is NaN. As long as no row has a factor, single-precision values are compared as integers
 * (`absMax` says why that is right), in half the time.
 */
export class RunningMaxima {
  readonly #bits: Int32Array | undefined;
  readonly #topBits: Int32Array;
  readonly #tops: Float64Array;

  constructor(
    private readonly w: FloatArray,
    places: number,
  ) {
    const isSingle = w instanceof Float32Array;
    this.#bits = isSingle ? new Int32Array(w.buffer, w.byteOffset, w.length) : undefined;
    this.#topBits = new Int32Array(isSingle ? places : 0);
    this.#tops = new Float64Array(places);
  }

  /** The row of `length` elements from `from`, times `factor` (> 0), at the places from `first`. */
  add(from: number, length: number, first: number, factor?: number): void {
    if (this.#bits && factor === undefined)
      raiseBits(this.#bits, from, length, this.#topBits, first);
    else raise(this.w, from, length, factor ?? 1, this.#tops, first);
  }

  finish(): Float64Array {
    if (!this.#bits) return this.#tops;
    const singles = new Float32Array(this.#topBits.buffer);
    for (let k = 0; k < singles.length; k++) {
      this.#tops[k] = largerOrNaN(this.#tops[k]!, singles[k]!);
    }
    return this.#tops;
  }
}

function raiseBits(
  bits: Int32Array,
  from: number,
  length: number,
  tops: Int32Array,
  first: number,
): void {
  const end = from + length;
  for (let k = from, t = first; k < end; k++, t++) {
    const a = bits[k]! & 0x7fffffff;
    if (a > tops[t]!) tops[t] = a;
  }
}

function raise(
  w: FloatArray,
  from: number,
  length: number,
  factor: number,
  tops: Float64Array,
  first: number,
): void {
  const end = from + length;
  for (let k = from, t = first; k < end; k++, t++) {
    const a = Math.abs(w[k]! * factor);
    if (!(a <= tops[t]!)) tops[t] = largerOrNaN(tops[t]!, a);
  }
}

/**
 * Raises `top` to the largest |w * factor| of rows of `length` elements, one after the other. Every
 * `rows` of them (a group) the factors (> 0) of the columns go on with the next `length`.
 */
export function raiseRows(
  w: FloatArray,
  rows: number,
  length: number,
  factors: Float64Array,
  top: Float64Array,
): void {
  let k = 0;
  for (let r = 0; r < top.length; r++) {
    const end = k + length;
    let f = Math.floor(r / rows) * length;
    let m0 = top[r]!;
    let m1 = 0;
    for (const last = end - 1; k < last; k += 2, f += 2) {
      const a = Math.abs(w[k]! * factors[f]!);
      const b = Math.abs(w[k + 1]! * factors[f + 1]!);
      if (a > m0) m0 = a;
      if (b > m1) m1 = b;
    }
    for (; k < end; k++, f++) {
      const a = Math.abs(w[k]! * factors[f]!);
      if (a > m0) m0 = a;
    }
    top[r] = m0 > m1 ? m0 : m1;
  }
}
