import type { WeightLayout } from '../graph/layer.ts';

/**
 * A weight in storage order: rows of `length` elements, one after the other, each of one output
 * channel. A group has its `outPerGroup` channels in turn, `repeats` times over. Every layout that
 * a `WeightLayout` describes is of this form, so a kernel runs straight through memory.
 */
export interface ChannelRows {
  readonly length: number;
  readonly count: number;
  readonly groups: number;
  readonly outPerGroup: number;
  readonly repeats: number;
  readonly channels: number;
}

/** The rows of a weight. Throws where elements do not lie packed in one of the known orders. */
export function channelRows(layout: WeightLayout): ChannelRows {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const channels = groups * outPerGroup;
  if (stride.i === taps && stride.o === inPerGroup * taps) {
    return { length: stride.o, count: channels, groups, outPerGroup, repeats: 1, channels };
  }
  if (stride.o === taps && stride.i === outPerGroup * taps) {
    const count = groups * inPerGroup * outPerGroup;
    return { length: taps, count, groups, outPerGroup, repeats: inPerGroup, channels };
  }
  throw new Error(`weight layout ${JSON.stringify(layout)} is not packed`);
}

/** Where a run over rows stands: the channel of the row, and what is left of turn and group. */
export class RowCursor {
  channel: number;
  #leftInTurn: number;
  #leftInGroup: number;

  constructor(
    private readonly rows: ChannelRows,
    row: number,
  ) {
    const perGroup = rows.outPerGroup * rows.repeats;
    const inTurn = row % rows.outPerGroup;
    this.channel = Math.floor(row / perGroup) * rows.outPerGroup + inTurn;
    this.#leftInTurn = rows.outPerGroup - inTurn;
    this.#leftInGroup = perGroup - (row % perGroup);
  }

  /** Goes on to the next row. */
  next(): void {
    const { outPerGroup, repeats } = this.rows;
    this.channel++;
    this.#leftInGroup--;
    if (--this.#leftInTurn > 0) return;
    this.#leftInTurn = outPerGroup;
    if (this.#leftInGroup > 0) this.channel -= outPerGroup;
    else this.#leftInGroup = outPerGroup * repeats;
  }
}
