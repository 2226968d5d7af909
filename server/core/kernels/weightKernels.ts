import { turnAt, type ChannelRows } from './channelRows.ts';
import {
  channelsAt,
  kernelModule,
  roomSingles,
  singlesAt,
  type KernelExports,
} from './kernelModule.ts';

/** Singles that are carried there and back at a time: 256 KB, which stay in a processor's cache. */
const carriedSingles = 2 ** 16;
/** Channels whose ranges there is room for. */
const roomChannels = 2 ** 16;
/** Singles that lie together and are worth a call. */
const leastTogether = 16;
const lowAt = channelsAt;
const highAt = lowAt + 4 * roomChannels;
/** What belongs to columns and to rows of a matrix lies where ranges do. */
const roomRows = 4096;
const byColumnAt = lowAt;
const byRowAt = singlesAt - 8 * roomRows;
const mostColumns = (byRowAt - byColumnAt) / 8;

/** Null: the processor lacks SIMD; undefined: nobody asked yet. */
let shared: WeightKernels | null | undefined;

/**
 * SIMD loops over weights, in a memory of their own. They give what the plain loops of statsRanges
 * give. A file can be read straight into their memory: weights are then looked at where they are.
 */
export class WeightKernels {
  readonly #exports: KernelExports;
  readonly #singles: Float32Array;
  readonly #low: Int32Array;
  readonly #high: Int32Array;

  private constructor(exports: KernelExports) {
    this.#exports = exports;
    const { buffer } = exports.memory;
    this.#singles = new Float32Array(buffer, singlesAt, roomSingles);
    this.#low = new Int32Array(buffer, lowAt, roomChannels);
    this.#high = new Int32Array(buffer, highAt, roomChannels);
  }

  /** The kernels of this process; null where the processor lacks SIMD. */
  static shared(): WeightKernels | null {
    if (shared === undefined) {
      const exports = kernelModule();
      shared = exports ? new WeightKernels(exports) : null;
    }
    return shared;
  }

  /** Memory for so many singles, which is anybody's again at the next call; undefined: too many. */
  room(count: number): Float32Array | undefined {
    return count <= roomSingles ? this.#singles.subarray(0, count) : undefined;
  }

  /**
   * Widens the ranges of the channels, as keys of singles in total order, by `values`: whole rows,
   * beginning with `firstRow`. False: too many channels, or too little at a time, for what it takes
   * to call a kernel; then nothing was done.
   */
  ranges(
    values: Float32Array,
    rows: ChannelRows,
    firstRow: number,
    low: Int32Array,
    high: Int32Array,
  ): boolean {
    if (rows.turn * rows.length < leastTogether) return false;
    const runs = [...runsOf(rows, firstRow, values.length)];
    const from = runs.reduce((least, { channel }) => Math.min(least, channel), Infinity);
    const to = runs.reduce((most, { channel, count }) => Math.max(most, channel + count), 0);
    if (to - from > roomChannels) return false;
    this.#low.set(low.subarray(from, to));
    this.#high.set(high.subarray(from, to));
    const isHere = values.buffer === this.#singles.buffer;
    for (const { at, count, channel } of runs) {
      if (isHere) this.#run(values.byteOffset + 4 * at, count, rows.length, channel - from);
      else this.#copied(values, at, count, rows.length, channel - from);
    }
    low.set(this.#low.subarray(0, to - from), from);
    high.set(this.#high.subarray(0, to - from), from);
    return true;
  }

  /**
   * `scaleRows`, with the same bits; each column has `taps` elements of a row. False: too many
   * columns, and nothing was done.
   */
  scale(
    out: Float32Array,
    w: Float32Array,
    group: number,
    length: number,
    taps: number,
    byRow: Float64Array,
    byColumn: Float64Array,
  ): boolean {
    if (!this.#putColumns(byColumn, taps) || length > roomSingles) return false;
    const rowFactors = this.#view(Float64Array, byRowAt, roomRows);
    for (const [first, count] of blocksOf(byRow.length, length)) {
      const from = first * length;
      const part = this.#singles.subarray(0, count * length);
      part.set(w.subarray(from, from + part.length));
      rowFactors.set(byRow.subarray(first, first + count));
      this.#exports.scaleRows(singlesAt, count, length, byRowAt, byColumnAt, first, group);
      out.set(part, from);
    }
    return true;
  }

  /** `maximaOfBits`. False: too many columns, and nothing was done. */
  maxima(
    w: Float32Array,
    group: number,
    length: number,
    row: Int32Array,
    column: Int32Array,
  ): boolean {
    if (column.length > mostColumns || length > roomSingles) return false;
    const rowTops = this.#view(Int32Array, byRowAt, roomRows);
    const columnTops = this.#view(Int32Array, byColumnAt, column.length);
    columnTops.set(column);
    for (const [first, count] of blocksOf(row.length, length)) {
      const from = first * length;
      this.#singles.set(w.subarray(from, from + count * length));
      rowTops.set(row.subarray(first, first + count));
      this.#exports.rowAndColumnMaxima(singlesAt, count, length, byRowAt, byColumnAt, first, group);
      row.set(rowTops.subarray(0, count), first);
    }
    column.set(columnTops);
    return true;
  }

  /** `raiseRows`, with the same bits; `taps` as above. False: as above. */
  raise(
    w: Float32Array,
    group: number,
    length: number,
    taps: number,
    byColumn: Float64Array,
    top: Float64Array,
  ): boolean {
    if (!this.#putColumns(byColumn, taps) || length > roomSingles) return false;
    const tops = this.#view(Float64Array, byRowAt, roomRows);
    for (const [first, count] of blocksOf(top.length, length)) {
      this.#take(w, first * length, count * length);
      tops.set(top.subarray(first, first + count));
      this.#exports.raiseRows(singlesAt, count, length, byRowAt, byColumnAt, first, group);
      top.set(tops.subarray(0, count), first);
    }
    return true;
  }

  /**
   * `weightedSums` of rows of outputs, `length` runs of `taps` each, with the same bits. False: too
   * many columns, and nothing was done.
   */
  sums(
    w: Float32Array,
    group: number,
    length: number,
    taps: number,
    byColumn: Float64Array,
    out: Float64Array,
  ): boolean {
    if (byColumn.length > mostColumns || length * taps > roomSingles) return false;
    const found = this.#view(Float64Array, byRowAt, roomRows);
    this.#view(Float64Array, byColumnAt, byColumn.length).set(byColumn);
    for (const [first, count] of blocksOf(out.length, length * taps)) {
      this.#take(w, first * length * taps, count * length * taps);
      this.#exports.rowSums(singlesAt, count, length, taps, byRowAt, byColumnAt, first, group);
      out.set(found.subarray(0, count), first);
    }
    return true;
  }

  /** The largest bits without the sign of each run of `taps` singles. False: too long a run. */
  runTops(w: Float32Array, taps: number, tops: Int32Array): boolean {
    if (taps > roomSingles) return false;
    const found = this.#view(Int32Array, byRowAt, roomRows);
    for (const [first, count] of blocksOf(tops.length, taps)) {
      this.#take(w, first * taps, count * taps);
      this.#exports.runMaxima(singlesAt, count, taps, byRowAt);
      tops.set(found.subarray(0, count), first);
    }
    return true;
  }

  /** Whether no single is NaN or infinite. */
  areFinite(values: Float32Array): boolean {
    for (let at = 0; at < values.length; at += carriedSingles) {
      const count = Math.min(carriedSingles, values.length - at);
      this.#take(values, at, count);
      if (this.#exports.allFinite(singlesAt, count) === 0) return false;
    }
    return true;
  }

  /** Puts the factors of columns where kernels look for them, each `taps` times. */
  #putColumns(byColumn: Float64Array, taps: number): boolean {
    const { length } = byColumn;
    if (length * taps > mostColumns) return false;
    const at = taps === 1 ? byColumnAt : singlesAt;
    this.#view(Float64Array, at, length).set(byColumn);
    if (taps > 1) this.#exports.repeat(at, length, taps, byColumnAt);
    return true;
  }

  #take(from: Float32Array, at: number, count: number): void {
    this.#singles.set(from.subarray(at, at + count));
  }

  #view<T>(
    Made: new (buffer: ArrayBuffer, at: number, length: number) => T,
    at: number,
    length: number,
  ): T {
    return new Made(this.#exports.memory.buffer, at, length);
  }

  /** Rows of values that lie elsewhere, some at a time; a row that is too long in pieces. */
  #copied(values: Float32Array, at: number, count: number, length: number, channel: number): void {
    const most = Math.max(1, Math.floor(carriedSingles / length));
    for (let row = 0; row < count; row += most) {
      const some = Math.min(most, count - row);
      const begin = at + row * length;
      const end = begin + some * length;
      for (let piece = begin; piece < end; piece += roomSingles) {
        const part = values.subarray(piece, Math.min(end, piece + roomSingles));
        this.#singles.set(part);
        this.#run(singlesAt, some, part.length / some, channel + row);
      }
    }
  }

  #run(at: number, rows: number, length: number, channel: number): void {
    const [low, high] = [lowAt + 4 * channel, highAt + 4 * channel];
    if (length === 1) this.#exports.singleRanges(at, rows, low, high);
    else this.#exports.rowRanges(at, rows, length, low, high);
  }
}

/** So many rows at a time as are carried; at least one. */
function* blocksOf(rows: number, length: number): Generator<[first: number, count: number]> {
  const most = Math.max(1, Math.min(roomRows, Math.floor(carriedSingles / length)));
  for (let first = 0; first < rows; first += most) yield [first, Math.min(most, rows - first)];
}

/** Rows of consecutive channels that lie together. */
function* runsOf(
  rows: ChannelRows,
  firstRow: number,
  elements: number,
): Generator<{ readonly at: number; readonly count: number; readonly channel: number }> {
  const left = elements / rows.length;
  for (let row = firstRow; row < firstRow + left;) {
    const turn = turnAt(rows, row);
    const count = Math.min(turn.end - turn.channel, firstRow + left - row);
    yield { at: (row - firstRow) * rows.length, count, channel: turn.channel };
    row = turn.next;
  }
}
