import type { ModelState, RunStepId } from '../../server/protocol/model.ts';

/** True while equalizing is still to be had. */
export const canEqualize = ({ steps }: ModelState): boolean =>
  steps.some(({ id, buttons }) => id === 'equalize' && buttons.includes('preview'));

/** What runs while a step is applied. */
export const stepTitles: Readonly<Record<RunStepId, string>> = {
  fold: 'Folding batch norms',
  equalize: 'Equalizing layers',
  absorb: 'Absorbing high biases',
  correct: 'Correcting biases',
};

/** The first of the notes of a step; the others are in the ledger too. */
export const notesInShort = ([first, ...others]: readonly string[]): string | undefined =>
  first === undefined || others.length === 0
    ? first
    : `${first} The ledger has ${others.length} more.`;
