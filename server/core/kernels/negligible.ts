import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';

/**
 * Finds output channels that inputs without bounds cannot be seen in. Whatever an input gives, a
 * channel adds |w|*x of it; where that is at most `unit` of what another channel of the layer adds
 * of the same input, it is below the rounding of the layer's output, for inputs of any size. Each
 * input is compared with itself alone, so it does not matter how large one is beside another.
 */
export class Negligible {
  /** The largest sum |w| of each input over the outputs that read it; NaN: not worked out yet. */
  readonly #largest: Float64Array;

  constructor(
    private readonly w: FloatArray,
    private readonly layout: WeightLayout,
    private readonly isOpen: (input: number) => boolean,
    private readonly unit: number,
  ) {
    this.#largest = new Float64Array(layout.groups * layout.inPerGroup).fill(NaN);
  }

  /** True where every input of output `o` of group `g` is bounded, or its weights negligible. */
  has(g: number, o: number): boolean {
    const { inPerGroup } = this.layout;
    for (let i = 0; i < inPerGroup; i++) {
      if (!this.isOpen(g * inPerGroup + i)) continue;
      const sum = this.#sum(g, o, i);
      if (sum === 0) continue;
      const most = this.unit * this.#most(g, i);
      if (!(sum <= most && most < Infinity)) return false;
    }
    return true;
  }

  #most(g: number, i: number): number {
    const { inPerGroup, outPerGroup } = this.layout;
    const input = g * inPerGroup + i;
    if (Number.isNaN(this.#largest[input])) {
      let largest = 0;
      for (let o = 0; o < outPerGroup; o++) largest = Math.max(largest, this.#sum(g, o, i));
      this.#largest[input] = largest;
    }
    return this.#largest[input]!;
  }

  #sum(g: number, o: number, i: number): number {
    const { taps, stride } = this.layout;
    const from = g * stride.g + o * stride.o + i * stride.i;
    let sum = 0;
    for (let k = from; k < from + taps; k++) sum += Math.abs(this.w[k]!);
    return sum;
  }
}
