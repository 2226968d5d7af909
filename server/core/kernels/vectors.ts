import { largerOrNaN } from './absMax.ts';
import { ChannelRoom } from './channelRoom.ts';

/**
 * Arithmetic on arrays with one number a channel, by the kernels where there is room for it. What
 * is left for a loop is shared and small: then it is compiled once, soon, and without what is
 * around it.
 */

/** a[c] *= b[c]. */
export function multiplyBy(a: Float64Array, b: ArrayLike<number>): void {
  if (isPaired(a, b, 'multiply')) return;
  for (let c = 0; c < a.length; c++) a[c]! *= b[c]!;
}

/** a[c] /= b[c]. */
export function divideBy(a: Float64Array, b: ArrayLike<number>): void {
  if (isPaired(a, b, 'divide')) return;
  for (let c = 0; c < a.length; c++) a[c]! /= b[c]!;
}

/** a[c] += b[c] / divisor. */
export function addQuotient(a: Float64Array, b: ArrayLike<number>, divisor: number): void {
  const room = roomFor(a, b);
  if (room) {
    room.kernels.addQuotient(room.put(0, a), room.put(1, b), a.length, divisor);
    room.takeInto(0, a);
  } else for (let c = 0; c < a.length; c++) a[c]! += b[c]! / divisor;
}

/** a[c] -= b[c]. */
export function subtractFrom(a: Float64Array, b: ArrayLike<number>): void {
  if (isPaired(a, b, 'subtract')) return;
  for (let c = 0; c < a.length; c++) a[c]! -= b[c]!;
}

/** a[c] = min(a[c], b[at]) for each position and the channel that is there; absent: the same. */
export function lowerTo(a: Float64Array, b: Float64Array, channelAt?: Int32Array): void {
  if (!channelAt && isPaired(a, b, 'lower')) return;
  for (let at = 0; at < b.length; at++) {
    const c = channelAt ? channelAt[at]! : at;
    a[c] = Math.min(a[c]!, b[at]!);
  }
}

/** a[c] = max(a[c], b[c]); NaN where one is NaN. */
export function raiseTo(a: Float64Array, b: Float64Array): void {
  if (isPaired(a, b, 'raise')) return;
  for (let c = 0; c < a.length; c++) a[c] = largerOrNaN(a[c]!, b[c]!);
}

/** a[c] = 0 where marks[c] is 0. */
export function keepMarked(a: Float64Array, marks: Uint8Array): void {
  const room = roomFor(a, marks);
  const marksAt = room?.putMarks(marks);
  if (room && marksAt !== undefined) {
    room.kernels.keepMarked(room.put(0, a), marksAt, a.length);
    room.takeInto(0, a);
  } else for (let c = 0; c < a.length; c++) if (marks[c] === 0) a[c] = 0;
}

/** a[c] * b[c]. */
export function product(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a);
  multiplyBy(out, b);
  return out;
}

/** a[c] / b[c]. */
export function quotient(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const out = new Float64Array(a);
  divideBy(out, b);
  return out;
}

/** a[c] * factor. */
export function times(a: ArrayLike<number>, factor: number): Float64Array {
  const room = roomFor(a, a);
  if (room) {
    room.kernels.multiplyAll(room.put(0, a), a.length, factor);
    return room.take(0, a.length);
  }
  const out = new Float64Array(a.length);
  for (let c = 0; c < out.length; c++) out[c] = a[c]! * factor;
  return out;
}

/** shift[c] + scale[c] * a[c]. */
export function affine(a: Float64Array, scale: Float64Array, shift: Float64Array): Float64Array {
  const room = shift.length === a.length ? roomFor(a, scale) : undefined;
  if (room) {
    room.kernels.affine(room.put(0, a), room.put(1, shift), room.put(2, scale), a.length);
    return room.take(0, a.length);
  }
  const out = new Float64Array(a.length);
  for (let c = 0; c < out.length; c++) out[c] = shift[c]! + scale[c]! * a[c]!;
  return out;
}

/** How many are `value`. */
export function countEqual(a: ArrayLike<number>, value: number): number {
  const room = roomFor(a, a);
  if (room) return room.kernels.countEqual(room.put(0, a), a.length, value);
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
  if (a.length > 0 && a[0] !== value) return false;
  return countEqual(a, value) === a.length;
}

/** True where a[c] = b[c] for some c. */
export function meet(a: Float64Array, b: Float64Array): boolean {
  for (let c = 0; c < a.length; c++) if (a[c] === b[c]) return true;
  return false;
}

/** max |log a[c]|, of numbers above 0. */
export function largestLog(a: Float64Array): number {
  const [low, high] = extremes(a);
  return Math.max(Math.log(high), -Math.log(low));
}

/** The least and the greatest of 1 and all numbers. */
function extremes(a: Float64Array): readonly [low: number, high: number] {
  const room = roomFor(a, a);
  if (room) {
    room.kernels.extremes(room.put(0, a), a.length, room.at(1));
    return [room.get(1, 0), room.get(1, 1)];
  }
  let low = 1;
  let high = 1;
  for (let c = 0; c < a.length; c++) {
    if (a[c]! < low) low = a[c]!;
    if (a[c]! > high) high = a[c]!;
  }
  return [low, high];
}

/** Changes `a` by a kernel, where there is room. */
function isPaired(a: Float64Array, b: ArrayLike<number>, kernel: PairKernel): boolean {
  const room = roomFor(a, b);
  if (!room) return false;
  room.kernels[kernel](room.put(0, a), room.put(1, b), a.length);
  room.takeInto(0, a);
  return true;
}

type PairKernel = 'multiply' | 'divide' | 'subtract' | 'lower' | 'raise';

const roomFor = (a: ArrayLike<number>, b: ArrayLike<number>): ChannelRoom | undefined =>
  a.length === b.length ? ChannelRoom.for(a.length) : undefined;
