/**
 * Arithmetic on arrays with one number a channel. A process runs each loop for the first time, so
 * loops are shared and small: then they are compiled once, soon, and without what is around them.
 */

/** a[c] *= b[c]. */
export function multiplyBy(a: Float64Array, b: ArrayLike<number>): void {
  for (let c = 0; c < a.length; c++) a[c]! *= b[c]!;
}

/** a[c] /= b[c]. */
export function divideBy(a: Float64Array, b: ArrayLike<number>): void {
  for (let c = 0; c < a.length; c++) a[c]! /= b[c]!;
}

/** a[c] += b[c] / divisor. */
export function addQuotient(a: Float64Array, b: ArrayLike<number>, divisor: number): void {
  for (let c = 0; c < a.length; c++) a[c]! += b[c]! / divisor;
}

/** a[c] -= b[c]. */
export function subtractFrom(a: Float64Array, b: ArrayLike<number>): void {
  for (let c = 0; c < a.length; c++) a[c]! -= b[c]!;
}

/** a[c] = min(a[c], b[at]) for each position and the channel that is there; absent: the same. */
export function lowerTo(a: Float64Array, b: Float64Array, channelAt?: Int32Array): void {
  for (let at = 0; at < b.length; at++) {
    const c = channelAt ? channelAt[at]! : at;
    a[c] = Math.min(a[c]!, b[at]!);
  }
}

/** a[c] * b[c]. */
export function product(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a.length);
  for (let c = 0; c < out.length; c++) out[c] = a[c]! * b[c]!;
  return out;
}

/** a[c] / b[c]. */
export function quotient(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a.length);
  for (let c = 0; c < out.length; c++) out[c] = a[c]! / b[c]!;
  return out;
}

/** a[c] * factor. */
export function times(a: ArrayLike<number>, factor: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let c = 0; c < out.length; c++) out[c] = a[c]! * factor;
  return out;
}

/** How many are `value`. */
export function countEqual(a: ArrayLike<number>, value: number): number {
  let count = 0;
  for (let c = 0; c < a.length; c++) if (a[c] === value) count++;
  return count;
}

/** Where a[c] is not `value`, in order. */
export function positionsOtherThan(value: number, a: ArrayLike<number>): number[] {
  const found: number[] = [];
  for (let c = 0; c < a.length; c++) if (a[c] !== value) found.push(c);
  return found;
}

/** True where all are `value`. */
export function areAll(a: ArrayLike<number>, value: number): boolean {
  for (let c = 0; c < a.length; c++) if (a[c] !== value) return false;
  return true;
}

/** True where a[c] = b[c] for some c. */
export function meet(a: Float64Array, b: Float64Array): boolean {
  for (let c = 0; c < a.length; c++) if (a[c] === b[c]) return true;
  return false;
}

/** max |log a[c]|, of numbers above 0. */
export function largestLog(a: Float64Array): number {
  let low = 1;
  let high = 1;
  for (let c = 0; c < a.length; c++) {
    if (a[c]! < low) low = a[c]!;
    if (a[c]! > high) high = a[c]!;
  }
  return Math.max(Math.log(high), -Math.log(low));
}
