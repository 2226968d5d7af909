import type { FloatArray } from '../graph/tensor.ts';

const signless = 0x7fffffff;
const oneFloat = new Float32Array(1);
const oneBits = new Int32Array(oneFloat.buffer);

/**
 * Largest |w| of the elements from `start` to `end`; NaN where one is NaN, 0 where there is none.
 *
 * Without its sign bit, a float32 read as an integer has the order of the floats, infinity above
 * all numbers and NaN above infinity; comparing integers four at a time takes half as long.
 */
export function absMax(w: FloatArray, start: number, end: number): number {
  if (!(w instanceof Float32Array) || end - start < 16) return absMaxPlain(w, start, end);
  const bits = new Int32Array(w.buffer, w.byteOffset + 4 * start, end - start);
  let [m0, m1, m2, m3] = [0, 0, 0, 0];
  let k = 0;
  for (const last = bits.length - 3; k < last; k += 4) {
    const a0 = bits[k]! & signless;
    const a1 = bits[k + 1]! & signless;
    const a2 = bits[k + 2]! & signless;
    const a3 = bits[k + 3]! & signless;
    if (a0 > m0) m0 = a0;
    if (a1 > m1) m1 = a1;
    if (a2 > m2) m2 = a2;
    if (a3 > m3) m3 = a3;
  }
  for (; k < bits.length; k++) m0 = Math.max(m0, bits[k]! & signless);
  oneBits[0] = Math.max(m0, m1, m2, m3);
  return oneFloat[0]!;
}

function absMaxPlain(w: FloatArray, start: number, end: number): number {
  let max = 0;
  for (let k = start; k < end; k++) {
    const a = Math.abs(w[k]!);
    if (!(a <= max)) max = largerOrNaN(max, a);
  }
  return max;
}

/** The larger of two numbers, NaN if one is NaN. */
export const largerOrNaN = (a: number, b: number): number => (b > a || b !== b ? b : a);
