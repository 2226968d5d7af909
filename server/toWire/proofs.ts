import type { ProofState } from '../protocol/model.ts';
import type { StepRecord } from '../session/changeLog.ts';
import { stepTitle } from './stepTitle.ts';

/** The proof of each step that changed something, in order. */
export function proofsOf(records: readonly StepRecord[]): ProofState[] {
  return records.flatMap(({ step, proof, rolledBack, notKept }) => {
    if (!proof || notKept !== undefined) return [];
    const { exercised, exact, maxAbs, maxRel, tolerance, samples, source, unavailable } = proof;
    const values = proof.values.map(({ name, kind, maxAbs: abs, maxRel: rel }) => ({
      name,
      kind,
      maxAbs: finite(abs),
      maxRel: finite(rel),
    }));
    return {
      step: stepTitle[step],
      exercised,
      exact,
      maxAbs: finite(maxAbs),
      maxRel: finite(maxRel),
      tolerance,
      samples,
      source,
      values,
      ...(unavailable === undefined ? {} : { unavailable }),
      ...(rolledBack === undefined ? {} : { rolledBack }),
    };
  });
}

/** JSON has no Infinity: a change that is not finite is as large as a number can be. */
const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);
