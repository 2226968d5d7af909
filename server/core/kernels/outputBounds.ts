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
 * products an element and no branch. The size needs no third where |m| + r is at most 4*r, as it
 * is for what an activation cuts at 0.
 */
function sumBounded(
  w: FloatArray,
  layout: WeightLayout,
  loI: Float64Array,
  hiI: Float64Array,
  { lo, hi, size }: OutputBounds,
): void {
  const middle = loI.map((low, i) => (low + hiI[i]!) / 2);
  const radius = loI.map((low, i) => (hiI[i]! - low) / 2);
  const most = middle.reduce((top, m, i) => {
    const ratio = m === 0 ? 1 : (Math.abs(m) + radius[i]!) / radius[i]!;
    return Math.max(top, ratio);
  }, 1);
  const centre = new Float64Array(lo.length);
  const spread = new Float64Array(lo.length);
  accumulate(w, layout, middle, radius, centre, spread);
  for (let o = 0; o < lo.length; o++) {
    lo[o] = centre[o]! - spread[o]!;
    hi[o] = centre[o]! + spread[o]!;
    size[o] = most <= 4 ? most * spread[o]! : 0;
  }
  if (most <= 4) return;
  const largest = middle.map((m, i) => Math.abs(m) + radius[i]!);
  accumulate(w, layout, middle, largest, centre, size);
}

/** Adds sum w*a to `plain` and sum |w|*b to `absolute`, a and b of each input channel. */
function accumulate(
  w: FloatArray,
  layout: WeightLayout,
  a: Float64Array,
  b: Float64Array,
  plain: Float64Array,
  absolute: Float64Array,
): void {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  for (let g = 0; g < groups; g++) {
    const [firstO, firstI] = [g * outPerGroup, g * inPerGroup];
    if (taps === 1 && stride.i === 1) {
      for (let o = 0; o < outPerGroup; o++) {
        addRow(
          w,
          g * stride.g + o * stride.o,
          firstI,
          inPerGroup,
          a,
          b,
          plain,
          absolute,
          firstO + o,
        );
      }
      continue;
    }
    for (let i = 0; i < inPerGroup; i++) {
      const [x, y] = [a[firstI + i]!, b[firstI + i]!];
      let from = g * stride.g + i * stride.i;
      for (let o = firstO; o < firstO + outPerGroup; o++) {
        let [p, q] = [0, 0];
        for (let k = from; k < from + taps; k++) {
          p += w[k]!;
          q += Math.abs(w[k]!);
        }
        plain[o]! += p * x;
        absolute[o]! += q * y;
        from += stride.o;
      }
    }
  }
}

/** One output channel whose weights lie side by side, one an input channel. */
function addRow(
  w: FloatArray,
  from: number,
  firstI: number,
  count: number,
  a: Float64Array,
  b: Float64Array,
  plain: Float64Array,
  absolute: Float64Array,
  o: number,
): void {
  let [p, q, p2, q2] = [0, 0, 0, 0];
  const ahead = firstI - from;
  const even = from + count - (count % 2);
  for (let k = from; k < even; k += 2) {
    const x = w[k]!;
    const y = w[k + 1]!;
    p += x * a[k + ahead]!;
    q += Math.abs(x) * b[k + ahead]!;
    p2 += y * a[k + ahead + 1]!;
    q2 += Math.abs(y) * b[k + ahead + 1]!;
  }
  if (count % 2 === 1) {
    p += w[even]! * a[even + ahead]!;
    q += Math.abs(w[even]!) * b[even + ahead]!;
  }
  plain[o]! += p + p2;
  absolute[o]! += q + q2;
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
