import assert from 'node:assert/strict';
import type { ProofState } from '../../../../server/protocol/model.ts';
import {
  factsOf,
  proofInWords,
  proofVerdict,
} from '../../../../webview/panels/model/proofModel.ts';
import { measuredModel } from '../../fixtureData.ts';
import { openedModel, repairedModel } from '../../fixtures.ts';

const proof = (step: string, maxAbs: number, more: Partial<ProofState> = {}): ProofState => ({
  step,
  exercised: true,
  exact: true,
  maxAbs,
  maxRel: maxAbs,
  tolerance: 1e-4,
  samples: 4,
  source: 'synthetic, seed 1',
  values: [
    { name: 'probabilities', kind: 'output', maxAbs, maxRel: maxAbs },
    { name: 'logits', kind: 'logits', maxAbs: 10 * maxAbs, maxRel: maxAbs },
  ],
  ...more,
});

describe('facts of a proof', () => {
  const facts = (proofs: readonly ProofState[]): Record<string, string> =>
    Object.fromEntries(
      factsOf({ ...measuredModel(false), proofs }).map(({ name, value, note, list }) => [
        name,
        [value, note, ...(list === undefined ? [] : [list])].join(' | '),
      ]),
    );

  it('add up what exact steps move, and leave out the others', () => {
    const found = facts([
      proof('Fold', 1e-6),
      proof('Equalize', 2e-6),
      proof('Absorb', 0.5, { exact: false }),
      proof('Clear', 0.1, { rolledBack: 'Moved the outputs.' }),
      proof('All steps, at most', 9),
    ]);
    assert.equal(found['Largest change of outputs'], '3.0e−6 | after Fold and Equalize, at most');
    assert.equal(found['Largest change of logits'], '3.0e−5 | after Fold and Equalize, at most');
    assert.equal(found['Probes'], '4 | synthetic, seed 1, the same for each step');
  });

  it('count no samples among the probes', () => {
    const corrected = { samples: 200, source: 'a.npz', exact: false, note: 'For its grid.' };
    assert.equal(facts([proof('Correct', 0.2, corrected)])['Probes'], undefined);
  });

  it('name the settings, and which samples served what', () => {
    const found = facts([]);
    assert.equal(
      found['Settings'],
      'W8 A8 | weights per tensor, strict symmetric, minmax; activations per tensor, asymmetric, sqnr; biases 32 bits; rounding half to even',
    );
    assert.equal(
      found['Samples'],
      'imagenet-a · 12 + 12 + 40, labelled | split as chosen | calibrate 0–11; correct 12–23; judge 24–63; no overlap',
    );
    assert.equal(
      factsOf(openedModel()).some(({ name }) => name === 'Samples'),
      false,
    );
  });
});

describe('the verdict of a proof', () => {
  it('has a verdict for each way it can end', () => {
    const [fold, , , absorb, relu6] = repairedModel().proofs;
    assert.ok(fold && absorb && relu6);
    const moved = { ...fold, exact: false, maxAbs: 0.5 };
    const idle = { ...fold, exercised: false, exact: false };
    assert.deepEqual(
      [fold, moved, idle, absorb, relu6].map((p) => proofVerdict(p).text),
      ['exact', 'moved by 0.500', 'not exercised', 'rolled back', 'unavailable'],
    );
  });
});

describe('what was run', () => {
  const base = {
    step: 'Fold',
    exercised: true,
    exact: true,
    maxAbs: 0,
    maxRel: 0,
    tolerance: 1e-4,
    samples: 4,
    source: 'synthetic, seed 1',
    values: [],
  };
  const cases: readonly [string, Partial<ProofState>, string][] = [
    [
      'all channels',
      { activeChannels: 24, changedChannels: 24 },
      ' All 24 changed channels gave a signal.',
    ],
    [
      'some',
      { activeChannels: 20, changedChannels: 24 },
      ' 20 of 24 changed channels gave a signal; the others stayed constant and were not tested.',
    ],
    ['none that changed', { activeChannels: 0, changedChannels: 0 }, ''],
    [
      'a float32 twin',
      { float32: { maxRel: 3e-7, tolerance: 1e-4, exact: true } },
      ' In float32: moved by 3.0e−7 (allowed 1.0e−4).',
    ],
    [
      'a twin that could not be had',
      { float32: { unavailable: 'The model is too large.' } },
      ' Not tried in float32: The model is too large.',
    ],
  ];
  for (const [name, more, said] of cases) {
    it(`says of ${name} what a proof saw`, () => {
      assert.equal(proofInWords({ ...base, ...more }), `4 probes, synthetic, seed 1.${said}`);
    });
  }
  it('says of corrected biases that samples were run, and what they are made for', () => {
    const corrected = { ...base, step: 'Correct', exact: false, samples: 200, source: 'a.npz' };
    assert.equal(
      proofInWords({ ...corrected, note: 'Made for W8.' }),
      '200 samples, a.npz. Made for W8.',
    );
  });
});
