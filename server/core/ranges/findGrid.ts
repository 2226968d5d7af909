import { encodingOf, type Encoding, type GridFormat } from '../quant/grid.ts';
import type { RangeMethod } from '../quant/targets.ts';
import { entropyRange } from './entropy.ts';
import { middleError, spreadError } from './histogramError.ts';
import { percentileRange } from './percentile.ts';
import { searchEnds } from './searchEnds.ts';
import type { Histogram, HistogramKind, ValueStatistics } from './statistics.ts';
import { tfEnhanced, tfEnhancedOfZeros } from './tfEnhanced.ts';

/** The histogram that a range finder needs; undefined: none. */
export function histogramOf(method: RangeMethod): HistogramKind | undefined {
  if (method === 'minmax' || method === 'percentile:100') return undefined;
  return method === 'tf_enhanced' || method === 'tf_enhanced_v1' ? method : 'dynamic';
}

/**
 * The grid for a value, found by a method from its statistics. Zero lies on it.
 *
 * - `minmax`: all values seen (algorithms: 6.3, 15.3).
 * - `sqnr`: the least expected squared error on our histogram, clipping included, values spread
 *   evenly over their bins, ends anywhere. Never a greater one than that of `minmax`.
 * - `mse`: as AIMET's (6.7): values in the middle of their bins, ends on bin edges. Of the pairs of
 *   edges not all are tried but those of ever finer grids around the best, a thousand times fewer.
 *   Differs from `sqnr` where a bin is not small against a step: above 10 bits, or with outliers.
 * - `percentile:P` and `entropy`: 6.6 and 6.7, on our histogram. Where entropy says nothing (see
 *   `entropyRange`), `minmax`.
 * - `tf_enhanced`, `tf_enhanced_v1`: 15.4 and 6.5. AIMET knows no powers of two: there the scale is
 *   rounded up at the end.
 *
 * Where nothing finite was seen (count 0), the grid is that of zeros. Throws where the statistics
 * lack the histogram that the method needs.
 */
export function findGrid(
  statistics: ValueStatistics,
  method: RangeMethod,
  format: GridFormat,
): Encoding {
  const kind = histogramOf(method);
  if (statistics.count === 0) return encodingOf(0, 0, format);
  const { min, max } = statistics;
  if (kind === undefined) return encodingOf(min, max, format);
  if (kind !== 'dynamic') return rounded(aimetGrid(statistics, kind, format), format);
  const histogram = histogramFor(statistics, kind);
  switch (method) {
    case 'sqnr':
      return searchEnds(min, max, format, spreadError(histogram, statistics));
    case 'mse': {
      const { start, width, counts } = histogram;
      const end = start + (1 + counts.findLastIndex((count) => count > 0)) * width;
      const snap = (x: number): number => Math.round(x / width) * width;
      return searchEnds(Math.min(0, start), Math.max(0, end), format, middleError(histogram), snap);
    }
    case 'entropy':
      return encodingOf(...(entropyRange(histogram, statistics, format) ?? [min, max]), format);
    default:
      return encodingOf(...percentileRange(histogram, statistics, percentOf(method)), format);
  }
}

/** The P of `percentile:P`. */
export function percentOf(method: RangeMethod): number {
  const [, percent] = /^percentile:(.+)$/.exec(method) ?? [];
  if (percent === undefined) throw new RangeError(`${method} is not a percentile`);
  return Number(percent);
}

function aimetGrid(
  statistics: ValueStatistics,
  kind: 'tf_enhanced' | 'tf_enhanced_v1',
  format: GridFormat,
): Encoding {
  if (statistics.min === 0 && statistics.max === 0) return tfEnhancedOfZeros(format);
  return tfEnhanced(histogramFor(statistics, kind), format, kind === 'tf_enhanced');
}

function histogramFor(
  { histogram, histogramKind }: ValueStatistics,
  kind: HistogramKind,
): Histogram {
  if (histogram && histogramKind === kind) return histogram;
  throw new Error(`the statistics have no ${kind} histogram`);
}

function rounded(grid: Encoding, format: GridFormat): Encoding {
  return format.isPowerOfTwo ? encodingOf(grid.min, grid.max, format) : grid;
}
