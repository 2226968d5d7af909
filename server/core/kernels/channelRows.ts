import type { WeightLayout } from '../graph/layer.ts';
import { elementCount, type FloatArray } from '../graph/tensor.ts';

/**
 * A weight in storage order: rows of `length` elements, one after the other, each of one output
 * channel. A *turn* is `turn` rows of consecutive channels; the same channels have `repeats` turns
 * before the next ones come. Every layout that a `WeightLayout` describes is of this form, so a
 * kernel runs straight through memory.
 */
export interface ChannelRows {
  readonly length: number;
  readonly count: number;
  readonly channels: number;
  readonly turn: number;
  readonly repeats: number;
}

/** The rows of a weight. Throws where elements do not lie packed in one of the known orders. */
export function channelRows(layout: WeightLayout): ChannelRows {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const channels = groups * outPerGroup;
  if (stride.i === taps && stride.o === inPerGroup * taps) {
    return { length: stride.o, count: channels, channels, turn: channels, repeats: 1 };
  }
  if (stride.o === taps && stride.i === outPerGroup * taps) {
    const count = channels * inPerGroup;
    return { length: taps, count, channels, turn: outPerGroup, repeats: inPerGroup };
  }
  throw new Error(`weight layout ${JSON.stringify(layout)} is not packed`);
}

/** A tensor as rows of the channels of one axis; without an axis one row, one channel. */
export function axisRows(dims: readonly number[], axis: number | undefined): ChannelRows {
  if (axis === undefined) {
    return { length: elementCount(dims), count: 1, channels: 1, turn: 1, repeats: 1 };
  }
  const channels = dims[axis];
  if (channels === undefined) throw new Error(`${dims.length} dimensions have no axis ${axis}`);
  const repeats = elementCount(dims.slice(0, axis));
  const length = elementCount(dims.slice(axis + 1));
  return { length, count: repeats * channels, channels, turn: channels, repeats };
}

/** The elements of the first channel, of the second, and so on; may be the array itself. */
export function gatherChannels(values: FloatArray, rows: ChannelRows): FloatArray {
  if (rows.repeats === 1) return values;
  const out = values.slice();
  const perChannel = rows.length * rows.repeats;
  for (let row = 0, at = 0; row < rows.count;) {
    const turn = turnAt(rows, row);
    const seen = Math.floor((row % (rows.turn * rows.repeats)) / rows.turn) * rows.length;
    row = turn.next;
    for (let c = turn.channel; c < turn.end; c++) {
      let to = c * perChannel + seen;
      for (const end = at + rows.length; at < end; at++, to++) out[to] = values[at]!;
    }
  }
  return out;
}

/** The turn, or the part of one, that begins with `row`: its channels, and where the next begins. */
export function turnAt(
  rows: ChannelRows,
  row: number,
): { readonly channel: number; readonly end: number; readonly next: number } {
  const { turn, repeats } = rows;
  const within = row % turn;
  const base = Math.floor(row / (turn * repeats)) * turn;
  return { channel: base + within, end: base + turn, next: row + turn - within };
}
