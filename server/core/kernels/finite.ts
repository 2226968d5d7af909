import type { FloatArray } from '../graph/tensor.ts';

/** True when no element is NaN or infinite. */
export function isAllFinite(values: FloatArray): boolean {
  // x * 0 is 0 for finite x and NaN otherwise; four sums, so that they need not wait for each other.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (let i = whole; i < values.length; i++) a += values[i]! * 0;
  return a + b + c + d === 0;
}

/** The largest |x|; NaN where an element is NaN. */
export function absMax(values: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const a = Math.abs(values[i]!);
    if (!(a <= max)) max = a;
  }
  return max;
}
