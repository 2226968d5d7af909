import { previewCommand } from './runStep.ts';

/** Shows what folding would do. */
export const previewFold = previewCommand('rangefinder.previewFold', ['fold']);
