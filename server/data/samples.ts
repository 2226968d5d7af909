import type { Dimension } from '../core/graph/graph.ts';
import type { ElementType } from '../core/graph/tensor.ts';
import type { Feeds } from '../engines/engine.ts';
import type { Preprocessing } from './preprocessing.ts';

/** An input that samples are wanted for. */
export interface SampleInput {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[] | undefined;
}

/** What is wrong with the data, where, and what to do. */
export interface DataFault {
  /** Stable: `no-data`, `bad-npy`, `wrong-shape`, `wrong-type`, `not-supported-yet`, ... */
  readonly code: string;
  readonly message: string;
  /** Name of the array, input or line to blame. */
  readonly where?: string;
  readonly remedy?: string;
}

/** Something about the data that can be gone on from. */
export interface DataIssue {
  readonly code: string;
  readonly severity: 'info' | 'warning';
  readonly message: string;
  readonly where?: string;
}

/**
 * Thrown by the readers of this room. `openSamples` turns it into a fault; `feeds` throws it for
 * elements that turn out not to fit the input.
 */
export class BadData extends Error {
  override readonly name: string = 'BadData';
  constructor(
    readonly code: string,
    message: string,
    readonly where?: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}

/**
 * Thrown by `feeds` where one sample alone is to blame (a damaged image, NaN): leave it out, tell,
 * and go on with the others.
 */
export class BadSample extends BadData {
  override readonly name = 'BadSample';
}

/** The issue that says which sample was left out, and why. */
export const leftOut = ({ code, message, where }: BadSample): DataIssue => ({
  code,
  severity: 'warning',
  message: `${message.replace(/\.$/, '')}: left out.`,
  ...(where === undefined ? {} : { where }),
});

/** Samples of a user's data, read when they are asked for. */
export interface SampleSet {
  readonly count: number;
  /** For people: the file's name, or `synthetic, seed 1`. */
  readonly source: string;
  /** Tells them from others of the same source and count (`fingerprintOf`). */
  readonly fingerprint?: string;
  /** The batch size that the model insists on; undefined where any will do. */
  readonly fixedBatch: number | undefined;
  /** One integer a sample, where the data has them. */
  readonly labels?: Int32Array;
  /** Names of the classes, by label, where the data has them. */
  readonly classes?: readonly string[];
  /** What was found when the data was opened: files left out, guesses made. */
  readonly issues?: readonly DataIssue[];
  /** How pictures become inputs, where the samples are pictures. */
  readonly preprocessing?: Preprocessing;
  /** A sample's name for people, such as its file; absent: its number is all there is. */
  nameOf?(index: number): string;
  /**
   * The samples from `index` on, as one batch (default: of 1, or of the size insisted on); or the
   * samples with these indices. Throws `BadSample` where one of them cannot be used.
   */
  feeds(index: number | readonly number[], batch?: number): Promise<Feeds>;
  /** Removes temporary files. */
  dispose(): Promise<void>;
}

/** The indices that a call of `feeds` asks for. */
export function indicesOf(
  index: number | readonly number[],
  batch: number,
  count: number,
): readonly number[] {
  if (typeof index !== 'number') return index;
  return Array.from({ length: Math.min(batch, count - index) }, (_, i) => index + i);
}
