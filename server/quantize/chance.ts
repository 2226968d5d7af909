import type { Accuracy } from './scores.ts';
import { nounText } from '../core/reports/words.ts';

/** Fewer samples than this cannot tell a weak network from one that guesses. */
const leastSamples = 20;
/** A network that guesses gets as many right as this one more seldom than that: it does not guess. */
const mostSeldom = 0.01;

/**
 * What to say of a float network that does no better than guessing among its classes (exact binomial
 * test, one-sided); undefined where it does, or where the samples are too few to say.
 */
export function floatAtChance(
  { isRight }: Accuracy,
  classes: number | undefined,
): string | undefined {
  const count = isRight.length;
  if (classes === undefined || classes < 2 || count < leastSamples) return undefined;
  const right = isRight.filter(Boolean).length;
  if (chanceOf(right, count, 1 / classes) < mostSeldom) return undefined;
  return `Float itself is at chance: it is right on ${right} of ${nounText(count, 'sample')}, and guessing among ${classes} classes is on about ${(count / classes).toFixed(count < 10 * classes ? 1 : 0)}.`;
}

/**
 * Whether a float network is so often right that its inputs must be what it was trained on: more
 * than half of the way from guessing to always. Few samples say nothing.
 */
export function isFarAboveChance(
  { top1, isRight }: Pick<Accuracy, 'top1' | 'isRight'>,
  classes: number | undefined,
): boolean {
  if (classes === undefined || classes < 2 || isRight.length < leastSamples) return false;
  return top1 > (1 + 1 / classes) / 2;
}

/** The chance that at least `right` of `count` guesses are right, each with the chance `share`. */
export function chanceOf(right: number, count: number, share: number): number {
  let below = 0;
  let logChoose = 0;
  for (let i = 0; i < right; i++) {
    if (i > 0) logChoose += Math.log((count - i + 1) / i);
    below += Math.exp(logChoose + i * Math.log(share) + (count - i) * Math.log(1 - share));
  }
  return Math.max(0, 1 - below);
}
