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

/** The first of the notes of a step; the others are in the ledger too. */
export const notesInShort = ([first, ...others]: readonly string[]): string | undefined =>
  first === undefined || others.length === 0
    ? first
    : others.length === 1
      ? t('{0} One more note is in the ledger.', first)
      : t('{0} {1} more notes are in the ledger.', first, others.length);
