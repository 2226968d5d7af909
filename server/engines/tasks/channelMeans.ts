import type { FloatArray } from '../../core/graph/tensor.ts';

/** Sums of each channel of one axis, in double. */
export class ChannelMeans {
  #count = new Float64Array(0);
  #sum = new Float64Array(0);
  /** Of the run that is being added. */
  #own = new Float64Array(0);

  /**
   * False, and nothing is added, where something is not finite. `inner` elements of one channel lie
   * together: the product of the dimensions after the axis.
   */
  add(values: FloatArray, channels: number, inner: number): boolean {
    if (this.#count.length === 0) {
      this.#count = new Float64Array(channels);
      this.#sum = new Float64Array(channels);
      this.#own = new Float64Array(channels);
    }
    this.#own.fill(0);
    let channel = 0;
    for (let from = 0; from < values.length; from += inner) {
      this.#own[channel]! += sumOf(values, from, from + inner);
      channel = channel + 1 < channels ? channel + 1 : 0;
    }
    if (!addFinite(this.#own, this.#sum)) return false;
    const each = values.length / channels;
    for (let c = 0; c < channels; c++) this.#count[c]! += each;
    return true;
  }

  result(): { readonly count: Float64Array; readonly sum: Float64Array } {
    return { count: this.#count.slice(), sum: this.#sum.slice() };
  }
}

/** Adds sums to others; false, and adds none, where one is not finite: singles cannot overflow. */
export function addFinite(own: Float64Array, sums: Float64Array): boolean {
  for (let i = 0; i < own.length; i++) if (!Number.isFinite(own[i])) return false;
  for (let i = 0; i < own.length; i++) sums[i]! += own[i]!;
  return true;
}

/**
 * The sum of a stretch. Four sums at once do not wait for one another. What is left over has no loop
 * of its own: V8 would compile this one before it has seen the other, and go back at each call.
 */
export function sumOf(values: FloatArray, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = from; i < to; i += 4) {
    a += values[i]!;
    b += i + 1 < to ? values[i + 1]! : 0;
    c += i + 2 < to ? values[i + 2]! : 0;
    d += i + 3 < to ? values[i + 3]! : 0;
  }
  return a + b + (c + d);
}
