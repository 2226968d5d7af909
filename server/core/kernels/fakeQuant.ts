import type { FloatArray } from '../graph/tensor.ts';
import type { Grids } from '../quant/grid.ts';
import type { SeededRandom } from '../random.ts';
import { turnAt, type ChannelRows } from './channelRows.ts';

/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const magic = 6755399441055744;

/**
 * Rounds a weight to a grid for each output channel and back to float: a new array of the same
 * type. Halves round to even and what lies outside saturates, as ONNX QuantizeLinear has it.
 */
export function fakeQuantize(values: FloatArray, rows: ChannelRows, grids: Grids): FloatArray {
  const out = values.slice();
  for (let at = 0, row = 0; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end; c++) {
      const scale = grids.scale[c]!;
      const lowest = grids.lowest[c]!;
      const highest = grids.highest[c]!;
      const inverse = 1 / scale;
      for (const end = at + rows.length; at < end; at++) {
        let q = values[at]! * inverse + magic - magic;
        if (q < lowest) q = lowest;
        else if (q > highest) q = highest;
        out[at] = q * scale;
      }
    }
  }
  return out;
}

/**
 * The same with rounding by chance: floor(v + u), u uniform in [0, 1), one number for each element
 * in storage order. On average nothing is rounded away.
 */
export function fakeQuantizeByChance(
  values: FloatArray,
  rows: ChannelRows,
  grids: Grids,
  random: SeededRandom,
): FloatArray {
  const out = values.slice();
  for (let at = 0, row = 0; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end; c++) {
      const scale = grids.scale[c]!;
      const lowest = grids.lowest[c]!;
      const highest = grids.highest[c]!;
      const inverse = 1 / scale;
      for (const end = at + rows.length; at < end; at++) {
        const q = Math.floor(values[at]! * inverse + random.next());
        out[at] = Math.min(Math.max(q, lowest), highest) * scale;
      }
    }
  }
  return out;
}
