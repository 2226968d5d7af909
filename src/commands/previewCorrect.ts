import { previewCommand } from './runStep.ts';

/** Shows what correcting the biases would do. */
export const previewCorrect = previewCommand('rangefinder.previewCorrect', ['correct']);
