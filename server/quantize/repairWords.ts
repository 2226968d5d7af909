import type { ContenderScores, Evaluation } from './evaluate.ts';
import { gainOf, metricText, valueOf, type JudgeMetric } from './judging.ts';

/** How two scores differ, for people. */
export function words(
  before: ContenderScores,
  after: ContenderScores,
  metric: JudgeMetric,
  together = '',
): string {
  const { noise, isReal } = gainOf(before, after, metric);
  const [was, is] = [before, after].map((scores) => metricText(valueOf(scores, metric), metric));
  const chance =
    noise > 0 && metric !== 'mse' && metric !== 'cosine'
      ? ` (chance: ±${metricText(noise, metric)})`
      : '';
  return `${metricName(metric)}${together}: ${was} → ${is}${chance}${isReal ? '' : ', no gain'}.`;
}

export function accuracyText(
  float: Evaluation['float'],
  before: ContenderScores,
  after: ContenderScores,
): string {
  if (!float.accuracy || !before.accuracy || !after.accuracy) return '';
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return `; top-1 ${percent(before.accuracy.top1)} → ${percent(after.accuracy.top1)} of ${percent(float.accuracy.top1)} in float`;
}

const names: Readonly<Record<JudgeMetric, string>> = {
  sqnr: 'Output SQNR',
  logits: 'SQNR before the last activation',
  top1: 'Top-1',
  top5: 'Top-5',
  mse: 'Mean squared error',
  cosine: 'Cosine',
};

/** The metric for people. */
export const metricName = (metric: JudgeMetric): string => names[metric];
