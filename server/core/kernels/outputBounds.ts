import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';

/** Bounds of sum w*x, and the largest sum |w|*|x|, one of each per output channel. */
export interface OutputBounds {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  readonly size: Float64Array;
}

/**
 * Bounds of the output channels of a layer without its bias, for inputs within loI..hiI (one a
 * global input channel, infinite where not bounded). A weight of 0 adds nothing, whatever its
 * input. A channel is left as soon as both of its bounds are infinite, which most are at once
 * behind activations without an upper bound. NaN among the weights leaves nothing bounded.
 */
export function outputBounds(
  w: FloatArray,
  layout: WeightLayout,
  loI: Float64Array,
  hiI: Float64Array,
): OutputBounds {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const lo = new Float64Array(groups * outPerGroup);
  const hi = new Float64Array(groups * outPerGroup);
  const size = new Float64Array(groups * outPerGroup);
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      let [low, high, sum] = [0, 0, 0];
      for (let i = 0; i < inPerGroup && (low > -Infinity || high < Infinity); i++) {
        const [a, b] = [loI[g * inPerGroup + i]!, hiI[g * inPerGroup + i]!];
        const largest = Math.max(Math.abs(a), Math.abs(b));
        const from = g * stride.g + o * stride.o + i * stride.i;
        for (let k = from; k < from + taps; k++) {
          const x = w[k]!;
          if (x > 0) {
            low += x * a;
            high += x * b;
            sum += x * largest;
          } else if (x < 0) {
            low += x * b;
            high += x * a;
            sum -= x * largest;
          } else if (x !== 0) sum = NaN;
        }
      }
      const isBroken = Number.isNaN(low) || Number.isNaN(high) || Number.isNaN(sum);
      lo[g * outPerGroup + o] = isBroken ? -Infinity : low;
      hi[g * outPerGroup + o] = isBroken ? Infinity : high;
      size[g * outPerGroup + o] = isBroken ? Infinity : sum;
    }
  }
  return { lo, hi, size };
}
