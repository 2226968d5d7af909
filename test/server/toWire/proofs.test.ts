import assert from 'node:assert/strict';
import type { StepRecord } from '../../../server/session/changeLog.ts';
import type { Proof } from '../../../server/steps.ts';
import { proofsOf } from '../../../server/toWire/proofs.ts';

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
      proofsOf([record({})]).map(({ step }) => step),
      ['Fold'],
    );
  });

  it('adds the changes of several steps up', () => {
    const total = proofsOf([record({}), record({})]).at(-1);
    assert.equal(total?.maxAbs, 4e-5);
    assert.equal(total?.maxRel, 8e-5);
    assert.equal(total?.exact, true);
  });

  it('does not call a total exact that is above the tolerance', () => {
    const total = proofsOf([record({}), record({}), record({})]).at(-1); // 1.2e-4 > 1e-4
    assert.equal(total?.exact, false);
  });

  it('proves nothing in total where one step is not proved', () => {
    const total = proofsOf([record({}), record({ unavailable: 'no engine', exercised: false })]).at(
      -1,
    );
    assert.equal(total?.unavailable, 'no engine');
    assert.equal(total?.exercised, false);
  });

  it('leaves out what a repair did not keep', () => {
    assert.equal(proofsOf([record({}), record({}, 'nothing gained')]).length, 1);
  });

  it('says how much of the change was seen, and what came of it in float32', () => {
    const float32 = { maxRel: Infinity, tolerance: 1e-4, exact: false };
    const [only] = proofsOf([record({ activeChannels: 20, changedChannels: 24, float32 })]);
    assert.deepEqual([only?.activeChannels, only?.changedChannels], [20, 24]);
    assert.deepEqual(JSON.parse(JSON.stringify(only?.float32)), {
      ...float32,
      maxRel: Number.MAX_VALUE,
    });
  });

  it('has only numbers that JSON can hold', () => {
    const [only] = proofsOf([record({ maxAbs: Infinity, maxRel: NaN })]);
    assert.deepEqual(JSON.parse(JSON.stringify(only)), only);
  });
});
