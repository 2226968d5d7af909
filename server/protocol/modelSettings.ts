import type { DataChoice } from './data.ts';
import type { ProblemSettings } from './problems.ts';
import type { Rpc } from './requests.ts';

/** Something in `rangefinder.json` that is not obeyed; lines and columns are counted from 1. */
export interface SettingsFault {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What the `rangefinder.json` of a model says; what is wrong in it is left out, and listed. */
export interface ModelSettings {
  /** The file, beside the model or in the nearest folder above it; absent: there is none. */
  readonly path?: string;
  readonly problems: ProblemSettings;
  /** The samples that it names; absent: none, or not all that it says of them is right. */
  readonly data?: DataChoice;
  /**
   * Same text: it says the same of samples and of what is made of them. Absent: something that it
   * says of them is wrong.
   */
  readonly dataText?: string;
  readonly faults: readonly SettingsFault[];
}

/** Reads the `rangefinder.json` of a model, which need not be open. */
export const readModelSettings: Rpc<{ readonly uri: string }, ModelSettings> = {
  method: 'rangefinder/modelSettings',
  title: 'Reading rangefinder.json',
};
