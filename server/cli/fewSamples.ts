import type { Accuracy } from '../quantize/scores.ts';
import { counted, percent } from './text.ts';
import type { Workplace } from './workplace.ts';

/** Says so where the samples are too few for the difference to mean anything. */
export function warnOfFewJudges(
  place: Workplace,
  count: number,
  accuracy: Accuracy | undefined,
): void {
  if (count >= 100 || (count >= 30 && !accuracy)) return;
  const message = accuracy
    ? `${counted(count, 'sample decides', 'samples decide')} top-1 to within ${percent(1.96 * Math.sqrt(0.25 / Math.max(1, count)))} at best.`
    : `${counted(count, 'sample says', 'samples say')} little about the output error of others.`;
  place.issues.push({ code: 'few-samples', severity: 'warning', message });
}
