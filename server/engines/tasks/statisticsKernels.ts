import { statisticsWasm } from './statisticsWasm.ts';

/** What this needs of WebAssembly; the libraries of the type checker have it only for pages. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  totals(at: number, count: number, out: number): void;
  count(
    at: number,
    count: number,
    inverse: number,
    first: number,
    table: number,
    bins: number,
  ): void;
  difference(reference: number, actual: number, count: number, out: number): void;
}

/** Singles that are taken at a time: they stay near the processor for both kernels. */
export const kernelSingles = 16384;
const bins = 2048;
const tableBytes = 2 * bins * 4;
const pageBytes = 65536;
const outAt = 1024;
const singlesAt = 2048;
const othersAt = singlesAt + kernelSingles * 4;
const tablesAt = othersAt + kernelSingles * 4;
/** Doubles that a kernel gives back at most. */
const outDoubles = 6;

/** Counts of one histogram, in the memory of the kernels. */
export type Table = number;

/**
 * SIMD loops over singles, in a memory of their own. They give the bits that the plain loops of
 * core/ranges give; on x86 they take half the time.
 */
export class StatisticsKernels {
  readonly #exports: Exports;
  #singles = new Float32Array();
  #others = new Float32Array();
  #out = new Float64Array();
  #tables = 0;

  private constructor(exports: Exports) {
    this.#exports = exports;
    this.#reserve(tablesAt);
  }

  /** Undefined where the processor lacks SIMD. */
  static create(): StatisticsKernels | undefined {
    try {
      const { Module, Instance } = WebAssembly;
      const { exports } = new Instance(new Module(Buffer.from(statisticsWasm, 'base64')));
      return new StatisticsKernels(exports as Exports);
    } catch {
      return undefined;
    }
  }

  /** Takes up to `kernelSingles` of the values, for what follows. */
  load(values: Float32Array, from: number, to: number): void {
    this.#singles.set(values.subarray(from, to));
  }

  /** As many of other values, to compare with those. */
  loadOthers(values: Float32Array, from: number, to: number): void {
    this.#others.set(values.subarray(from, to));
  }

  /**
   * Sums of r^2, a^2, r*a, e^2 and e, and the largest |e|, of loaded r and others a, e = a - r. Not
   * finite where one of them is not. Read them before the next call.
   */
  difference(from: number, to: number): Float64Array {
    this.#exports.difference(singlesAt + 4 * from, othersAt + 4 * from, to - from, outAt);
    return this.#out;
  }

  /** Adds minimum, maximum, sum and sum of squares of the first `count` loaded to `out`. */
  totals(count: number, out: Float64Array): void {
    this.#out.set(out);
    this.#exports.totals(singlesAt, count, outAt);
    out.set(this.#out.subarray(0, out.length));
  }

  /** Counts floor(v * inverse) - first, each of which is a bin, of the first `count` loaded. */
  count(count: number, inverse: number, first: number, table: Table): void {
    this.#exports.count(singlesAt, count, inverse, first, table, bins);
  }

  /** A table of 0. */
  newTable(): Table {
    const table = tablesAt + this.#tables++ * tableBytes;
    this.#reserve(table + tableBytes);
    return table;
  }

  /** What was counted, all of it; then the table is 0 again. */
  take(table: Table): Float64Array {
    const counts = new Uint32Array(this.#exports.memory.buffer, table, 2 * bins);
    const sums = new Float64Array(bins);
    for (let i = 0; i < bins; i++) sums[i] = counts[i]! + counts[i + bins]!;
    counts.fill(0);
    return sums;
  }

  #reserve(bytes: number): void {
    const { memory } = this.#exports;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    const { buffer } = memory;
    this.#singles = new Float32Array(buffer, singlesAt, kernelSingles);
    this.#others = new Float32Array(buffer, othersAt, kernelSingles);
    this.#out = new Float64Array(buffer, outAt, outDoubles);
  }
}
