import type { FloatArray } from '../graph/tensor.ts';
import type { Encoding } from '../quant/grid.ts';
import { RowCursor, type ChannelRows } from './channelRows.ts';

/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const magic = 6755399441055744;

/**
 * Rounds a weight to a grid and back to float: a new array of the same type. Halves round to even
 * and what lies outside saturates, as ONNX QuantizeLinear has it.
 *
 * @param encodings one for all, or one for each output channel
 */
export function fakeQuantize(
  values: FloatArray,
  rows: ChannelRows,
  encodings: readonly Encoding[],
): FloatArray {
  const out = values.slice();
  const isShared = encodings.length === 1;
  const cursor = new RowCursor(rows, 0);
  for (let at = 0; at < values.length; cursor.next()) {
    const { scale, lowest, highest } = encodings[isShared ? 0 : cursor.channel]!;
    const inverse = 1 / scale;
    for (const end = at + rows.length; at < end; at++) {
      let q = values[at]! * inverse + magic - magic;
      if (q < lowest) q = lowest;
      else if (q > highest) q = highest;
      out[at] = q * scale;
    }
  }
  return out;
}

/** One number rounded to a grid and back (see `fakeQuantize`). */
export function fakeQuantizeOne(value: number, { scale, lowest, highest }: Encoding): number {
  const level = value / scale + magic - magic;
  return Math.min(highest, Math.max(lowest, level)) * scale;
}
