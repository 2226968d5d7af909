import type { FloatArray } from '../graph/tensor.ts';
import type { Grids } from '../quant/grid.ts';
import { SeededRandom } from '../random.ts';

/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const magic = 6755399441055744;

/**
 * Rounds a tensor to its grids and back to float: a new array of the same type. `grids` has one
 * entry, or one for each index of `axis`. Halves go to even, or with a `seed` up or down by chance
 * (floor(v + u), u uniform in [0, 1)); what lies outside saturates.
 */
export function quantizeAlong(
  values: FloatArray,
  dims: readonly number[],
  axis: number | undefined,
  grids: Grids,
  seed: number | undefined,
): FloatArray {
  const count = grids.scale.length;
  const inner =
    axis === undefined || count === 1
      ? values.length
      : dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const random = seed === undefined ? undefined : new SeededRandom(seed);
  const out = values.slice();
  for (let at = 0, run = 0; at < values.length; run++) {
    const c = run % count;
    const scale = grids.scale[c]!;
    const lowest = grids.lowest[c]!;
    const highest = grids.highest[c]!;
    const inverse = 1 / scale;
    for (const end = Math.min(values.length, at + inner); at < end; at++) {
      const level = values[at]! * inverse;
      let q = random ? Math.floor(level + random.next()) : level + magic - magic;
      if (q < lowest) q = lowest;
      else if (q > highest) q = highest;
      out[at] = q * scale;
    }
  }
  return out;
}
