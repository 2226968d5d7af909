import { previewCommand } from './runStep.ts';

/** Shows what equalizing would do. */
export const previewEqualize = previewCommand('rangefinder.previewEqualize', ['equalize']);
