import { floatAtChance, isFarAboveChance } from '../quantize/chance.ts';
import type { Accuracy } from '../quantize/scores.ts';
import { counted } from './text.ts';
import type { Workplace } from './workplace.ts';

/**
 * Says so where the float network does not work on the samples: they say nothing of rounding then.
 * Where it plainly does, it says nothing of how samples could become inputs either.
 */
export function warnOfChance(
  place: Workplace,
  accuracy: Accuracy | undefined,
  classes: number | undefined,
): void {
  if (accuracy && isFarAboveChance(accuracy, classes)) {
    const at = place.issues.findIndex(({ code }) => code === 'raw-bytes');
    if (at >= 0) place.issues.splice(at, 1);
  }
  const message = accuracy && floatAtChance(accuracy, classes);
  if (message === undefined) return;
  place.issues.push({
    code: 'float-at-chance',
    severity: 'warning',
    message: `${message} Check how samples become inputs (--preprocess: scale, mean, order of channels), and the order of the labels.`,
  });
}

/** Says so where the samples are too few for the difference to mean anything. */
export function warnOfFewJudges(
  place: Workplace,
  count: number,
  accuracy: Accuracy | undefined,
): void {
  if (count >= 100 || (count >= 30 && !accuracy)) return;
  const message = accuracy
    ? `${counted(count, 'sample decides', 'samples decide')} top-1 to within ${(196 * Math.sqrt(0.25 / Math.max(1, count))).toFixed(1)} points at best.`
    : `${counted(count, 'sample says', 'samples say')} little about the output error of others.`;
  place.issues.push({ code: 'few-samples', severity: 'warning', message });
}
