import type { Encoding } from '../quant/grid.ts';
import type { Histogram, ValueStatistics } from './statistics.ts';

/** Adding and subtracting 1.5 * 2^52 rounds a double to an integer, halves to even. */
const magic = 6755399441055744;

/** A grid to judge: what clips and what rounds. */
export type ErrorOfGrid = (grid: Pick<Encoding, 'scale' | 'lowest' | 'highest'>) => number;

/**
 * The expected squared error of a grid, clipping included, where the values of a bin are spread
 * evenly over it (those of the outer bins up to the smallest and largest value seen): exact also
 * where a bin is wider than a step.
 *
 * The squared error of rounding to the grid 0, 1, 2 ... has the integral n/12 + (t - n)^3 / 3, with n
 * the level that t goes to, inside the grid and outside; so a bin's error is a difference of two
 * values at its edges, and neighbours share one.
 */
export function spreadError(
  { start, width, counts }: Histogram,
  { count, min, max }: Pick<ValueStatistics, 'count' | 'min' | 'max'>,
): ErrorOfGrid {
  const edges: number[] = [];
  const weights: number[] = [];
  const points: { value: number; count: number }[] = [];
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    const low = Math.max(min, start + i * width);
    const high = Math.min(max, start + (i + 1) * width);
    if (high <= low) {
      points.push({ value: low, count: counts[i]! });
      continue;
    }
    const density = counts[i]! / (high - low);
    if (edges.at(-1) === low) weights[weights.length - 1]! -= density;
    else {
      edges.push(low);
      weights.push(-density);
    }
    edges.push(high);
    weights.push(density);
  }
  const x = Float64Array.from(edges);
  const w = Float64Array.from(weights);
  const pointX = Float64Array.from(points, ({ value }) => value);
  const pointW = Float64Array.from(points, (point) => point.count);
  return (grid) => (integral(x, w, grid) + squares(pointX, pointW, grid)) / count;
}

/** The same with the values of a bin all in its middle. */
export function middleError({ start, width, counts }: Histogram): ErrorOfGrid {
  const used = [...counts.keys()].filter((i) => counts[i]! > 0);
  const x = Float64Array.from(used, (i) => start + (i + 0.5) * width);
  const w = Float64Array.from(used, (i) => counts[i]!);
  const count = w.reduce((a, b) => a + b, 0);
  return (grid) => squares(x, w, grid) / count;
}

function integral(
  edges: Float64Array,
  weights: Float64Array,
  { scale, lowest, highest }: Parameters<ErrorOfGrid>[0],
): number {
  const inverse = 1 / scale;
  let sum = 0;
  for (let i = 0; i < edges.length; i++) {
    const t = edges[i]! * inverse;
    let n = t + magic - magic;
    if (n < lowest) n = lowest;
    else if (n > highest) n = highest;
    const rest = t - n;
    sum += weights[i]! * (n / 12 + (rest * rest * rest) / 3);
  }
  return sum * scale ** 3;
}

/** The sum of squared errors of values that occur so many times each. */
function squares(
  values: Float64Array,
  times: Float64Array,
  { scale, lowest, highest }: Parameters<ErrorOfGrid>[0],
): number {
  const inverse = 1 / scale;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const t = values[i]! * inverse;
    let n = t + magic - magic;
    if (n < lowest) n = lowest;
    else if (n > highest) n = highest;
    sum += times[i]! * (t - n) * (t - n);
  }
  return sum * scale * scale;
}
