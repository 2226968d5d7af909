import { applyCommand } from './runStep.ts';

/** Absorbs high biases into the next layer. */
export const absorbHighBiases = applyCommand('rangefinder.absorbHighBiases', ['absorb']);
