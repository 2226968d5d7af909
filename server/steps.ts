import type { Graph } from './core/graph/graph.ts';
import type { GraphEdit } from './core/graph/edits.ts';
import type { Skip } from './core/passes/pass.ts';

/** The steps a user takes, in the recommended order. */
export type StepId = 'fold' | 'clear' | 'equalize' | 'absorb' | 'relu6';

/** What came of running an exact step in float32, for weights that are stored in 16 bits. */
export type Float32Proof =
  | { readonly maxRel: number; readonly tolerance: number; readonly exact: boolean }
  /** Why it could not be had. */
  | { readonly unavailable: string };

/** What was proved by running the network before and after a change (algorithms: section 14). */
export interface Proof {
  /**
   * False when there is a changed activation no changed channel of which was ever active on the
   * probes: then nothing is proved.
   */
  readonly exercised: boolean;
  /** How many of the changed channels of the activations compared were ever active. */
  readonly activeChannels?: number;
  /** How many there are; both absent where no changed activation was compared. */
  readonly changedChannels?: number;
  readonly samples: number;
  /** `synthetic, seed 1`, or the name of the data. */
  readonly source: string;
  readonly seed: number;
  /** Over all outputs and probes. */
  readonly maxAbs: number;
  /** max |difference| / max |value| of each probe and output by itself, the worst of them. */
  readonly maxRel: number;
  /** Tolerance it was held to: 1e-4 float32, 2e-2 float16, 1e-1 bfloat16. */
  readonly tolerance: number;
  /** True when the step claims exactness and kept it on probes that exercised it. */
  readonly exact: boolean;
  /**
   * Where a changed activation moved by more than the tolerance, and that is rounding: how far it
   * moved, and how far it moves when the last bit of each weight does.
   */
  readonly rounding?: { readonly name: string; readonly maxRel: number; readonly noise: number };
  /** Per value compared: outputs, what feeds a final Softmax or Sigmoid, changed activations. */
  readonly values: readonly {
    readonly name: string;
    readonly maxAbs: number;
    readonly maxRel: number;
    readonly kind: 'output' | 'logits' | 'activation';
  }[];
  /** The same step in float32, which must be exact too; absent where the weights are wide. */
  readonly float32?: Float32Proof;
  /** What else is to be said: that a correction is made for one grid only. */
  readonly note?: string;
  /** Why there is no proof: the operator that cannot be run, say. Then `exercised` is false. */
  readonly unavailable?: string;
  /** The network runs as it was before the change, and not as it is after it. */
  readonly isRefused?: true;
}

/** What a step did to a graph: nothing, or edits that were proved. */
export interface StepOutcome {
  readonly step: StepId;
  readonly graph: Graph;
  readonly edits: readonly GraphEdit[];
  /** Entries as the pass made them; what they are depends on the step. */
  readonly applied: readonly object[];
  readonly skipped: readonly Skip[];
  readonly isExact: boolean;
  readonly proof: Proof | undefined;
  /** The step claimed exactness and was not exact: it was taken back, and this says by how much. */
  readonly rolledBack?: string;
  readonly leftOut?: LeftOutSets;
}

/** Sets that a repair tried with the others and left out, by the names of their layers. */
export interface LeftOutSets {
  readonly sets: readonly (readonly string[])[];
  /** A sentence. */
  readonly why: string;
}
