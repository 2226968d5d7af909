import type { FloatArray } from '../graph/tensor.ts';
import { inParts } from './inParts.ts';
import type { Histogram } from './statistics.ts';

/** Bins of our own histogram. */
const dynamicBins = 2048;

/** The smallest exponent of a bin's width: the smallest single above 0. */
const leastExponent = -149;

/** Bins are not narrower than this part of the largest value, so that their numbers are exact. */
const finest = 2 ** -40;

/**
 * A histogram whose bins widen when values fall outside. Their width is a power of two and zero is
 * an edge, so two bins become one exactly; the width is the smallest with which all values seen
 * fit into 2,048 bins. The counts are therefore those that a single pass with the final bins would
 * give: the order of the values does not matter, and merging is adding.
 */
export class DynamicHistogram {
  #counts: Float64Array = new Float64Array(dynamicBins);
  #exponent = leastExponent;
  /** The lower edge of the first bin, in widths. */
  #first = 0;
  #low = Infinity;
  #high = -Infinity;

  /** `min` and `max` are those of the finite values; `isFinite`: there are no others. */
  add(values: FloatArray, min: number, max: number, isFinite: boolean): void {
    if (!(min <= max)) return;
    this.#widen(min, max);
    const inverse = 2 ** -this.#exponent;
    const first = this.#first;
    seen.fill(0);
    if (isFinite && values instanceof Float32Array) {
      inParts(values.length, (from, to) => countSingles(values, from, to, inverse, first));
    } else countCarefully(values, inverse, first);
    const counts = this.#counts;
    for (let i = 0; i < dynamicBins; i++) counts[i]! += seen[i]! + seen[i + dynamicBins]!;
  }

  /** Adds the counts of another histogram of this kind, whose values range from `min` to `max`. */
  merge({ start, width, counts }: Histogram, min: number, max: number): void {
    if (!(min <= max)) return;
    this.#widen(min, max);
    const own = 2 ** this.#exponent;
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      const bin = Math.floor((start / width + i) * (width / own)) - this.#first;
      this.#counts[bin]! += counts[i]!;
    }
  }

  /** Undefined before anything was added. The first bin is that of the smallest value. */
  result(): Histogram | undefined {
    if (!(this.#low <= this.#high)) return undefined;
    const width = 2 ** this.#exponent;
    return { start: this.#first * width, width, counts: this.#counts.slice() };
  }

  /** Makes room for values from `min` to `max`. */
  #widen(min: number, max: number): void {
    if (min >= this.#low && max <= this.#high) return;
    const isEmpty = !(this.#low <= this.#high);
    this.#low = Math.min(this.#low, min);
    this.#high = Math.max(this.#high, max);
    const exponent = exponentFor(this.#low, this.#high);
    const first = Math.floor(this.#low * 2 ** -exponent);
    if (!isEmpty) this.#counts = this.#rebinned(2 ** (this.#exponent - exponent), first);
    this.#exponent = exponent;
    this.#first = first;
  }

  /** `ratio`: the width so far in new widths, a power of two. */
  #rebinned(ratio: number, first: number): Float64Array {
    const counts = new Float64Array(dynamicBins);
    for (let i = 0; i < dynamicBins; i++) {
      const count = this.#counts[i]!;
      if (count > 0) counts[Math.floor((this.#first + i) * ratio) - first]! += count;
    }
    return counts;
  }
}

/** The smallest exponent with which the range fits. It grows with the range. */
function exponentFor(low: number, high: number): number {
  const largest = Math.max(-low, high);
  if (largest === 0) return leastExponent;
  const span = Math.max(high / dynamicBins - low / dynamicBins, largest * finest);
  let exponent = Math.max(leastExponent, Math.floor(Math.log2(span)) - 1);
  while (!fits(low, high, largest, exponent)) exponent++;
  return exponent;
}

function fits(low: number, high: number, largest: number, exponent: number): boolean {
  const inverse = 2 ** -exponent;
  return (
    largest * finest * inverse <= 1 &&
    Math.floor(high * inverse) - Math.floor(low * inverse) < dynamicBins
  );
}

/** Two counts of each bin for one array, so that equal neighbours do not wait for one another. */
const seen = new Uint32Array(2 * dynamicBins);

function countSingles(
  values: Float32Array,
  from: number,
  to: number,
  inverse: number,
  first: number,
): void {
  let i = from;
  for (; i + 1 < to; i += 2) {
    const bin = (Math.floor(values[i]! * inverse) - first) | 0;
    const bin1 = ((Math.floor(values[i + 1]! * inverse) - first) | 0) + dynamicBins;
    seen[bin] = seen[bin]! + 1;
    seen[bin1] = seen[bin1]! + 1;
  }
  for (; i < to; i++) {
    const bin = (Math.floor(values[i]! * inverse) - first) | 0;
    seen[bin] = seen[bin]! + 1;
  }
}

/** The same for values of which some are not finite, and for doubles. */
function countCarefully(values: FloatArray, inverse: number, first: number): void {
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v - v !== 0) continue;
    const bin = (Math.floor(v * inverse) - first) | 0;
    seen[bin] = seen[bin]! + 1;
  }
}
