import type { FoldApplied } from '../../core/passes/foldBatchNorm.ts';
import type { StepOutcome } from '../../steps.ts';
import type { Answer } from '../envelope.ts';
import type { Workplace } from '../workplace.ts';
import { runAndSave, type Wish } from './steps.ts';

/** `rangefinder fold`: batch-norm folding. */
export function fold(place: Workplace): Promise<Answer> {
  return runAndSave(place, [foldWish(place)], ([outcome]) => {
    const applied = (outcome?.applied ?? []) as readonly FoldApplied[];
    const folded = applied.filter((one) => one.direction !== 'standalone').length;
    const alone = applied.length - folded;
    return {
      fields: {
        applied: applied.map(({ layer, batchNorm, direction }) => ({
          layer,
          batchNorm,
          direction,
        })),
      },
      text: [
        `${folded} batch norms folded${alone > 0 ? `, ${alone} turned into a pure scale and shift` : ''}.`,
        ...skipText(outcome),
      ],
    };
  });
}

/** Folding with the options that were given. */
export const foldWish = (place: Workplace): Wish => ({
  step: 'fold',
  options:
    place.given.verb === 'fold'
      ? { pairs: place.settings.pairs('pairs').map(([layer, batchNorm]) => ({ layer, batchNorm })) }
      : {},
});

/** The reasons of a step's skips, each once with its count. */
export function skipText(outcome: StepOutcome | undefined): string[] {
  const reasons = new Map<string, { count: number; places: string[] }>();
  for (const skip of outcome?.skipped ?? []) {
    const entry = reasons.get(skip.reason) ?? { count: 0, places: [] };
    entry.count++;
    if (entry.places.length < 3) entry.places.push(skip.place);
    reasons.set(skip.reason, entry);
  }
  return [...reasons].map(
    ([reason, { count, places }]) =>
      `Left alone: ${places.join(', ')}${count > places.length ? `, ${count - places.length} more` : ''}: ${reason}`,
  );
}
