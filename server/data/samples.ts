import type { Dimension } from '../core/graph/graph.ts';
import type { ElementType } from '../core/graph/tensor.ts';
import type { Feeds } from '../engines/engine.ts';

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

/**
 * Thrown by the readers of this room. `openSamples` turns it into a fault; `feeds` throws it for
 * elements that turn out not to fit the input.
 */
export class BadData extends Error {
  override readonly name = 'BadData';
  constructor(
    readonly code: string,
    message: string,
    readonly where?: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}

/** Samples of a user's data, read when they are asked for. */
export interface SampleSet {
  readonly count: number;
  /** For people: the file's name, or `synthetic, seed 1`. */
  readonly source: string;
  /** The batch size that the model insists on; undefined where any will do. */
  readonly fixedBatch: number | undefined;
  /** One integer a sample, where the data has them. */
  readonly labels?: Int32Array;
  /** The samples from `index` on, as one batch (default: of 1, or of the size insisted on). */
  feeds(index: number, batch?: number): Promise<Feeds>;
  /** Removes temporary files. */
  dispose(): Promise<void>;
}
