import type { FloatArray } from '../graph/tensor.ts';
import { largerOrNaN } from './absMax.ts';

/** True when no element is NaN or infinite. */
export function isAllFinite(values: FloatArray): boolean {
  if (values instanceof Float64Array) return values.every(Number.isFinite);
  // An exponent of all ones plus one carries into the sign bit, and stays there in the sum of bits.
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let seen = 0;
  for (let i = 0; i < bits.length; i++) seen |= (bits[i]! & 0x7f800000) + 0x800000;
  return seen >= 0;
}

/** The largest |x|; NaN where an element is NaN. */
export function absMax(values: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const a = Math.abs(values[i]!);
    if (!(a <= max)) max = largerOrNaN(max, a);
  }
  return max;
}
