import type { FloatArray } from '../graph/tensor.ts';
import type { Encoding, Grids } from '../quant/grid.ts';
import { turnAt, type ChannelRows } from './channelRows.ts';

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
function countLevels(
  values: FloatArray,
  grid: Pick<Encoding, 'scale' | 'lowest' | 'highest'>,
  counts: Float64Array,
): void {
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

/**
 * Adds to `counts` how many values round to each level of their own channel's grid; `counts[0]` is
 * level `low`. `values` are whole rows, beginning with `firstRow`.
 */
export function countChannelLevels(
  values: FloatArray,
  at: { readonly rows: ChannelRows; readonly firstRow: number },
  { scale, lowest, highest }: Grids,
  low: number,
  counts: Float64Array,
): void {
  const { rows, firstRow } = at;
  for (let i = 0, row = firstRow; i < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end && i < values.length; c++) {
      const grid = { scale: scale[c]!, lowest: lowest[c]!, highest: highest[c]! };
      countLevels(values.subarray(i, i + rows.length), grid, counts.subarray(grid.lowest - low));
      i += rows.length;
    }
  }
}
