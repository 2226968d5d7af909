import type { FloatArray } from '../graph/tensor.ts';
import type { Encoding } from '../quant/grid.ts';
import { RowCursor, type ChannelRows } from './channelRows.ts';

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
  readonly #lowest: Float64Array;
  readonly #highest: Float64Array;
  readonly #noise = new Float64Array(2);

  /** `clips`: false when no value can leave its grid, which is faster. */
  constructor(
    private readonly rows: ChannelRows,
    private readonly tensor: Encoding,
    channels: readonly Encoding[],
    private readonly clips: boolean,
  ) {
    this.#inverse = Float64Array.from(channels, ({ scale }) => 1 / scale);
    this.#squares = Float64Array.from(channels, ({ scale }) => scale * scale);
    this.#lowest = Float64Array.from(channels, ({ lowest }) => lowest);
    this.#highest = Float64Array.from(channels, ({ highest }) => highest);
  }

  /** `values` are whole rows, beginning with `firstRow`. */
  add(values: FloatArray, firstRow: number): void {
    const cursor = new RowCursor(this.rows, firstRow);
    const { length } = this.rows;
    if (this.clips) this.#addClipped(values, length, cursor);
    else
      addNoise(
        values,
        length,
        cursor,
        1 / this.tensor.scale,
        this.#inverse,
        this.#squares,
        this.#noise,
      );
  }

  finish(): RoundingNoise {
    const [tensor = 0, channel = 0] = this.#noise;
    return { tensor: tensor * this.tensor.scale ** 2, channel };
  }

  #addClipped(values: FloatArray, length: number, cursor: RowCursor): void {
    const { scale, lowest, highest } = this.tensor;
    const inverse = 1 / scale;
    let tensor = 0;
    let channel = 0;
    for (let at = 0; at < values.length; cursor.next()) {
      const c = cursor.channel;
      const inverseC = this.#inverse[c]!;
      const lowestC = this.#lowest[c]!;
      const highestC = this.#highest[c]!;
      let sum = 0;
      for (const end = at + length; at < end; at++) {
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
      channel += sum * this.#squares[c]!;
    }
    this.#noise[0] = this.#noise[0]! + tensor;
    this.#noise[1] = this.#noise[1]! + channel;
  }
}

/** Errors in steps of the grid; those of a channel are put back into the unit of the weights. */
function addNoise(
  values: FloatArray,
  length: number,
  cursor: RowCursor,
  inverse: number,
  inverses: Float64Array,
  squares: Float64Array,
  noise: Float64Array,
): void {
  let tensor = 0;
  let channel = 0;
  for (let at = 0; at < values.length; cursor.next()) {
    const c = cursor.channel;
    const inverseC = inverses[c]!;
    let sum = 0;
    let sumC = 0;
    for (const end = at + length; at < end; at++) {
      const v = values[at]!;
      const t = v * inverse;
      const e = t - (t + magic - magic);
      const tC = v * inverseC;
      const eC = tC - (tC + magic - magic);
      sum += e * e;
      sumC += eC * eC;
    }
    tensor += sum;
    channel += sumC * squares[c]!;
  }
  noise[0] = noise[0]! + tensor;
  noise[1] = noise[1]! + channel;
}
