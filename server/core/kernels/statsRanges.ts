import type { FloatArray } from '../graph/tensor.ts';
import { turnAt, type ChannelRows } from './channelRows.ts';
import { WeightKernels } from './weightKernels.ts';

/** Smallest and largest value of each channel. */
export interface ChannelRanges {
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** 1 where the channel has a NaN or an infinite value; its range then says nothing. */
  readonly isFaulty: Uint8Array;
}

const plusInfinity = 0x7f800000;
const minusInfinity = -0x7f800001;

/**
 * Collects the range of each channel, some whole rows at a time. Single-precision values are
 * compared as integers (their bits in total order), which is faster than comparing floats and
 * does not lose NaN.
 */
export class RangeCollector {
  readonly #lowBits: Int32Array;
  readonly #highBits: Int32Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;

  /** `kernels`: null takes the plain loops. */
  constructor(
    private readonly rows: ChannelRows,
    private readonly kernels: WeightKernels | null = WeightKernels.shared(),
  ) {
    this.#lowBits = new Int32Array(rows.channels).fill(0x7fffffff);
    this.#highBits = new Int32Array(rows.channels).fill(-0x80000000);
    this.#low = new Float64Array(rows.channels).fill(Infinity);
    this.#high = new Float64Array(rows.channels).fill(-Infinity);
  }

  /** `values` are whole rows, beginning with `firstRow`. */
  add(values: FloatArray, firstRow: number): void {
    if (values instanceof Float64Array) {
      rangesOfDoubles(values, this.rows, firstRow, this.#low, this.#high);
    } else if (!this.kernels?.ranges(values, this.rows, firstRow, this.#lowBits, this.#highBits)) {
      const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
      if (this.rows.length === 1) {
        rangesOfScatteredBits(bits, this.rows, firstRow, this.#lowBits, this.#highBits);
      } else rangesOfBits(bits, this.rows, firstRow, this.#lowBits, this.#highBits);
    }
  }

  finish(): ChannelRanges {
    const { channels } = this.rows;
    const isFaulty = new Uint8Array(channels);
    for (let c = 0; c < channels; c++) {
      const low = this.#lowBits[c]!;
      const high = this.#highBits[c]!;
      if (low <= high) {
        this.#low[c] = floatOf(low);
        this.#high[c] = floatOf(high);
        if (low <= minusInfinity || high >= plusInfinity) isFaulty[c] = 1;
      } else if (!(this.#high[c]! - this.#low[c]! < Infinity)) isFaulty[c] = 1;
    }
    return { min: this.#low, max: this.#high, isFaulty };
  }
}

function rangesOfBits(
  bits: Int32Array,
  rows: ChannelRows,
  firstRow: number,
  low: Int32Array,
  high: Int32Array,
): void {
  for (let at = 0, row = firstRow; at < bits.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end && at < bits.length; c++) {
      let min = low[c]!;
      let max = high[c]!;
      for (const end = at + rows.length; at < end; at++) {
        const b = bits[at]!;
        const key = b ^ ((b >> 31) & 0x7fffffff);
        if (key < min) min = key;
        if (key > max) max = key;
      }
      low[c] = min;
      high[c] = max;
    }
  }
}

/** The same for rows of one element: MatMul, pointwise ConvTranspose. */
function rangesOfScatteredBits(
  bits: Int32Array,
  rows: ChannelRows,
  firstRow: number,
  low: Int32Array,
  high: Int32Array,
): void {
  for (let at = 0, row = firstRow; at < bits.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    const end = Math.min(turn.end, turn.channel + bits.length - at);
    for (let c = turn.channel; c < end; c++, at++) {
      const b = bits[at]!;
      const key = b ^ ((b >> 31) & 0x7fffffff);
      if (key < low[c]!) low[c] = key;
      if (key > high[c]!) high[c] = key;
    }
  }
}

function rangesOfDoubles(
  values: Float64Array,
  rows: ChannelRows,
  firstRow: number,
  low: Float64Array,
  high: Float64Array,
): void {
  for (let at = 0, row = firstRow; at < values.length;) {
    const turn = turnAt(rows, row);
    row = turn.next;
    for (let c = turn.channel; c < turn.end && at < values.length; c++) {
      let min = low[c]!;
      let max = high[c]!;
      for (const end = at + rows.length; at < end; at++) {
        const v = values[at]!;
        if (v < min) min = v;
        if (v > max) max = v;
        if (v !== v) min = -Infinity;
      }
      low[c] = min;
      high[c] = max;
    }
  }
}

const scratch = new DataView(new ArrayBuffer(4));

/** The single-precision number of a key; -0 becomes 0. */
function floatOf(key: number): number {
  scratch.setInt32(0, key ^ ((key >> 31) & 0x7fffffff));
  return scratch.getFloat32(0) + 0;
}
