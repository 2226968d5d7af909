import type { ModelState, ProofState } from '../protocol/model.ts';
import type { StepRecord } from '../session/changeLog.ts';
import type { Proof } from '../steps.ts';
import { proofHeadline } from './proofWords.ts';
import { stepTitle } from './stepTitle.ts';

/** The proof of each step that changed something, in order; of several also what they come to. */
export function proofsOf(
  records: readonly StepRecord[],
): Pick<ModelState, 'proofs' | 'proofWords'> {
  const proofs = stepProofs(records);
  if (proofs.length === 0) return { proofs };
  return { proofs: [...proofs, ...totalOf(proofs)], proofWords: proofHeadline(proofs) };
}

/**
 * All steps are proved on the same probes, so their changes add up to a bound on the total. What
 * corrected biases move is measured on samples, which bounds nothing elsewhere: it stands by itself.
 */
function totalOf(all: readonly ProofState[]): ProofState[] {
  const proofs = all.filter(({ step }) => step !== stepTitle.correct);
  if (proofs.length < 2) return [];
  const sum = (of: (proof: ProofState) => number): number =>
    finite(proofs.reduce((total, proof) => total + of(proof), 0));
  const unavailable = proofs.find((proof) => proof.unavailable !== undefined)?.unavailable;
  const allowed = proofs.flatMap(({ tolerance }) => tolerance ?? []);
  const tolerance = allowed.length === proofs.length ? Math.max(...allowed) : undefined;
  const maxRel = sum((proof) => proof.maxRel);
  const ran = proofs.find((proof) => proof.unavailable === undefined);
  return [
    {
      step: `All steps${proofs.length < all.length ? ` but ${stepTitle.correct}` : ''}, at most`,
      exercised: proofs.every((proof) => proof.exercised),
      exact: tolerance !== undefined && proofs.every((proof) => proof.exact) && maxRel <= tolerance,
      maxAbs: sum((proof) => proof.maxAbs),
      maxRel,
      ...(tolerance === undefined ? {} : { tolerance }),
      samples: ran?.samples ?? 0,
      source: ran?.source ?? 'none',
      values: [],
      ...(unavailable === undefined ? {} : { unavailable }),
    },
  ];
}

function stepProofs(records: readonly StepRecord[]): ProofState[] {
  return records.flatMap(({ step, isExact, proof, rolledBack, notKept }) => {
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
      ...(isExact && unavailable === undefined ? { tolerance } : {}),
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
