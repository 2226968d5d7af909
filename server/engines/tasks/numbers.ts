import type { EngineTensor } from '../engine.ts';

/** The elements of a value as something that can be computed with. */
export type Numbers = Exclude<EngineTensor['values'], BigInt64Array | BigUint64Array>;

/** The same elements; 64-bit integers as doubles, which is exact up to 2^53. */
export const asNumbers = (values: EngineTensor['values']): Numbers =>
  values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values as ArrayLike<bigint>, Number)
    : values;

/** How the elements of a value lie about one of its axes: `outer` times `channels` times `inner`. */
export interface Axis {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** The layout about an axis; a negative axis counts from the end. Undefined where there is none. */
export function axisOf(dims: readonly number[], axis: number): Axis | undefined {
  const at = axis < 0 ? axis + dims.length : axis;
  const channels = dims[at];
  if (channels === undefined) return undefined;
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  return { outer: product(dims.slice(0, at)), channels, inner: product(dims.slice(at + 1)) };
}

/** A value without channels: one channel that has everything. */
export const wholeAxis = (count: number): Axis => ({ outer: 1, channels: 1, inner: count });
