import type { Rpc } from './requests.ts';

/** What the Problems panel is told of a model; what is absent is as the user's settings have it. */
export interface ProblemSettings {
  /** Codes that are not reported. */
  readonly ignore?: readonly string[];
  /** A layer that keeps less than this, in dB, is a problem; 0: none is. */
  readonly weakLayerDb?: number;
}

/** What the `rangefinder.json` of a model says of its problems. Refused with line and column. */
export const readProblemSettings: Rpc<{ readonly uri: string }, ProblemSettings> = {
  method: 'rangefinder/problemSettings',
  title: 'Reading rangefinder.json',
};
