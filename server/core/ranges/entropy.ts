import type { GridFormat } from '../quant/grid.ts';
import type { Histogram, ValueStatistics } from './statistics.ts';

/**
 * The range in which the histogram, rounded to as many levels as the grid has, diverges least from
 * the histogram itself with everything outside put into its outer bins (Kullback and Leibler;
 * algorithms: section 6.7). The range shrinks by two bins a step, both ends towards zero.
 * Undefined where that says nothing: less than two bins for each level (so above 9 bits), or less
 * values than bins.
 */
export function entropyRange(
  histogram: Histogram,
  { count, min, max }: Pick<ValueStatistics, 'count' | 'min' | 'max'>,
  format: GridFormat,
): [low: number, high: number] | undefined {
  const { width } = histogram;
  const below = Math.max(0, -Math.floor(min / width));
  const above = Math.max(0, Math.floor(max / width) + 1);
  const levels = levelsOf(below > 0 && above > 0, min < 0, format);
  if (below + above < 2 * levels || count < below + above) return undefined;
  const sums = new BinSums(histogram);
  let best: [number, number] | undefined;
  let least = Infinity;
  for (let limit = Math.max(below, above); limit > 0; limit -= 2) {
    const from = -Math.min(below, limit);
    const to = Math.min(above, limit);
    if (to - from < levels || sums.count(from, to) === 0) break;
    const divergence = sums.divergence(from, to, levels);
    if (divergence >= least) continue;
    least = divergence;
    best = [Math.max(min, from * width), Math.min(max, to * width)];
  }
  return best;
}

/** Levels that values can go to: half of a signed symmetric grid where they have one sign. */
function levelsOf(isTwoSided: boolean, isNegative: boolean, format: GridFormat): number {
  const { bits, symmetry } = format;
  const all = 2 ** bits - 1;
  if (isTwoSided || symmetry === 'asymmetric') return all;
  return symmetry === 'unsigned' && !isNegative ? all : 2 ** (bits - 1) - 1;
}

/** Running sums over the bins, so that a range costs as many steps as it has levels. */
class BinSums {
  readonly #first: number;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #used: Float64Array;
  readonly #logs: Float64Array;

  constructor({ start, width, counts }: Histogram) {
    this.#first = start / width;
    this.#counts = counts;
    this.#sums = new Float64Array(counts.length + 1);
    this.#used = new Float64Array(counts.length + 1);
    this.#logs = new Float64Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) {
      const c = counts[i]!;
      this.#sums[i + 1] = this.#sums[i]! + c;
      this.#used[i + 1] = this.#used[i]! + (c > 0 ? 1 : 0);
      this.#logs[i + 1] = this.#logs[i]! + timesLog(c);
    }
  }

  /** Values in the bins from one edge to another; edges are numbered from zero. */
  count(from: number, to: number): number {
    return this.#between(this.#sums, from, to);
  }

  /**
   * Sum of p log(p / q): p has what lies outside in its outer bins, q gives each used bin of a
   * level the same part of the level. Infinity where q is 0 and p is not.
   */
  divergence(from: number, to: number, levels: number): number {
    const all = this.#sums.at(-1)!;
    const inside = this.count(from, to);
    const under = this.count(-Infinity, from);
    const over = this.count(to, Infinity);
    const first = this.count(from, from + 1);
    const last = this.count(to - 1, to);
    if ((under > 0 && first === 0) || (over > 0 && last === 0)) return Infinity;
    let sum = this.#between(this.#logs, from, to);
    sum += timesLog(first + under) - timesLog(first) + timesLog(last + over) - timesLog(last);
    for (let level = 0, a = from; level < levels; level++) {
      const b = from + Math.floor(((level + 1) * (to - from)) / levels);
      const values = this.count(a, b);
      if (values > 0) {
        const share = values / this.#between(this.#used, a, b);
        const more = (level === 0 ? under : 0) + (level === levels - 1 ? over : 0);
        sum -= (values + more) * Math.log(share);
      }
      a = b;
    }
    return sum / all + Math.log(inside / all);
  }

  #between(sums: Float64Array, from: number, to: number): number {
    return sums[this.#index(to)]! - sums[this.#index(from)]!;
  }

  #index(edge: number): number {
    return Math.min(Math.max(edge - this.#first, 0), this.#counts.length);
  }
}

const timesLog = (c: number): number => (c > 0 ? c * Math.log(c) : 0);
