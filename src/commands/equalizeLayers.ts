import { applyCommand } from './runStep.ts';

/** Clears dead channels and equalizes the layers. */
export const equalizeLayers = applyCommand('rangefinder.equalizeLayers', ['equalize']);
