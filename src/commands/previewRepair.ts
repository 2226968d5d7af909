import { previewCommand } from './runStep.ts';

/** Shows what all steps together would do. */
export const previewRepair = previewCommand('rangefinder.previewRepair', [
  'fold',
  'equalize',
  'absorb',
]);
