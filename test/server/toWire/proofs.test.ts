import assert from 'node:assert/strict';
import type { StepRecord } from '../../../server/session/changeLog.ts';
import type { Proof } from '../../../server/steps.ts';
import { proofsOf } from '../../../server/toWire/proofs.ts';

const stepsOf = (records: readonly StepRecord[]): ReturnType<typeof proofsOf>['proofs'] =>
  proofsOf(records).proofs;

const proof: Proof = {
  exercised: true,
  samples: 4,
  source: 'synthetic, seed 1',
  seed: 1,
  maxAbs: 2e-5,
  maxRel: 4e-5,
  tolerance: 1e-4,
  exact: true,
  values: [],
};
const record = (more: Partial<Proof>, notKept?: string): StepRecord => ({
  step: 'fold',
  applied: [],
  skipped: [],
  isExact: true,
  proof: { ...proof, ...more },
  ...(notKept === undefined ? {} : { notKept }),
});

describe('proofsOf', () => {
  it('has no total of one step', () => {
    assert.deepEqual(
      stepsOf([record({})]).map(({ step }) => step),
      ['Fold'],
    );
  });

  it('adds the changes of several steps up', () => {
    const total = stepsOf([record({}), record({})]).at(-1);
    assert.equal(total?.maxAbs, 4e-5);
    assert.equal(total?.maxRel, 8e-5);
    assert.equal(total?.exact, true);
  });

  it('does not call a total exact that is above the tolerance', () => {
    const total = stepsOf([record({}), record({}), record({})]).at(-1); // 1.2e-4 > 1e-4
    assert.equal(total?.exact, false);
  });

  it('proves nothing in total where one step is not proved', () => {
    const total = stepsOf([record({}), record({ unavailable: 'no engine', exercised: false })]).at(
      -1,
    );
    assert.equal(total?.unavailable, 'no engine');
    assert.equal(total?.exercised, false);
  });

  it('leaves out what a repair did not keep', () => {
    assert.equal(stepsOf([record({}), record({}, 'nothing gained')]).length, 1);
  });

  it('says how much of the change was seen, and what came of it in float32', () => {
    const float32 = { maxRel: Infinity, tolerance: 1e-4, exact: false };
    const [only] = stepsOf([record({ activeChannels: 20, changedChannels: 24, float32 })]);
    assert.deepEqual([only?.activeChannels, only?.changedChannels], [20, 24]);
    assert.deepEqual(JSON.parse(JSON.stringify(only?.float32)), {
      ...float32,
      maxRel: Number.MAX_VALUE,
    });
  });

  it('has only numbers that JSON can hold', () => {
    const [only] = stepsOf([record({ maxAbs: Infinity, maxRel: NaN })]);
    assert.deepEqual(JSON.parse(JSON.stringify(only)), only);
  });

  const corrected: StepRecord = {
    ...record({
      maxAbs: 0.25,
      maxRel: 0.05,
      tolerance: 0,
      exact: false,
      samples: 200,
      source: 'samples.npz',
      note: 'Made for W8.',
    }),
    step: 'correct',
    isExact: false,
  };

  it('leaves what samples say of corrected biases out of the sum of probes', () => {
    const proofs = stepsOf([record({}), record({}), corrected]);
    assert.deepEqual(
      proofs.map(({ step, maxAbs, exact, samples, source }) => [
        step,
        maxAbs,
        exact,
        samples,
        source,
      ]),
      [
        ['Fold', 2e-5, true, 4, 'synthetic, seed 1'],
        ['Fold', 2e-5, true, 4, 'synthetic, seed 1'],
        ['Correct', 0.25, false, 200, 'samples.npz'],
        ['All steps but Correct, at most', 4e-5, true, 4, 'synthetic, seed 1'],
      ],
    );
    assert.equal(stepsOf([record({}), corrected]).length, 2, 'one step has no sum');
  });

  it('allows nothing where nothing is promised', () => {
    const absorbed: StepRecord = { ...record({ exact: false }), step: 'absorb', isExact: false };
    assert.deepEqual(
      stepsOf([record({}), absorbed, corrected]).map(({ step, tolerance }) => [step, tolerance]),
      [
        ['Fold', 1e-4],
        ['Absorb', undefined],
        ['Correct', undefined],
        ['All steps but Correct, at most', undefined],
      ],
    );
    const [unproved] = stepsOf([record({ unavailable: 'no engine', exercised: false })]);
    assert.equal(unproved?.tolerance, undefined);
  });

  it('says in a sentence what they come to', () => {
    assert.equal(proofsOf([]).proofWords, undefined);
    assert.equal(
      proofsOf([record({}), corrected]).proofWords,
      'Float still computes the same but for biases made for the grid: 1 step of 2 exact.',
    );
  });
});
