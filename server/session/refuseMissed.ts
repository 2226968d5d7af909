import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import type { FoldApplied, FoldOptions } from '../core/passes/foldBatchNorm.ts';
import { Refused } from '../refused.ts';
import type { StepOutcome } from '../steps.ts';
import { isOfSettings } from './chosenPlaces.ts';

/** True where the user chose pairs or sets by hand in the panel: just these are done. */
export const isByHand = (options: Record<string, unknown>): boolean =>
  hasPlaces(options) && !isOfSettings(options);

const hasPlaces = ({ pairs, only }: Record<string, unknown>): boolean =>
  [pairs, only].some((list) => Array.isArray(list) && list.length > 0);

/** A choice of pairs or sets is done as it was made, or refused with the reason. */
export function refuseMissed(outcome: StepOutcome, options: Record<string, unknown>): void {
  if (!hasPlaces(options) || outcome.rolledBack !== undefined) return;
  const missed = placesOf(options).find((place) => !isDone(outcome, place));
  if (!missed) return;
  const { skipped } = outcome;
  const at = (one: { place: string }): boolean => missed.includes(one.place);
  const skip = skipped.find(({ place }) => place === missed.join(', ')) ?? skipped.find(at);
  const { code, reason, remedy } = skip ?? skipped[0] ?? nothingToDo;
  throw new Refused({
    code,
    message: `${missed.join(' → ')}: ${reason.replace(/\.$/, '')}.`,
    where: missed.join(', '),
    remedy: remedy ?? usualRemedy,
    isWhyNot: true,
  });
}

const usualRemedy = 'Choose layers that follow each other.';

const nothingToDo = {
  code: 'not-needed',
  reason: 'there is nothing to do here',
  remedy: undefined,
};

/** The names of each place that was chosen. */
function placesOf({ pairs, only }: Record<string, unknown>): (readonly string[])[] {
  const folds = (pairs ?? []) as FoldOptions['pairs'];
  const sets = (only ?? []) as readonly (readonly string[])[];
  return [...folds.map(({ layer, batchNorm }) => [layer, batchNorm]), ...sets];
}

function isDone({ step, applied }: StepOutcome, place: readonly string[]): boolean {
  if (step === 'fold') {
    return (applied as readonly FoldApplied[]).some(
      ({ layer, batchNorm }) => layer === place[0] && batchNorm === place[1],
    );
  }
  return (applied as readonly EqualizeApplied[]).some(
    ({ layers }) => layers.join('\n') === place.join('\n'),
  );
}
