import assert from 'node:assert/strict';
import type { Proof, StepOutcome } from '../../server/steps.ts';
import { unprovedText } from '../../server/unprovedText.ts';
import { smallMobileNet } from '../kit/mobileNet.ts';

const proved: Proof = {
  exercised: true,
  samples: 4,
  source: 'synthetic, seed 1',
  seed: 1,
  maxAbs: 0,
  maxRel: 0,
  tolerance: 2e-2,
  exact: true,
  values: [],
};

const textOf = (proof: Partial<Proof> | undefined, edits = 1): string | undefined => {
  const graph = smallMobileNet();
  const outcome: StepOutcome = {
    step: 'fold',
    graph,
    edits: Array.from({ length: edits }, () => ({ kind: 'removeTensor', name: 'x' }) as never),
    applied: [],
    skipped: [],
    isExact: true,
    proof: proof && { ...proved, ...proof },
  };
  return unprovedText(outcome);
};

describe('unprovedText', () => {
  it('has nothing to say of what is proved, or did not change, or was taken back', () => {
    assert.equal(textOf({}), undefined);
    assert.equal(textOf({ float32: { maxRel: 0, tolerance: 1e-4, exact: true } }), undefined);
    assert.equal(textOf(undefined, 0), undefined);
    assert.equal(textOf({ exercised: false }, 0), undefined);
  });

  it('says why there is no proof', () => {
    assert.equal(
      textOf({ exercised: false, unavailable: 'There is no operator Foo.' }),
      'fold is not proved: There is no operator Foo. What it changed is in the result all the same.',
    );
    assert.match(textOf({ exercised: false }) ?? '', /fold is not proved: .* gave no signal/);
  });

  it('says what float32 adds, or could not add', () => {
    const float32 = { maxRel: 0, tolerance: 1e-4, exact: true };
    const only = textOf({ exercised: false, unavailable: 'bfloat16 cannot be run', float32 });
    assert.equal(only, 'fold is not proved: bfloat16 cannot be run. In float32 it was proved.');
    assert.equal(
      textOf({ float32: { unavailable: 'it is too large' } }),
      'fold is proved to 0.02 only, not in float32: it is too large.',
    );
  });
});
