import type { FloatArray } from '../graph/tensor.ts';

/**
 * out[k] = w[k] * factor for `length` elements from `from`. Four at a time: half the time of one
 * at a time.
 */
export function scaleAll(
  out: FloatArray,
  w: FloatArray,
  from: number,
  length: number,
  factor: number,
): void {
  const end = from + length;
  let k = from;
  for (; k < end - 3; k += 4) {
    out[k] = w[k]! * factor;
    out[k + 1] = w[k + 1]! * factor;
    out[k + 2] = w[k + 2]! * factor;
    out[k + 3] = w[k + 3]! * factor;
  }
  for (; k < end; k++) out[k] = w[k]! * factor;
}

/** The same with a factor for each element besides: factors[first], factors[first + 1], ... */
export function scaleEach(
  out: FloatArray,
  w: FloatArray,
  from: number,
  length: number,
  factor: number,
  factors: Float64Array,
  first: number,
): void {
  const end = from + length;
  let k = from;
  let f = first;
  for (; k < end - 3; k += 4, f += 4) {
    out[k] = w[k]! * (factor * factors[f]!);
    out[k + 1] = w[k + 1]! * (factor * factors[f + 1]!);
    out[k + 2] = w[k + 2]! * (factor * factors[f + 2]!);
    out[k + 3] = w[k + 3]! * (factor * factors[f + 3]!);
  }
  for (; k < end; k++, f++) out[k] = w[k]! * (factor * factors[f]!);
}
