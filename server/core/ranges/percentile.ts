import type { Histogram, ValueStatistics } from './statistics.ts';

/**
 * The range without the outer 100 - `percent` percent of the values at each end, on bin edges
 * (algorithms: section 6.6): from the first bin up to which at least that part lies, to the end of
 * the last bin up to which less than `percent` lies. Where even the first bin holds that many, the
 * upper end stays. 100 percent is the whole range.
 */
export function percentileRange(
  { start, width, counts }: Histogram,
  { count, min, max }: Pick<ValueStatistics, 'count' | 'min' | 'max'>,
  percent: number,
): [low: number, high: number] {
  if (!(percent > 50 && percent <= 100)) {
    throw new RangeError(`a percentile is over 50 and at most 100, not ${percent}`);
  }
  if (percent === 100) return [min, max];
  const inside = (count * percent) / 100;
  let low = max;
  let high = max;
  let isLowKnown = false;
  for (let i = 0, below = 0; i < counts.length; i++) {
    below += counts[i]!;
    if (!isLowKnown && below >= count - inside) {
      low = Math.max(min, start + i * width);
      isLowKnown = true;
    }
    if (below >= inside) break;
    if (below > 0) high = Math.min(max, start + (i + 1) * width);
  }
  return [low, high > low ? high : Math.min(max, low + width)];
}
