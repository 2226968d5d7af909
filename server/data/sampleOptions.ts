import type { Graph } from '../core/graph/graph.ts';
import type { RawFields, RecordFields } from './dataSettings.ts';
import type { GuessedPreprocessing } from './guessPreprocessing.ts';

/** How `openSamples` is to read what it is given. All of it may be left out. */
export interface SampleOptions {
  /** Labels: one integer a sample (`.npy`, `.csv`, text); for images also file names and labels. */
  readonly labels?: string;
  /** Fields of `Preprocessing`, as parsed from JSON; what is left out is the guess's. */
  readonly preprocess?: object;
  /** What the model lets one guess; used for pictures only. */
  readonly guess?: GuessedPreprocessing;
  /** Sizes of dimensions that the model leaves open, by name (`height`, or `input[2]`). */
  readonly dims?: Readonly<Record<string, number>>;
  readonly fields?: RecordFields;
  readonly raw?: RawFields;
  /** Labels must be below it. */
  readonly classCount?: number;
  /** Lets synthetic samples follow the first batch norm. */
  readonly graph?: Graph;
}
