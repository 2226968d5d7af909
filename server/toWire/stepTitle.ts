import type { DataStepId } from '../quantize/dataRepair.ts';

/** What a step is called. */
export const stepTitle: Readonly<Record<DataStepId, string>> = {
  fold: 'Fold',
  clear: 'Clear',
  equalize: 'Equalize',
  absorb: 'Absorb',
  correct: 'Correct',
  relu6: 'ReLU6',
};
