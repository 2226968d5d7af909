import type { LayerReport } from '../reports/weightReport.ts';

/**
 * How far a channel's largest weight stands above its RMS, before a grid for that channel spends
 * most of its levels on a few weights. A normal distribution of 1,000 weights has 3.3; twice as far
 * costs 6 dB. From 10 on an 8-bit grid keeps less than 33 dB, from 20 on less than 27 dB.
 */
export const peakLimits = { hurts: 20, watch: 10 } as const;

/**
 * Largest |w| over RMS of a layer's channels, weighed as rounding noise weighs them:
 * sqrt(sum over channels of n*max^2 / sum of w^2).
 */
export function peakOf({ statistics }: LayerReport): number {
  if (!statistics || statistics.sumSquares === 0) return 1;
  const perChannel = statistics.count / statistics.channelAbsMax.length;
  const tops = statistics.channelAbsMax.reduce((sum, top) => sum + top * top, 0);
  return Math.sqrt((perChannel * tops) / statistics.sumSquares);
}

/** True for a layer in which few weights set the scales. */
export const isOutlierHeavy = (report: LayerReport): boolean =>
  report.isMeasured && report.fault === undefined && peakOf(report) > peakLimits.watch;
