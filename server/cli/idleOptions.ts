import { optionSpecs } from './options.ts';
import { targetVerbs } from './verbGroups.ts';

/** Options of the target that only what runs on samples depends on. */
const ofActivations = [
  'activation-bits',
  'activation-range',
  'activation-symmetry',
  'bias-bits',
  'rounding',
  'simulate',
];
/** Purposes of samples, and what deals them evenly. */
const judged = ['correction', 'judge', 'labels'];

/** All options of the target. */
const target = optionSpecs.filter(({ verbs }) => verbs === targetVerbs).map(({ name }) => name);

const idle: Readonly<Record<string, readonly string[]>> = {
  analyze: [...ofActivations, 'metric'],
  fold: target,
  clear: target,
  equalize: ofActivations,
  absorb: ofActivations,
  correct: ['bias-bits', 'simulate', 'judge', 'labels', 'no-proof'],
  repair: ['simulate'],
  run: ['calibration', ...judged],
  calibrate: ['simulate', ...judged],
  encodings: ['simulate', ...judged],
  export: ['simulate', ...judged],
  measure: ['correction'],
  sensitivity: ['simulate', 'correction'],
  evaluate: ['correction', 'metric'],
  compare: ['correction'],
};

/**
 * Options that a verb accepts so that a script can pass the same to all, and that change nothing of
 * what it does.
 */
export const idleOptions = (verb: string): readonly string[] => idle[verb] ?? [];
