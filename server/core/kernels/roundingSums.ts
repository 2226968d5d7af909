import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import type { Encoding } from '../quant/grid.ts';

/** One number for each output channel of a weight. */
export interface RoundingSums {
  /** Sum over inputs of `mean` times the sum over taps of `share` times the rounding error. */
  readonly shift: Float64Array;
  /** Sum over inputs of `variance` times the sum over taps of `share` times the squared error. */
  readonly noise: Float64Array;
  /** Sum over inputs of `variance` times the sum over taps of `share` times the squared weight. */
  readonly energy: Float64Array;
}

/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const magic = 6755399441055744;

/**
 * What rounding a weight to one grid adds to its layer's output, for inputs of these moments (one
 * number for each input channel) and kernel positions that meet an input at this share of the
 * outputs; halves go to even, what lies outside saturates.
 */
export function roundingSums(
  w: FloatArray,
  { groups, outPerGroup, inPerGroup, taps, stride }: WeightLayout,
  { scale, lowest, highest }: Encoding,
  mean: Float64Array,
  variance: Float64Array,
  share: Float64Array,
): RoundingSums {
  const channels = groups * outPerGroup;
  const shift = new Float64Array(channels);
  const noise = new Float64Array(channels);
  const energy = new Float64Array(channels);
  const inverse = 1 / scale;
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      let [shifts, noises, energies] = [0, 0, 0];
      for (let i = 0; i < inPerGroup; i++) {
        let [errors, squares, own] = [0, 0, 0];
        const from = g * stride.g + o * stride.o + i * stride.i;
        for (let tap = 0; tap < taps; tap++) {
          const value = w[from + tap]!;
          const part = share[tap]!;
          let level = value * inverse + magic - magic;
          if (level < lowest) level = lowest;
          else if (level > highest) level = highest;
          const error = level * scale - value;
          errors += part * error;
          squares += part * error * error;
          own += part * value * value;
        }
        const spread = variance[g * inPerGroup + i]!;
        shifts += mean[g * inPerGroup + i]! * errors;
        noises += spread * squares;
        energies += spread * own;
      }
      const channel = g * outPerGroup + o;
      shift[channel] = shifts;
      noise[channel] = noises;
      energy[channel] = energies;
    }
  }
  return { shift, noise, energy };
}
