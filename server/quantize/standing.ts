import type { Graph } from '../core/graph/graph.ts';
import type { DataRepairOutcome, DataRepairStep } from './dataRepair.ts';
import type { ContenderScores } from './evaluate.ts';
import { gainOf, type JudgeMetric } from './judging.ts';

/** A network whose biases were corrected before, as it stands. */
export interface Standing {
  readonly graph: Graph;
  /** The correction that it has is for the grid that is judged on. */
  readonly isForGrid: boolean;
}

/**
 * Holds a repair that began from the biases of before against the network as it stands: what a user
 * gains is what comes on top of that. Where nothing does, the network stays as it is.
 */
export function heldAgainst(
  standing: Standing,
  scores: ContenderScores,
  made: DataRepairOutcome,
  { metric, hasStopRule }: { readonly metric: JudgeMetric; readonly hasStopRule: boolean },
): DataRepairOutcome {
  const gained = gainOf(scores, made.after, metric).isReal;
  if (gained || !hasStopRule) return { ...made, before: scores, gained };
  const { graph } = standing;
  return {
    graph,
    uncorrected: graph,
    steps: made.steps.map(notNeeded),
    float: made.float,
    before: scores,
    after: scores,
    gained,
    verdict: made.verdict,
    samples: made.samples,
  };
}

function notNeeded(step: DataRepairStep): DataRepairStep {
  if (!step.kept) return step;
  const reason = `Not needed: the file as it stands does as well. From the biases of before: ${step.reason}`;
  return { ...step, kept: false, reason };
}
