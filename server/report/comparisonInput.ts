import type { Comparison, ComparedLayer, ComparedSide } from '../protocol/compare.ts';
import type { EvaluationRow, EvaluationState } from '../protocol/data.ts';
import type { FileLine } from '../protocol/model.ts';
import type { WireNumber } from '../protocol/wire.ts';
import type { ReportInput } from './reportInput.ts';

/** All that a report of two models side by side says. */
export interface ComparisonInput
  extends
    Pick<Comparison, 'figure' | 'unmatched' | 'isUnlike' | 'words'>,
    Pick<
      ReportInput,
      | 'target'
      | 'targetLabel'
      | 'data'
      | 'seed'
      | 'origin'
      | 'indices'
      | 'settings'
      | 'issues'
      | 'madeBy'
      | 'version'
      | 'verdict'
      | 'isPreview'
    > {
  readonly sides: readonly [ReportedSide, ReportedSide];
  /** In the order of the first. */
  readonly pairs: readonly ComparedPair[];
  /** On the targets of both, and what could not be measured. */
  readonly remarks: readonly string[];
  /** Absent: the outputs were not compared. */
  readonly evaluation?: ComparedScores;
}

/** One of the two. Titles tell them apart. */
export interface ReportedSide extends ComparedSide {
  /** Short, for the head of a column and the end of a line. */
  readonly head: string;
  readonly file: FileLine;
  readonly isQuantized: boolean;
  /** It is not rounded: it loses nothing. */
  readonly isFloat: boolean;
}

/**
 * What became of weight and bias, with batch norms folded. `rescaled`: channels have factors, as
 * equalizing leaves them; `weights`: they differ otherwise.
 */
export type PairChange = 'same' | 'biases' | 'rescaled' | 'weights';

/** A layer that both have; figures in dB. */
export interface ComparedPair extends Omit<ComparedLayer, 'layer'> {
  readonly change: PairChange;
  /** Largest difference of a weight. */
  readonly maxAbs: WireNumber;
  /** SQNR of the second's bias against the first's; absent: one of them has none to read. */
  readonly biasApart?: WireNumber;
  /** SQNR of the second's output against the first's, both as they are; absent: not measured. */
  readonly output?: WireNumber;
  /** Second less first; absent where that is no number. */
  readonly gain?: number;
  /** What rounds the second most; absent: not known. */
  readonly holds?: 'weights' | 'activations' | 'both';
}

/** A network on the samples that judge. */
export type ScoreRow = Omit<EvaluationRow, 'state'> & {
  readonly state: 'float' | 'first' | 'second';
};

/** The outputs of both on the samples. */
export interface ComparedScores extends Pick<
  EvaluationState,
  'samples' | 'source' | 'isSynthetic'
> {
  readonly rows: readonly ScoreRow[];
  /** Both on the same samples (McNemar, exact); absent without labels. */
  readonly paired?: {
    readonly onlyFirst: number;
    readonly onlySecond: number;
    readonly p: number;
  };
}

/** What can be reported. */
export type AnyReport = ReportInput | ComparisonInput;

export const isComparison = (report: AnyReport): report is ComparisonInput => 'sides' in report;
