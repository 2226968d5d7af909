import type { FloatArray } from '../graph/tensor.ts';

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
  const totals = noTotals();
  if (values instanceof Float32Array) addSingles(values, totals);
  // the sum of finite singles is finite, whatever their number
  if (!(values instanceof Float32Array) || totals.sum - totals.sum !== 0)
    addCarefully(values, totals);
  // a range that is zero is 0, not -0
  totals.min += 0;
  totals.max += 0;
  return totals;
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

/** Two sums each, so that an addition need not wait for the one before. */
function addSingles(values: Float32Array, totals: Totals): void {
  let low = Infinity;
  let high = -Infinity;
  let low1 = Infinity;
  let high1 = -Infinity;
  let sum = 0;
  let sum1 = 0;
  let squares = 0;
  let squares1 = 0;
  let i = 0;
  for (const last = values.length - 1; i < last; i += 2) {
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
  if (i < values.length) {
    const v = values[i]!;
    if (v < low) low = v;
    if (v > high) high = v;
    sum += v;
    squares += v * v;
  }
  totals.count = values.length;
  totals.min = Math.min(low, low1);
  totals.max = Math.max(high, high1);
  totals.sum = sum + sum1;
  totals.sumSquares = squares + squares1;
}

/** From the beginning again, looking at each value. */
function addCarefully(values: FloatArray, totals: Totals): void {
  Object.assign(totals, noTotals());
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
}
