import { DynamicHistogram } from '../../core/ranges/dynamicHistogram.ts';
import type { ValueStatistics } from '../../core/ranges/statistics.ts';
import { addTotals, noTotals, totalsOf, type Totals } from '../../core/ranges/totals.ts';
import { kernelSingles, type StatisticsKernels, type Table } from './statisticsKernels.ts';

/** Bins that are in force: those of values from `low` to `high` and no others. */
interface Bins {
  readonly low: number;
  readonly high: number;
  readonly width: number;
  readonly first: number;
}

/** More in a bin of the tables might not fit 32 bits. */
const tableLimit = 2 ** 31;

/**
 * What StatisticsCollector collects without channels, with or without the dynamic histogram, of
 * singles and by SIMD: the same to the last bit.
 */
export class SinglesCollector {
  readonly #totals = noTotals();
  readonly #histogram: DynamicHistogram | undefined;
  readonly #table: Table;
  #counted = 0;
  #bins: Bins | undefined;
  #low = Infinity;
  #high = -Infinity;

  constructor(
    private readonly kernels: StatisticsKernels,
    histogram: 'dynamic' | undefined,
  ) {
    this.#histogram = histogram && new DynamicHistogram();
    this.#table = histogram ? kernels.newTable() : 0;
  }

  add(values: Float32Array): void {
    out.set([Infinity, -Infinity, 0, 0]);
    let isFinite = true;
    for (let from = 0; from < values.length && isFinite; from += kernelSingles) {
      const to = Math.min(values.length, from + kernelSingles);
      this.kernels.load(values, from, to);
      part.set([Infinity, -Infinity, out[2]!, out[3]!]);
      this.kernels.totals(to - from, part);
      const [min = 0, max = 0, sum = 0, squares = 0] = part;
      isFinite = sum - sum === 0;
      if (isFinite) this.#count(values.subarray(from, to), min, max);
      out.set([Math.min(out[0]!, min), Math.max(out[1]!, max), sum, squares]);
      if (!isFinite) this.#addRest(values, from);
    }
    const [min = 0, max = 0, sum = 0, sumSquares = 0] = out;
    const totals: Totals = isFinite
      ? { count: values.length, notFinite: 0, min: min + 0, max: max + 0, sum, sumSquares }
      : totalsOf(values);
    addTotals(this.#totals, totals);
  }

  result(): ValueStatistics {
    this.#flush();
    const histogram = this.#histogram?.result();
    return {
      ...this.#totals,
      ...(histogram ? { histogram, histogramKind: 'dynamic' } : {}),
    };
  }

  /** A part with values that are not finite, and all after it. */
  #addRest(values: Float32Array, from: number): void {
    const rest = values.subarray(from);
    const { min, max } = totalsOf(rest);
    this.#widen(rest, min, max, false);
  }

  /** Counts the values that are loaded. */
  #count(values: Float32Array, min: number, max: number): void {
    if (!this.#histogram) return;
    const bins = this.#bins;
    if (!bins || min < bins.low || max > bins.high) {
      this.#widen(values, min, max, true);
      return;
    }
    if (this.#counted + values.length > tableLimit) this.#flush();
    this.kernels.count(values.length, 1 / bins.width, bins.first, this.#table);
    this.#counted += values.length;
  }

  /** Adds values that the bins in force do not hold; then others may be in force. */
  #widen(values: Float32Array, min: number, max: number, isFinite: boolean): void {
    const histogram = this.#histogram;
    if (!histogram || !(min <= max)) return;
    this.#flush();
    histogram.add(values, min, max, isFinite);
    this.#low = Math.min(this.#low, min);
    this.#high = Math.max(this.#high, max);
    const result = histogram.result();
    if (!result) return;
    const first = result.start / result.width;
    this.#bins = isExactInSingles(result.width, first)
      ? { low: this.#low, high: this.#high, width: result.width, first }
      : undefined;
  }

  #flush(): void {
    const bins = this.#bins;
    if (!bins || this.#counted === 0) return;
    const counts = this.kernels.take(this.#table);
    this.#counted = 0;
    const histogram = { start: bins.first * bins.width, width: bins.width, counts };
    this.#histogram?.merge(histogram, bins.low, bins.high);
  }
}

const out = new Float64Array(4);
const part = new Float64Array(4);

/** Whether v / width neither loses small values nor leaves the 32-bit integers. */
const isExactInSingles = (width: number, first: number): boolean =>
  width <= 1 && width >= 2 ** -126 && Math.abs(first) < 2 ** 30;
