import { previewCommand } from './runStep.ts';

/** Shows what absorbing high biases would do. */
export const previewAbsorb = previewCommand('rangefinder.previewAbsorb', ['absorb']);
