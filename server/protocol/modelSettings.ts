import type { DataChoice } from './data.ts';
import type { ProblemSettings } from './problems.ts';
import type { Rpc } from './requests.ts';
import type { TargetSettings } from './target.ts';

/** Something in `rangefinder.json` that is not obeyed; lines and columns are counted from 1. */
export interface SettingsFault {
  /** What kind of fault it is; it has a page of this name. */
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What is folded and scaled where that is chosen by hand; a list that is empty: all that can be. */
export interface ChosenPlaces {
  /** A layer and its batch norm, to be folded. */
  readonly pairs: readonly (readonly [layer: string, batchNorm: string])[];
  /** Layers to be scaled together. */
  readonly sets: readonly (readonly string[])[];
  /** What is wrong with the choice: then neither it is obeyed, nor everything done instead. */
  readonly fault?: string;
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
  readonly chosen: ChosenPlaces;
  /** The target that it names, and by which name; absent: none, or what it says is wrong. */
  readonly target?: { readonly name: string; readonly settings: TargetSettings };
  /** The quantsim configuration that it names as its target, whether that is right or not. */
  readonly targetFile?: string;
  /** What is wrong with the target that it names: no other is meant. */
  readonly targetFault?: string;
  readonly faults: readonly SettingsFault[];
}

/** Reads the `rangefinder.json` of a model, which need not be open. */
export const readModelSettings: Rpc<{ readonly uri: string }, ModelSettings> = {
  method: 'rangefinder/modelSettings',
  title: 'Reading rangefinder.json',
};
