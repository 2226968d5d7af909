import type { FloatArray } from '../graph/tensor.ts';
import { inParts } from './inParts.ts';

/** Count, range and sums of values; what is not finite is counted and otherwise left out. */
export interface Totals {
  count: number;
  notFinite: number;
  min: number;
  max: number;
  sum: number;
  sumSquares: number;
}

/** Of nothing yet. */
export const noTotals = (): Totals => ({
  count: 0,
  notFinite: 0,
  min: Infinity,
  max: -Infinity,
  sum: 0,
  sumSquares: 0,
});

/** Totals of one array, sums in double. */
export function totalsOf(values: FloatArray): Totals {
  if (values instanceof Float32Array) {
    sums.set([Infinity, -Infinity, 0, 0]);
    inParts(values.length, (from, to) => sumSingles(values, from, to, sums));
    const [min = 0, max = 0, sum = 0, sumSquares = 0] = sums;
    // the sum of finite singles is finite, whatever their number; + 0: a range never ends at -0
    if (sum - sum === 0) {
      return { count: values.length, notFinite: 0, min: min + 0, max: max + 0, sum, sumSquares };
    }
  }
  return carefulTotals(values);
}

/** Adds the second to the first. */
export function addTotals(to: Totals, more: Totals): void {
  to.count += more.count;
  to.notFinite += more.notFinite;
  if (more.min < to.min) to.min = more.min;
  if (more.max > to.max) to.max = more.max;
  to.sum += more.sum;
  to.sumSquares += more.sumSquares;
}

/** Minimum, maximum, sum and sum of squares: numbers in an array are never boxed. */
const sums = new Float64Array(4);

/** Two of each, so that an operation need not wait for the one before. */
function sumSingles(values: Float32Array, from: number, to: number, out: Float64Array): void {
  let low = out[0]!;
  let high = out[1]!;
  let low1 = low;
  let high1 = high;
  let sum = 0;
  let sum1 = 0;
  let squares = 0;
  let squares1 = 0;
  let i = from;
  for (; i + 1 < to; i += 2) {
    const v = values[i]!;
    const v1 = values[i + 1]!;
    if (v < low) low = v;
    if (v > high) high = v;
    if (v1 < low1) low1 = v1;
    if (v1 > high1) high1 = v1;
    sum += v;
    sum1 += v1;
    squares += v * v;
    squares1 += v1 * v1;
  }
  for (; i < to; i++) {
    const v = values[i]!;
    if (v < low) low = v;
    if (v > high) high = v;
    sum += v;
    squares += v * v;
  }
  out[0] = low < low1 ? low : low1;
  out[1] = high > high1 ? high : high1;
  out[2] = out[2]! + (sum + sum1);
  out[3] = out[3]! + (squares + squares1);
}

/** Looking at each value. */
function carefulTotals(values: FloatArray): Totals {
  const totals = noTotals();
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v - v !== 0) {
      totals.notFinite++;
      continue;
    }
    if (v < totals.min) totals.min = v;
    if (v > totals.max) totals.max = v;
    totals.sum += v;
    totals.sumSquares += v * v;
  }
  totals.count = values.length - totals.notFinite;
  totals.min += 0;
  totals.max += 0;
  return totals;
}
