import type { FloatArray } from '../graph/tensor.ts';
import type { Encoding } from '../quant/grid.ts';

/** Adds to `counts` how many values lie in each of its equal bins from `low` to `high`. */
export function countValues(
  values: FloatArray,
  low: number,
  high: number,
  counts: Float64Array,
): void {
  const last = counts.length - 1;
  const inverse = high > low ? counts.length / (high - low) : 0;
  for (let i = 0; i < values.length; i++) {
    let bin = ((values[i]! - low) * inverse) | 0;
    if (bin > last) bin = last;
    else if (bin < 0) bin = 0;
    counts[bin] = counts[bin]! + 1;
  }
}

/** Adds to `counts` how many values round to each level of the grid, the lowest first. */
export function countLevels(values: FloatArray, grid: Encoding, counts: Float64Array): void {
  const magic = 6755399441055744; // 1.5 * 2^52: rounds halves to even
  const { lowest, highest } = grid;
  const inverse = 1 / grid.scale;
  for (let i = 0; i < values.length; i++) {
    let q = values[i]! * inverse + magic - magic;
    if (q < lowest) q = lowest;
    else if (q > highest) q = highest;
    const bin = (q - lowest) | 0;
    counts[bin] = counts[bin]! + 1;
  }
}
