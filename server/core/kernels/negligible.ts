import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';

/**
 * The output channels of a layer that its open inputs can hardly be seen in. Whatever an input
 * gives, a channel adds sum|w| times as much; here that is, for each input that `isOpen`, at most
 * `unit` of what another channel of the layer adds of the same input. Each input is compared with
 * itself alone, so it does not matter how large one is beside another. Only what the readers make
 * of a channel tells whether it counts: see `passes/clear/unseenChannels.ts`.
 */
export function negligibleChannels(
  w: FloatArray,
  layout: WeightLayout,
  isOpen: (input: number) => boolean,
  unit: number,
): number[] {
  const { groups, outPerGroup, inPerGroup } = layout;
  /** The largest sum |w| of each input over the outputs that read it; NaN: not worked out yet. */
  const largest = new Float64Array(groups * inPerGroup).fill(NaN);
  const mostOf = (g: number, i: number): number => {
    const input = g * inPerGroup + i;
    if (Number.isNaN(largest[input])) {
      let most = 0;
      for (let o = 0; o < outPerGroup; o++) most = Math.max(most, tapSum(w, layout, g, o, i));
      largest[input] = most;
    }
    return largest[input]!;
  };
  const found: number[] = [];
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      let reads = false;
      let isNegligible = true;
      for (let i = 0; i < inPerGroup && isNegligible; i++) {
        if (!isOpen(g * inPerGroup + i)) continue;
        const sum = tapSum(w, layout, g, o, i);
        if (sum === 0) continue;
        reads = true;
        const most = unit * mostOf(g, i);
        isNegligible = sum <= most && most < Infinity;
      }
      if (reads && isNegligible) found.push(g * outPerGroup + o);
    }
  }
  return found;
}

/** The sum of |w| over the kernel positions of one pair of channels of a group. */
export function tapSum(
  w: FloatArray,
  { taps, stride }: WeightLayout,
  g: number,
  o: number,
  i: number,
): number {
  const from = g * stride.g + o * stride.o + i * stride.i;
  let sum = 0;
  for (let k = from; k < from + taps; k++) sum += Math.abs(w[k]!);
  return sum;
}
