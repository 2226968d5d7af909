import type { ModelState, RunStepId } from '../../server/protocol/model.ts';
import { t } from '../l10n.ts';

/** True while equalizing is still to be had. */
export const canEqualize = ({ steps }: ModelState): boolean =>
  steps.some(({ id, buttons }) => id === 'equalize' && buttons.includes('preview'));

/** What runs while a step is applied. */
export const stepTitles: Readonly<Record<RunStepId, string>> = {
  fold: t('Folding batch norms'),
  equalize: t('Equalizing layers'),
  absorb: t('Absorbing high biases'),
  correct: t('Correcting biases'),
};

/** The notes of a step, all of them: they stand nowhere else. */
export const notesInWords = (notes: readonly string[]): string | undefined =>
  notes.length === 0 ? undefined : notes.join(' ');
