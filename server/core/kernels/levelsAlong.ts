import type { FloatArray } from '../graph/tensor.ts';
import type { Grids } from '../quant/grid.ts';

/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const magic = 6755399441055744;

/**
 * The integers that `quantizeAlong` rounds a tensor to, plus `zeroPoints` of the grids: halves go to
 * even, what lies outside saturates, NaN becomes zero. `grids` has one entry, or one for each index
 * of `axis`.
 */
export function levelsAlong(
  values: FloatArray,
  dims: readonly number[],
  axis: number | undefined,
  grids: Grids,
  zeroPoints: ArrayLike<number>,
): Int32Array {
  const count = grids.scale.length;
  const inner =
    axis === undefined || count === 1
      ? values.length
      : dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const out = new Int32Array(values.length);
  for (let at = 0, run = 0; at < values.length; run++) {
    const c = run % count;
    const inverse = 1 / grids.scale[c]!;
    const lowest = grids.lowest[c]!;
    const highest = grids.highest[c]!;
    const zero = zeroPoints[c]!;
    for (const end = Math.min(values.length, at + inner); at < end; at++) {
      let q = values[at]! * inverse + magic - magic;
      if (q < lowest) q = lowest;
      else if (q > highest) q = highest;
      else if (q !== q) q = 0;
      out[at] = q + zero;
    }
  }
  return out;
}
