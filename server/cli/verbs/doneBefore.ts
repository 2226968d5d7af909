import { notedChanges } from '../../changeNotes.ts';
import type { EqualizeApplied } from '../../core/passes/equalizeLayers.ts';
import type { ModelDocument } from '../../formats/format.ts';
import type { StepOutcome } from '../../steps.ts';
import type { Workplace } from '../workplace.ts';

/**
 * Says of a step that the file's metadata tells of already that nothing was left to do, or that this
 * was one more pass of scaling.
 */
export function noteDoneBefore(
  place: Workplace,
  document: ModelDocument,
  outcomes: readonly StepOutcome[],
): void {
  const asked = outcomes.at(-1);
  if (!asked) return;
  const earlier = labelsOf(document).filter((label) => label.toLowerCase().includes(asked.step));
  if (earlier.length === 0 || asked.rolledBack !== undefined) return;
  const done = `The file says what was done before: ${earlier.join('; ')}.`;
  const say = (rest: string): void => {
    const message = `${done} ${rest}`;
    place.issues.push({ code: 'done-before', severity: 'info', message });
  };
  if (asked.edits.length === 0) say('Nothing was left to do.');
  else if (asked.step === 'equalize') {
    const sets = asked.applied as readonly EqualizeApplied[];
    if (sets.every(isIdle)) say('Scaling again moved no spread by half a percent.');
    else if (place.settings.text('passes') === 'converge') say('This went on from there.');
    else say('This is one more pass over it; --passes converge goes on until nothing moves.');
  }
}

const isIdle = ({ spreadBefore, spreadAfter, capsAdded }: EqualizeApplied): boolean =>
  capsAdded === 0 && Math.abs(spreadAfter / spreadBefore - 1) < 0.005;

const labelsOf = (document: ModelDocument): string[] =>
  notedChanges(document).flatMap(({ label }) => (typeof label === 'string' ? [label] : []));
