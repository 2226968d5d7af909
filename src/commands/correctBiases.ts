import { applyCommand } from './runStep.ts';

/** Corrects the biases of all layers for the target's grid. */
export const correctBiases = applyCommand('rangefinder.correctBiases', ['correct']);
