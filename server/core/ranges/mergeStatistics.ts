import { ChannelTotals } from './channelTotals.ts';
import { DynamicHistogram } from './dynamicHistogram.ts';
import type { ChannelStatistics, ValueStatistics } from './statistics.ts';
import { addTotals, noTotals } from './totals.ts';

/**
 * The statistics of two sets of samples together, as if one collector had seen both (sums may
 * differ in their last digits). Throws for two of AIMET's histograms, which only adding in order
 * gives, for different kinds, and for different numbers of channels.
 */
export function mergeStatistics(a: ValueStatistics, b: ValueStatistics): ValueStatistics {
  const totals = noTotals();
  addTotals(totals, a);
  addTotals(totals, b);
  const channels = mergeChannels(a.channels, b.channels);
  return { ...totals, ...mergeHistograms(a, b), ...(channels ? { channels } : {}) };
}

function mergeHistograms(
  a: ValueStatistics,
  b: ValueStatistics,
): Pick<ValueStatistics, 'histogram' | 'histogramKind'> {
  const [one] = [a, b].filter(({ histogram }) => histogram);
  if (!one?.histogram || !one.histogramKind) return {};
  const { histogram, histogramKind } = one;
  const other = one === a ? b : a;
  if (other.count === 0) return { histogram, histogramKind };
  if (histogramKind !== 'dynamic' || !other.histogram || other.histogramKind !== histogramKind) {
    const kinds = [a, b].map((statistics) => statistics.histogramKind ?? 'no histogram');
    throw new Error(`${kinds.join(' and ')} cannot be merged`);
  }
  const merged = new DynamicHistogram();
  for (const part of [one, other]) {
    if (part.histogram) merged.merge(part.histogram, part.min, part.max);
  }
  const result = merged.result();
  return result ? { histogram: result, histogramKind } : {};
}

function mergeChannels(
  a: ChannelStatistics | undefined,
  b: ChannelStatistics | undefined,
): ChannelStatistics | undefined {
  if (!a || !b) return a ?? b;
  if (a.count.length !== b.count.length) {
    throw new Error(`${a.count.length} and ${b.count.length} channels cannot be merged`);
  }
  const merged = new ChannelTotals(a.count.length);
  merged.merge(a);
  merged.merge(b);
  return merged.result();
}
