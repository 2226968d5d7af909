import type { WeightLayout } from '../graph/layer.ts';

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
