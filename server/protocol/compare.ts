import type { Fault, OnModel, Rpc } from './requests.ts';
import type { WireNumber } from './wire.ts';

/** A state of the model itself. */
export type OwnSide = 'float' | 'opened' | 'now';

/** What stands on one side of a comparison: a state of the model, or another file. */
export type CompareSide =
  | { readonly kind: OwnSide }
  | {
      readonly kind: 'other';
      /** Absolute path; of a revision: where its bytes lie for now. */
      readonly path: string;
      /** For people: `vendor.onnx`, `last commit`. */
      readonly title: string;
      /** Short name of the revision it is of: `3f2a1bc`; absent: it is a file. */
      readonly revision?: string;
    };

/**
 * What the figures of both sides are, in dB. `soFar`: of the layer's output with everything before
 * it rounded too, on samples; `weights`: of the rounded weights; `apart`: there are none, and only
 * how far the second side's weights are from the first's can be said.
 */
export type CompareFigure = 'soFar' | 'weights' | 'apart';

/** A layer that both sides have. */
export interface ComparedLayer {
  readonly name: string;
  /** Name on the second side, where that is another. */
  readonly otherName?: string;
  /** Id of the layer row of the open model; absent where neither side is of it. */
  readonly layer?: number;
  readonly operator: string;
  /** What they were found to be the same by. */
  readonly match: 'name' | 'weights' | 'structure';
  readonly first?: WireNumber;
  readonly second?: WireNumber;
  /** SQNR of the second side's weights against the first's: `inf` where they are the same, `nan` between states of one model. */
  readonly apart: WireNumber;
  /** The weights differ by factors of channels alone, as equalizing leaves them. */
  readonly isRescaled?: true;
  /** The second side's `soFar` with only constants rounded, and with only values. */
  readonly weights?: WireNumber;
  readonly activations?: WireNumber;
}

/** One side as it is shown. */
export interface ComparedSide {
  readonly title: string;
  /** What it is called over a column: of a revision its name, of long names what tells them apart. */
  readonly head: string;
  /** What it scored on the samples, or what it is: `top-1 50.0 %, output SQNR 14.2 dB`. */
  readonly words: string;
}

/** Two models side by side, their layers in the order of the first. */
export interface Comparison {
  readonly uri: string;
  readonly revision: number;
  readonly sides: readonly [ComparedSide, ComparedSide];
  readonly figure: CompareFigure;
  readonly layers: readonly ComparedLayer[];
  readonly unmatched: { readonly first: readonly string[]; readonly second: readonly string[] };
  /** Few layers were matched, and none by more than its shape: no gain means anything. */
  readonly isUnlike?: boolean;
  /** On what, and how the layers were matched. */
  readonly words: string;
  /** Sentences: on the targets of both, what could not be measured and why. */
  readonly notes: readonly string[];
}

/** Puts two sides beside each other; other files are only read, and measured as the model is. */
export const compareModels: Rpc<
  OnModel & { readonly sides: readonly [CompareSide, CompareSide] },
  Comparison
> = {
  method: 'rangefinder/compareModels',
  title: 'Comparing models',
};

/** What is compared with what, as all panels of a model show it. */
export interface ComparisonView {
  readonly sides: readonly [SideView, SideView];
  /** Set where another file takes part, once it was answered. */
  readonly result?: Comparison;
  /** Why it cannot be compared. */
  readonly fault?: Fault;
  readonly isBusy: boolean;
  /** The model, its target or what is measured has changed since `result`. */
  readonly isStale: boolean;
}

export interface SideView {
  readonly kind: CompareSide['kind'];
  /** `Quantized, now`, `vendor.onnx`, `net.onnx at 3f2a1bc (Fold batch norms)`. */
  readonly title: string;
}

/** Where another model comes from. */
export type OtherSource = 'file' | 'lastCommit' | 'revision';
