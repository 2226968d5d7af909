import assert from 'node:assert/strict';
import type { ProofState } from '../../../server/protocol/model.ts';
import { proofHeadline } from '../../../server/toWire/proofWords.ts';

const fold: ProofState = {
  step: 'Fold',
  exercised: true,
  exact: true,
  maxAbs: 1e-6,
  maxRel: 1e-7,
  tolerance: 1e-4,
  samples: 4,
  source: 'synthetic, seed 1',
  values: [],
};
const absorb: ProofState = { ...fold, step: 'Absorb', exact: false, maxAbs: 0.5 };
const correct: ProofState = { ...absorb, step: 'Correct', note: 'Made for its grid.' };
const idle: ProofState = { ...fold, exercised: false, exact: false };
const unproved: ProofState = { ...idle, unavailable: 'no engine' };
const rolledBack: ProofState = { ...absorb, rolledBack: 'It moved the outputs.' };

describe('what proofs come to', () => {
  const cases: readonly (readonly [readonly ProofState[], string])[] = [
    [[fold, fold], 'Float still computes the same: 2 steps of 2 exact.'],
    [
      [fold, correct],
      'Float still computes the same but for biases made for the grid: 1 step of 2 exact.',
    ],
    [[correct], 'The float outputs move: the biases are made for the grid.'],
    [[fold, absorb], '1 step of 2 exact, 1 that moved the float outputs.'],
    [
      [fold, absorb, correct],
      '1 step of 3 exact, 1 that moved the float outputs, 1 made for the grid.',
    ],
    [
      [fold, idle, unproved, rolledBack],
      '1 step of 4 exact, 1 rolled back, 1 not exercised, 1 without a proof.',
    ],
    [[unproved], '0 steps of 1 exact, 1 without a proof.'],
  ];
  for (const [proofs, says] of cases) {
    it(says, () => assert.equal(proofHeadline(proofs), says));
  }
});
