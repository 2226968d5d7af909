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
  const [middle, radius] = halves(loI, hiI);
  const most = largestRatio(middle, radius);
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

/** Middles of ranges, and half their widths. */
function halves(lo: Float64Array, hi: Float64Array): [Float64Array, Float64Array] {
  const middle = new Float64Array(lo.length);
  const radius = new Float64Array(lo.length);
  for (let i = 0; i < lo.length; i++) {
    middle[i] = (lo[i]! + hi[i]!) / 2;
    radius[i] = (hi[i]! - lo[i]!) / 2;
  }
  return [middle, radius];
}

/** The largest (|m| + r) / r; at least 1. */
function largestRatio(middle: Float64Array, radius: Float64Array): number {
  let top = 1;
  for (let i = 0; i < middle.length; i++) {
    if (middle[i] !== 0) top = Math.max(top, (Math.abs(middle[i]!) + radius[i]!) / radius[i]!);
  }
  return top;
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
  const add = taps === 1 ? addRow : addRuns;
  for (let g = 0; g < groups; g++) {
    const firstO = g * outPerGroup;
    const firstI = g * inPerGroup;
    if (stride.i === taps) {
      for (let o = 0; o < outPerGroup; o++) {
        const from = g * stride.g + o * stride.o;
        add(w, from, firstI, inPerGroup, a, b, plain, absolute, firstO + o, taps);
      }
    } else {
      for (let i = 0; i < inPerGroup; i++) {
        const from = g * stride.g + i * stride.i;
        addColumn(w, from, firstO, outPerGroup, a, b, plain, absolute, firstI + i, layout);
      }
    }
  }
}

/** One output channel whose weights lie side by side, `taps` an input channel. */
function addRuns(
  w: FloatArray,
  from: number,
  firstI: number,
  count: number,
  a: Float64Array,
  b: Float64Array,
  plain: Float64Array,
  absolute: Float64Array,
  o: number,
  taps: number,
): void {
  let sum = 0;
  let size = 0;
  let k = from;
  for (let i = firstI; i < firstI + count; i++) {
    let p = 0;
    let q = 0;
    for (const end = k + taps; k < end; k++) {
      p += w[k]!;
      q += Math.abs(w[k]!);
    }
    sum += p * a[i]!;
    size += q * b[i]!;
  }
  plain[o]! += sum;
  absolute[o]! += size;
}

/** The weights of one input channel, in each of `count` output channels. */
function addColumn(
  w: FloatArray,
  from: number,
  firstO: number,
  count: number,
  a: Float64Array,
  b: Float64Array,
  plain: Float64Array,
  absolute: Float64Array,
  i: number,
  { taps, stride }: WeightLayout,
): void {
  const x = a[i]!;
  const y = b[i]!;
  for (let o = firstO; o < firstO + count; o++) {
    let p = 0;
    let q = 0;
    for (let k = from; k < from + taps; k++) {
      p += w[k]!;
      q += Math.abs(w[k]!);
    }
    plain[o]! += p * x;
    absolute[o]! += q * y;
    from += stride.o;
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
  let p = 0;
  let q = 0;
  let p2 = 0;
  let q2 = 0;
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
      let low = 0;
      let high = 0;
      let sum = 0;
      for (let i = 0; i < inPerGroup && (low > -Infinity || high < Infinity); i++) {
        const a = loI[g * inPerGroup + i]!;
        const b = hiI[g * inPerGroup + i]!;
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
