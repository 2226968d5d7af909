import type { ObservedGrid } from '../../server/core/compare/gridFindings.ts';

/** A value of a quantized model with its grid, and what samples made of it in float: both from, to. */
export const observed = (
  value: string,
  grid: readonly [number, number],
  seen: readonly [number, number],
): ObservedGrid => ({
  value,
  grid: {
    tensor: value,
    type: 'uint8',
    scale: 0.1,
    zeroPoint: 0,
    count: 1,
    min: grid[0],
    max: grid[1],
  },
  seen: { min: seen[0], max: seen[1] },
});
