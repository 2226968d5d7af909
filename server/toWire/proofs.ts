import type { ProofState } from '../protocol/model.ts';
import type { StepRecord } from '../session/changeLog.ts';
import type { Proof } from '../steps.ts';
import { stepTitle } from './stepTitle.ts';

/** The proof of each step that changed something, in order; of several also what they come to. */
export function proofsOf(records: readonly StepRecord[]): ProofState[] {
  const proofs = stepProofs(records);
  return proofs.length > 1 ? [...proofs, totalOf(proofs)] : proofs;
}

/** All steps are proved on the same probes, so their changes add up to a bound on the total. */
function totalOf(proofs: readonly ProofState[]): ProofState {
  const [first] = proofs as [ProofState];
  const sum = (of: (proof: ProofState) => number): number =>
    finite(proofs.reduce((total, proof) => total + of(proof), 0));
  const unavailable = proofs.find((proof) => proof.unavailable !== undefined)?.unavailable;
  const tolerance = Math.max(...proofs.map((proof) => proof.tolerance));
  const maxRel = sum((proof) => proof.maxRel);
  return {
    step: 'All steps, at most',
    exercised: proofs.every((proof) => proof.exercised),
    exact: proofs.every((proof) => proof.exact) && maxRel <= tolerance,
    maxAbs: sum((proof) => proof.maxAbs),
    maxRel,
    tolerance,
    samples: first.samples,
    source: first.source,
    values: [],
    ...(unavailable === undefined ? {} : { unavailable }),
  };
}

function stepProofs(records: readonly StepRecord[]): ProofState[] {
  return records.flatMap(({ step, proof, rolledBack, notKept }) => {
    if (!proof || notKept !== undefined) return [];
    const { exercised, exact, maxAbs, maxRel, tolerance, samples, source, unavailable, note } =
      proof;
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
      ...activityOf(proof),
      ...float32Of(proof),
      ...(unavailable === undefined ? {} : { unavailable }),
      ...(note === undefined ? {} : { note }),
      ...(rolledBack === undefined ? {} : { rolledBack }),
    };
  });
}

function activityOf({
  activeChannels,
  changedChannels,
}: Proof): Pick<ProofState, 'activeChannels' | 'changedChannels'> {
  return activeChannels === undefined || changedChannels === undefined
    ? {}
    : { activeChannels, changedChannels };
}

function float32Of({ float32 }: Proof): Pick<ProofState, 'float32'> {
  if (!float32) return {};
  if ('unavailable' in float32) return { float32 };
  return { float32: { ...float32, maxRel: finite(float32.maxRel) } };
}

/** JSON has no Infinity: a change that is not finite is as large as a number can be. */
const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);
