import type { FloatArray } from '../graph/tensor.ts';
import { turnAt, type ChannelRows } from './channelRows.ts';

/** Moments of a weight. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Of the population: divided by the count. */
  readonly std: number;
  /** Fourth standardized moment, plain: 3 for a normal distribution. NaN where all are equal. */
  readonly kurtosis: number;
  /** Sum of w^2 over each output channel. */
  readonly channelSquares: Float64Array;
}

/** Collects moments, some whole rows at a time. Sums are in double, about a value near the mean. */
export class MomentCollector {
  readonly #channelSums: Float64Array;
  readonly #channelSquares: Float64Array;
  readonly #sums = new Float64Array(2);
  #shift: number | undefined;
  #count = 0;

  constructor(private readonly rows: ChannelRows) {
    this.#channelSums = new Float64Array(rows.channels);
    this.#channelSquares = new Float64Array(rows.channels);
  }

  /** `values` are whole rows, beginning with `firstRow`. */
  add(values: FloatArray, firstRow: number): void {
    this.#shift ??= meanOfFirst(values);
    this.#count += values.length;
    const { rows } = this;
    const sums: Sums = {
      shift: this.#shift,
      channel: this.#channelSums,
      squares: this.#channelSquares,
      higher: this.#sums,
    };
    if (rows.length === 1) addScattered(values, rows, firstRow, sums);
    else addMoments(values, rows, firstRow, sums);
  }

  finish(): Moments {
    const shift = this.#shift ?? 0;
    const count = this.#count;
    const perChannel = count / this.rows.channels;
    const sum = total(this.#channelSums);
    const squares = total(this.#channelSquares);
    const [cubes = 0, fourths = 0] = this.#sums;
    const d = sum / count;
    const variance = Math.max(0, squares / count - d * d);
    const fourth =
      fourths / count - (4 * d * cubes) / count + (6 * d * d * squares) / count - 3 * d ** 4;
    const channelSquares = this.#channelSquares.map((s, c) =>
      Math.max(0, s + 2 * shift * this.#channelSums[c]! + perChannel * shift * shift),
    );
    return {
      count,
      mean: shift + d,
      std: Math.sqrt(variance),
      kurtosis: variance === 0 ? NaN : fourth / variance ** 2,
      channelSquares,
    };
  }
}

/** Where sums go: of each channel d and d^2, of all d^3 and d^4, with d = w - shift. */
interface Sums {
  readonly shift: number;
  readonly channel: Float64Array;
  readonly squares: Float64Array;
  readonly higher: Float64Array;
}

function addMoments(values: FloatArray, rows: ChannelRows, firstRow: number, sums: Sums): void {
  const { shift, channel, squares } = sums;
  let cubes = sums.higher[0]!;
  let fourths = sums.higher[1]!;
  for (let at = 0, row = firstRow; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end && at < values.length; c++) {
      let sum = 0;
      let sum2 = 0;
      for (const end = at + rows.length; at < end; at++) {
        const d = values[at]! - shift;
        const square = d * d;
        sum += d;
        sum2 += square;
        cubes += square * d;
        fourths += square * square;
      }
      channel[c] = channel[c]! + sum;
      squares[c] = squares[c]! + sum2;
    }
  }
  sums.higher[0] = cubes;
  sums.higher[1] = fourths;
}

/** The same for rows of one element: MatMul, pointwise ConvTranspose. */
function addScattered(values: FloatArray, rows: ChannelRows, firstRow: number, sums: Sums): void {
  const { shift, channel, squares } = sums;
  let cubes = sums.higher[0]!;
  let fourths = sums.higher[1]!;
  for (let at = 0, row = firstRow; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    const end = Math.min(turn.end, turn.channel + values.length - at);
    for (let c = turn.channel; c < end; c++, at++) {
      const d = values[at]! - shift;
      const square = d * d;
      channel[c] = channel[c]! + d;
      squares[c] = squares[c]! + square;
      cubes += square * d;
      fourths += square * square;
    }
  }
  sums.higher[0] = cubes;
  sums.higher[1] = fourths;
}

/** Moments about this keep their digits whatever the mean. */
function meanOfFirst(values: FloatArray): number {
  const count = Math.min(values.length, 256);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]!;
  return count === 0 ? 0 : sum / count;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
