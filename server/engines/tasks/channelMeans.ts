import type { FloatArray } from '../../core/graph/tensor.ts';

/** Sums of each channel of one axis, in double; what is not finite is left out. */
export class ChannelMeans {
  #count = new Float64Array(0);
  #sum = new Float64Array(0);

  /** `inner` elements of one channel lie together: the product of the dimensions after the axis. */
  add(values: FloatArray, channels: number, inner: number): void {
    if (this.#count.length === 0) {
      this.#count = new Float64Array(channels);
      this.#sum = new Float64Array(channels);
    }
    let channel = 0;
    for (let from = 0; from < values.length; from += inner) {
      const to = from + inner;
      const total = sumOf(values, from, to);
      // A sum that is finite had only finite parts: singles cannot overflow a double.
      if (total - total === 0) {
        this.#sum[channel]! += total;
        this.#count[channel]! += inner;
      } else this.#addCarefully(values, from, to, channel);
      channel = channel + 1 < channels ? channel + 1 : 0;
    }
  }

  result(): { readonly count: Float64Array; readonly sum: Float64Array } {
    return { count: this.#count.slice(), sum: this.#sum.slice() };
  }

  #addCarefully(values: FloatArray, from: number, to: number, channel: number): void {
    for (let i = from; i < to; i++) {
      const v = values[i]!;
      if (v - v !== 0) continue;
      this.#sum[channel]! += v;
      this.#count[channel]!++;
    }
  }
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
