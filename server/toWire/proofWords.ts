import { nounText } from '../core/reports/words.ts';
import type { ProofState } from '../protocol/model.ts';

/** What the proofs of the steps come to, in one sentence: no more than what was proved. */
export function proofHeadline(proofs: readonly ProofState[]): string {
  const exact = proofs.filter((proof) => isProved(proof) && proof.exact).length;
  const moved = proofs.filter((proof) => isProved(proof) && !proof.exact);
  // A correction of biases says by its note that it is made for its grid, and is meant to move them.
  const forGrid = moved.filter(({ note }) => note !== undefined).length;
  const of = `${nounText(exact, 'step')} of ${proofs.length} exact`;
  if (exact === proofs.length) return `Float still computes the same: ${of}.`;
  if (forGrid === proofs.length) return 'The float outputs move: the biases are made for the grid.';
  if (exact > 0 && exact + forGrid === proofs.length) {
    return `Float still computes the same but for biases made for the grid: ${of}.`;
  }
  const rest = [
    [proofs.filter(({ rolledBack }) => rolledBack !== undefined).length, 'rolled back'],
    [proofs.filter(isIdle).length, 'not exercised'],
    [proofs.filter(isUnproved).length, 'without a proof'],
    [moved.length - forGrid, 'that moved the float outputs'],
    [forGrid, 'made for the grid'],
  ].flatMap(([many, what]) => (many === 0 ? [] : [`${many} ${what}`]));
  return `${[of, ...rest].join(', ')}.`;
}

const isUnproved = ({ rolledBack, unavailable }: ProofState): boolean =>
  rolledBack === undefined && unavailable !== undefined;

const isIdle = ({ rolledBack, unavailable, exercised }: ProofState): boolean =>
  rolledBack === undefined && unavailable === undefined && !exercised;

const isProved = (proof: ProofState): boolean =>
  proof.rolledBack === undefined && !isUnproved(proof) && !isIdle(proof);
