import { applyCommand } from './runStep.ts';

/** Folds all batch norms that can be folded exactly. */
export const foldBatchNorms = applyCommand('rangefinder.foldBatchNorms', ['fold']);
