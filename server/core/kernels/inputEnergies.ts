import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';

/** For each input channel of a weight the sum of w^2 over output channels and taps. */
export function inputEnergies(
  w: FloatArray,
  { groups, outPerGroup, inPerGroup, taps, stride }: WeightLayout,
): Float64Array {
  const energies = new Float64Array(groups * inPerGroup);
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      for (let i = 0; i < inPerGroup; i++) {
        const from = g * stride.g + o * stride.o + i * stride.i;
        let sum = 0;
        for (let at = from; at < from + taps; at++) sum += w[at]! * w[at]!;
        energies[g * inPerGroup + i]! += sum;
      }
    }
  }
  return energies;
}
