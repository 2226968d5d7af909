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
 * global input channel, infinite where not bounded). NaN or infinite weights leave a channel
 * unbounded.
 */
export function outputBounds(
  w: FloatArray,
  layout: WeightLayout,
  loI: Float64Array,
  hiI: Float64Array,
): OutputBounds {
  const count = layout.groups * layout.outPerGroup;
  const bounds = {
    lo: new Float64Array(count),
    hi: new Float64Array(count),
    size: new Float64Array(count),
  };
  const isBounded = loI.every(Number.isFinite) && hiI.every(Number.isFinite);
  if (isBounded) sumBounded(w, layout, loI, hiI, bounds);
  else sumOpen(w, layout, loI, hiI, bounds);
  for (let o = 0; o < count; o++) {
    const isBroken = isBounded ? !Number.isFinite(bounds.size[o]!) : Number.isNaN(bounds.size[o]!);
    if (isBroken) open(bounds, o);
  }
  return bounds;
}

function open({ lo, hi, size }: OutputBounds, o: number): void {
  lo[o] = -Infinity;
  hi[o] = Infinity;
  size[o] = Infinity;
}

/**
 * With m the middle of an input's range and r half its width, w*x lies within w*m -+ |w|*r: two
 * products an element and no branch.
 */
function sumBounded(
  w: FloatArray,
  { groups, outPerGroup, inPerGroup, taps, stride }: WeightLayout,
  loI: Float64Array,
  hiI: Float64Array,
  { lo, hi, size }: OutputBounds,
): void {
  const middle = loI.map((low, i) => (low + hiI[i]!) / 2);
  const radius = loI.map((low, i) => (hiI[i]! - low) / 2);
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      let [centre, spread, sum] = [0, 0, 0];
      let from = g * stride.g + o * stride.o;
      for (let i = g * inPerGroup; i < (g + 1) * inPerGroup; i++) {
        let [plain, absolute] = [0, 0];
        for (let k = from; k < from + taps; k++) {
          plain += w[k]!;
          absolute += Math.abs(w[k]!);
        }
        centre += plain * middle[i]!;
        spread += absolute * radius[i]!;
        sum += absolute * (Math.abs(middle[i]!) + radius[i]!);
        from += stride.i;
      }
      const at = g * outPerGroup + o;
      lo[at] = centre - spread;
      hi[at] = centre + spread;
      size[at] = sum;
    }
  }
}

/**
 * With inputs that are not bounded: a weight of 0 adds nothing, whatever its input, and a channel
 * is left as soon as both of its bounds are infinite, which most are at once.
 */
function sumOpen(
  w: FloatArray,
  { groups, outPerGroup, inPerGroup, taps, stride }: WeightLayout,
  loI: Float64Array,
  hiI: Float64Array,
  { lo, hi, size }: OutputBounds,
): void {
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
      const at = g * outPerGroup + o;
      const isBroken = Number.isNaN(low) || Number.isNaN(high);
      lo[at] = low;
      hi[at] = high;
      size[at] = isBroken ? NaN : sum;
    }
  }
}
