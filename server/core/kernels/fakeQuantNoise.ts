import type { FloatArray } from '../graph/tensor.ts';
import type { Encoding, Grids } from '../quant/grid.ts';
import { turnAt, type ChannelRows } from './channelRows.ts';

/** Sum of squared rounding errors, for one grid of the tensor and for one grid a channel. */
export interface RoundingNoise {
  readonly tensor: number;
  readonly channel: number;
}

/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const magic = 6755399441055744;

/** Collects what rounding to both grids costs, some whole rows at a time. */
export class NoiseCollector {
  readonly #inverse: Float64Array;
  readonly #squares: Float64Array;
  readonly #noise = new Float64Array(2);

  /** `clips`: false when no value can leave its grid, which is faster. */
  constructor(
    private readonly rows: ChannelRows,
    private readonly tensor: Encoding,
    private readonly channels: Grids,
    private readonly clips: boolean,
  ) {
    this.#inverse = channels.scale.map((scale) => 1 / scale);
    this.#squares = channels.scale.map((scale) => scale * scale);
  }

  /** `values` are whole rows, beginning with `firstRow`. */
  add(values: FloatArray, firstRow: number): void {
    const grids: Inverses = {
      tensor: 1 / this.tensor.scale,
      channel: this.#inverse,
      squares: this.#squares,
    };
    if (this.clips) {
      const add = this.rows.length === 1 ? addClippedScattered : addClipped;
      add(values, this.rows, firstRow, grids, this.tensor, this.channels, this.#noise);
    } else if (this.rows.length === 1) {
      addScattered(values, this.rows, firstRow, grids, this.#noise);
    } else addNoise(values, this.rows, firstRow, grids, this.#noise);
  }

  finish(): RoundingNoise {
    const [tensor = 0, channel = 0] = this.#noise;
    return { tensor: tensor * this.tensor.scale ** 2, channel };
  }
}

/** 1 / scale of the tensor and of each channel, and each channel's squared scale. */
interface Inverses {
  readonly tensor: number;
  readonly channel: Float64Array;
  readonly squares: Float64Array;
}

/**
 * Errors are in steps of the grid; those of a channel are put back into the unit of the weights
 * row by row, those of the tensor at the end.
 */
function addNoise(
  values: FloatArray,
  rows: ChannelRows,
  firstRow: number,
  grids: Inverses,
  noise: Float64Array,
): void {
  const inverse = grids.tensor;
  let tensor = 0;
  let channel = 0;
  for (let at = 0, row = firstRow; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end && at < values.length; c++) {
      const inverseC = grids.channel[c]!;
      let sum = 0;
      let sumC = 0;
      for (const end = at + rows.length; at < end; at++) {
        const v = values[at]!;
        const t = v * inverse;
        const e = t - (t + magic - magic);
        const tC = v * inverseC;
        const eC = tC - (tC + magic - magic);
        sum += e * e;
        sumC += eC * eC;
      }
      tensor += sum;
      channel += sumC * grids.squares[c]!;
    }
  }
  noise[0] = noise[0]! + tensor;
  noise[1] = noise[1]! + channel;
}

/** The same for rows of one element: MatMul, pointwise ConvTranspose. */
function addScattered(
  values: FloatArray,
  rows: ChannelRows,
  firstRow: number,
  grids: Inverses,
  noise: Float64Array,
): void {
  const inverse = grids.tensor;
  const inverses = grids.channel;
  const { squares } = grids;
  let tensor = 0;
  let channel = 0;
  for (let at = 0, row = firstRow; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    const end = Math.min(turn.end, turn.channel + values.length - at);
    for (let c = turn.channel; c < end; c++, at++) {
      const v = values[at]!;
      const t = v * inverse;
      const e = t - (t + magic - magic);
      const tC = v * inverses[c]!;
      const eC = tC - (tC + magic - magic);
      tensor += e * e;
      channel += eC * eC * squares[c]!;
    }
  }
  noise[0] = noise[0]! + tensor;
  noise[1] = noise[1]! + channel;
}

/** The same for grids that may clip. */
function addClipped(
  values: FloatArray,
  rows: ChannelRows,
  firstRow: number,
  grids: Inverses,
  { lowest, highest }: Encoding,
  channels: Grids,
  noise: Float64Array,
): void {
  const inverse = grids.tensor;
  let tensor = 0;
  let channel = 0;
  for (let at = 0, row = firstRow; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end && at < values.length; c++) {
      const inverseC = grids.channel[c]!;
      const lowestC = channels.lowest[c]!;
      const highestC = channels.highest[c]!;
      let sum = 0;
      for (const end = at + rows.length; at < end; at++) {
        const v = values[at]!;
        const t = v * inverse;
        let q = t + magic - magic;
        if (q < lowest) q = lowest;
        else if (q > highest) q = highest;
        tensor += (t - q) * (t - q);
        const tC = v * inverseC;
        q = tC + magic - magic;
        if (q < lowestC) q = lowestC;
        else if (q > highestC) q = highestC;
        sum += (tC - q) * (tC - q);
      }
      channel += sum * grids.squares[c]!;
    }
  }
  noise[0] = noise[0]! + tensor;
  noise[1] = noise[1]! + channel;
}

/** The same for rows of one element. */
function addClippedScattered(
  values: FloatArray,
  rows: ChannelRows,
  firstRow: number,
  grids: Inverses,
  whole: Encoding,
  channels: Grids,
  noise: Float64Array,
): void {
  const inverse = grids.tensor;
  const { lowest, highest } = whole;
  const inverses = grids.channel;
  const { squares } = grids;
  const lowestC = channels.lowest;
  const highestC = channels.highest;
  let tensor = 0;
  let channel = 0;
  for (let at = 0, row = firstRow; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    const end = Math.min(turn.end, turn.channel + values.length - at);
    for (let c = turn.channel; c < end; c++, at++) {
      const v = values[at]!;
      const t = v * inverse;
      let q = t + magic - magic;
      if (q < lowest) q = lowest;
      else if (q > highest) q = highest;
      tensor += (t - q) * (t - q);
      const tC = v * inverses[c]!;
      q = tC + magic - magic;
      if (q < lowestC[c]!) q = lowestC[c]!;
      else if (q > highestC[c]!) q = highestC[c]!;
      channel += (tC - q) * (tC - q) * squares[c]!;
    }
  }
  noise[0] = noise[0]! + tensor;
  noise[1] = noise[1]! + channel;
}
