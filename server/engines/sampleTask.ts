import type { ChannelMove } from '../core/graph/channelOrder.ts';
import type { AxisPadding, AxisWindow } from '../core/graph/padding.ts';
import type { Job } from '../core/job.ts';
import type { HistogramKind, ValueStatistics } from '../core/ranges/statistics.ts';
import type { EngineModel, Feeds } from './engine.ts';

/** A value of one of the task's networks, or one that an earlier task kept, sample by sample. */
export type ValueAt =
  | {
      readonly network: number;
      readonly value: string;
      /** Moves its channels to where the value that it is held against has them. */
      readonly move?: ChannelMove;
    }
  | { readonly kept: string };

/** What is wanted of all samples together; made where the tensors are, nothing else comes back. */
export type Reduction =
  | {
      readonly kind: 'statistics';
      readonly of: ValueAt;
      /** Absent: no histogram, which is faster. */
      readonly histogram?: HistogramKind;
      /** Statistics of each channel of this axis as well. */
      readonly channelAxis?: number;
    }
  /** Sum and count of each channel, and nothing else: what a mean needs. */
  | { readonly kind: 'means'; readonly of: ValueAt; readonly channelAxis: number }
  /**
   * What the mean output of a convolution needs of its input [N, C, spatial...]: for each channel
   * and kernel position the sum of what the kernel sees there, padding as 0. One window an axis.
   */
  | { readonly kind: 'windowSums'; readonly of: ValueAt; readonly windows: readonly PaddedWindow[] }
  | {
      readonly kind: 'difference';
      readonly reference: ValueAt;
      readonly actual: ValueAt;
      /** The mean difference of each channel of this axis as well. */
      readonly channelAxis?: number;
      /** The squared error and signal of each sample as well (for the worst samples). */
      readonly perSample?: boolean;
    }
  /** For each sample the indices of the `top` largest elements, largest first; ties: lower index. */
  | { readonly kind: 'ranking'; readonly of: ValueAt; readonly top: number };

/** A window along one axis; padding `upper` and `lower` follows the size, as SAME_UPPER has it. */
export type PaddedWindow = AxisWindow & { readonly padding: AxisPadding | 'upper' | 'lower' };

/** How two values differ over all samples; error = actual - reference, sums in double. */
export interface DifferenceTotals {
  readonly count: number;
  readonly sumSquaredReference: number;
  readonly sumSquaredActual: number;
  /** Sum of reference * actual, for the cosine. */
  readonly sumProduct: number;
  readonly sumSquaredError: number;
  readonly sumError: number;
  readonly maxAbsError: number;
  /** Elements left out because one side or both were not finite. */
  readonly notFinite: number;
  /** Those of them that are finite in the reference: what it had is gone. Absent: none. */
  readonly lost?: number;
  /** Mean of actual - reference over batch and positions. */
  readonly channelMeanError?: Float64Array;
  /** Standard deviation of the error of each channel. */
  readonly channelDeviation?: Float64Array;
  /** In the order of the samples that ran. */
  readonly samples?: {
    readonly index: Int32Array;
    readonly sumSquaredReference: Float64Array;
    readonly sumSquaredError: Float64Array;
  };
}

/** The answer to each kind of reduction. */
export type ReductionResult =
  | { readonly kind: 'statistics'; readonly statistics: ValueStatistics }
  | {
      readonly kind: 'means';
      readonly count: Float64Array;
      readonly sum: Float64Array;
      /** Runs with something that is not finite, by their first sample: nothing of them counts. */
      readonly leftOut: Int32Array;
    }
  | {
      readonly kind: 'windowSums';
      /** Channel * kernel positions + position. */
      readonly sum: Float64Array;
      /** Output positions of all samples together. */
      readonly positions: number;
      /** As for `means`. */
      readonly leftOut: Int32Array;
    }
  | { readonly kind: 'difference'; readonly difference: DifferenceTotals }
  | {
      readonly kind: 'ranking';
      /** In the order of the samples that ran. */
      readonly index: Int32Array;
      /**
       * `top` indices for each row of each sample, -1 where a row has fewer; a row is one position of
       * the batch axis.
       */
      readonly ranking: readonly Int32Array[];
      /** Every row was one list of at least two numbers, as scores of classes are. */
      readonly isFlat: boolean;
    };

/** One network of a task. It runs once a sample; all its values are from that one run. */
export interface TaskNetwork {
  readonly model: EngineModel;
  /** Inputs that come from what an earlier task kept; the others come with each sample. */
  readonly takes?: readonly { readonly input: string; readonly kept: string }[];
  /** Inputs that have another name in the samples. */
  readonly reads?: readonly { readonly input: string; readonly feed: string }[];
  /** Values to keep for later tasks, sample by sample, in memory or spilled to disk. */
  readonly keeps?: readonly { readonly value: string; readonly as: string }[];
  /** Integer kernels for Q/DQ pairs, as ONNX Runtime itself would; default: float simulation. */
  readonly useIntegerKernels?: boolean;
}

/** Networks to run side by side on every sample, and what to make of their values. */
export interface SampleTask {
  readonly networks: readonly TaskNetwork[];
  readonly reductions: readonly Reduction[];
  /** Kept values that no later task needs: each sample's go when the sample is done. */
  readonly drops?: readonly string[];
  /** What tasks keep may take in memory, in all; more goes to disk. Default: the engine's. */
  readonly memoryLimitBytes?: number;
}

/**
 * A task that is open in the engine's process. Samples go in one at a time, so memory does not
 * grow with their number; what is kept for later tasks is spilled to disk above the memory limit.
 */
export interface OpenTask {
  /**
   * Runs all networks on one sample. Throws EngineFault `cannot-run` when the model fails on it:
   * nothing of that sample is counted, and the next may follow.
   */
  add(index: number, feeds: Feeds): Promise<void>;
  /** What was made of all samples so far; the task goes on. */
  results(): Promise<readonly ReductionResult[]>;
  /** Frees the networks. What was kept stays until `forget`. */
  close(): Promise<void>;
}

/** The part of an engine that reduces many samples. */
export interface SampleEngine {
  /**
   * `job` is asked while the task's requests run; stopping it kills the engine's process, and with
   * it every open task and all that was kept. A name that is kept again begins empty.
   */
  beginTask(task: SampleTask, job?: Job): Promise<OpenTask>;
  /**
   * A whole task on these samples, where every input is one that an earlier task kept: one message
   * instead of some for each sample. Throws at the first sample that fails; what the task drops is
   * forgotten.
   */
  reduceKept(
    task: SampleTask,
    indices: readonly number[],
    job?: Job,
  ): Promise<readonly ReductionResult[]>;
  /** Drops values that tasks kept. Without names: all. */
  forget(names?: readonly string[]): Promise<void>;
}
