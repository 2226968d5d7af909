import type { Dimension } from './graph.ts';

/** Sizes of the axes of a value whose rank is known. */
export type Shape = readonly Dimension[];

/** A negative axis counts from the end. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The product of sizes; undefined where one is not a number (a single one is kept as it is). */
export function product(sizes: Shape): Dimension {
  let all = 1;
  for (const size of sizes) {
    if (typeof size !== 'number') return sizes.length === 1 ? size : undefined;
    all *= size;
  }
  return all;
}

/** Shape of two values broadcast together, as numpy does it. */
export function broadcast(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b) return undefined;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = axis < rank - a.length ? 1 : a[axis - rank + a.length];
    const y = axis < rank - b.length ? 1 : b[axis - rank + b.length];
    if (x === 1) return y;
    if (y === 1 || x === y) return x;
    return typeof x === 'number' ? x : typeof y === 'number' ? y : undefined;
  });
}

/** All of them, when every one is a number. */
export function numbers(sizes: readonly Dimension[] | undefined): readonly number[] | undefined {
  return sizes?.every((size) => typeof size === 'number') ? sizes : undefined;
}
