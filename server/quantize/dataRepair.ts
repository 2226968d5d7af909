import type { Graph } from '../core/graph/graph.ts';
import type { StepId, StepOutcome } from '../steps.ts';
import type { Correction, CorrectionMethod } from './correct.ts';
import type { ContenderScores, Evaluation } from './evaluate.ts';
import type { JudgeMetric } from './judging.ts';
import type { TaskSamples } from './runTask.ts';
import type { Standing } from './standing.ts';

/** A step of a repair that is judged on samples. */
export type DataStepId = StepId | 'correct';

export interface DataRepairOptions {
  readonly steps: readonly DataStepId[];
  readonly hasStopRule: boolean;
  readonly options: Readonly<Partial<Record<StepId, Record<string, unknown>>>>;
  readonly metric: JudgeMetric;
  readonly method: CorrectionMethod;
  readonly quantizeActivations: boolean;
  /** Layers whose biases may be corrected; default: all. */
  readonly layers?: ReadonlySet<string>;
  /** Samples of each purpose; disjoint. Calibration may be absent where activations are float. */
  readonly calibration: TaskSamples | undefined;
  readonly correction: TaskSamples;
  readonly judge: TaskSamples;
  readonly labels?: Int32Array;
  /** The network as it stands, where its biases were corrected before. */
  readonly standing?: Standing;
}

export interface DataRepairStep {
  readonly id: DataStepId;
  readonly kept: boolean;
  readonly reason: string;
  readonly before: ContenderScores;
  readonly after: ContenderScores;
  /** Both scores are with the correction of biases that would follow the step. */
  readonly isWithCorrection?: true;
  readonly outcome: StepOutcome | undefined;
}

export interface DataRepairOutcome {
  readonly graph: Graph;
  readonly steps: readonly DataRepairStep[];
  readonly float: Evaluation['float'];
  readonly before: ContenderScores;
  readonly after: ContenderScores;
  readonly gained: boolean;
  readonly verdict: string;
  /** The correction that was kept, and the graph that it was made on. */
  readonly correction?: Correction;
  readonly uncorrected: Graph;
  readonly samples: number;
}
