import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { largerOrNaN } from './absMax.ts';
import { positionsOtherThan } from './vectors.ts';

/** Sum over input channels of w * perInput[input], for each output channel and kernel position. */
export function tapSums(
  w: FloatArray,
  { groups, outPerGroup, inPerGroup, taps, stride }: WeightLayout,
  perInput: Float64Array,
): Float64Array {
  const sums = new Float64Array(groups * outPerGroup * taps);
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < inPerGroup; i++) {
      const factor = perInput[g * inPerGroup + i]!;
      if (factor === 0) continue;
      let from = g * stride.g + i * stride.i;
      let to = g * outPerGroup * taps;
      for (let o = 0; o < outPerGroup; o++) {
        for (let tap = 0; tap < taps; tap++) sums[to + tap]! += factor * w[from + tap]!;
        from += stride.o;
        to += taps;
      }
    }
  }
  return sums;
}

/** Largest |sum| of an output channel over the kernel positions marked with 1. */
export function largestTapSum(sums: Float64Array, marked: Uint8Array): number {
  const taps = positionsOtherThan(0, marked);
  let largest = 0;
  for (let from = 0; from < sums.length; from += marked.length) {
    let sum = 0;
    for (let t = 0; t < taps.length; t++) sum += sums[from + taps[t]!]!;
    const size = Math.abs(sum);
    if (!(size <= largest)) largest = largerOrNaN(largest, size);
  }
  return largest;
}

/** True where an input channel has a weight that is not 0 at a kernel position marked with 1. */
export function hasMarkedWeight(
  w: FloatArray,
  { outPerGroup, inPerGroup, taps, stride }: WeightLayout,
  input: number,
  marked: Uint8Array,
): boolean {
  let from = Math.floor(input / inPerGroup) * stride.g + (input % inPerGroup) * stride.i;
  for (let o = 0; o < outPerGroup; o++) {
    for (let tap = 0; tap < taps; tap++) if (marked[tap] === 1 && w[from + tap] !== 0) return true;
    from += stride.o;
  }
  return false;
}
