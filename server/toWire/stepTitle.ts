import type { StepId } from '../steps.ts';

/** What a step is called. */
export const stepTitle: Readonly<Record<StepId, string>> = {
  fold: 'Fold',
  clear: 'Clear',
  equalize: 'Equalize',
  absorb: 'Absorb',
  relu6: 'ReLU6',
};
