import assert from 'node:assert/strict';
import { DifferenceSum, type Sample } from '../../../server/engines/differenceSum.ts';

const sample = (dims: number[], values: number[]): Sample => ({
  dims,
  values: Float64Array.from(values),
});

/** The sum over runs of one pair. */
function sumOf(
  runs: readonly (readonly [before: Sample, after: Sample])[],
  factors: { divisor?: number[]; offset?: number[]; changed?: number[] } = {},
): ReturnType<DifferenceSum['result']> {
  const sum = new DifferenceSum({ before: 'b', after: 'a', ...factors });
  for (const [before, after] of runs) sum.add(before, after);
  return sum.result();
}

describe('DifferenceSum', () => {
  it('finds the largest difference and reference over all runs, and sums squares', () => {
    const result = sumOf([
      [sample([1, 2], [3, -4]), sample([1, 2], [3, -4.5])],
      [sample([1, 2], [1, 0]), sample([1, 2], [0.75, 0])],
    ]);
    assert.deepEqual(result, {
      maxAbs: 0.5,
      maxReference: 4,
      maxRelative: 0.25,
      sumSquaredReference: 26,
      sumSquaredError: 0.3125,
      count: 4,
      hasNaN: false,
      notFinite: 0,
      activeChannels: 2,
      channels: 2,
    });
  });

  it('forms the relative error per run: large values hide nothing of small ones', () => {
    const large = sample([1, 2], [1000, -4000]);
    const { maxAbs, maxRelative } = sumOf([
      [sample([1, 2], [1, 0.5]), sample([1, 2], [1, 0.75])],
      [large, large],
    ]);
    assert.deepEqual([maxAbs, maxRelative], [0.25, 0.25]);
  });

  it('takes a difference from nothing as infinitely large, and none as none', () => {
    const nothing = sample([1, 2], [0, 0]);
    assert.equal(sumOf([[nothing, nothing]]).maxRelative, 0);
    assert.equal(sumOf([[nothing, sample([1, 2], [0, 1])]]).maxRelative, Infinity);
    assert.equal(sumOf([[nothing, sample([2, 1], [0, 0])]]).maxRelative, Infinity);
  });

  it('undoes scale and shift per channel of axis 1: after = before / divisor - offset', () => {
    // before 8 / 2 - 1 = 3, before 6 / 4 - 0 = 1.5, at two positions each.
    const before = sample([1, 2, 2], [8, 10, 6, 2]);
    const after = sample([1, 2, 2], [3, 4, 1.5, 0.5]);
    const result = sumOf([[before, after]], { divisor: [2, 4], offset: [1, 0] });
    assert.equal(result.maxAbs, 0);
    assert.equal(result.maxReference, 10);
  });

  it('measures an error in the units of the reference', () => {
    const result = sumOf([[sample([1, 1], [8]), sample([1, 1], [4.25])]], { divisor: [2] });
    assert.equal(result.maxAbs, 0.5);
  });

  it('takes the last axis where only that has as many elements as there are factors', () => {
    const before = sample([1, 2, 3], [2, 4, 6, 20, 40, 60]);
    const after = sample([1, 2, 3], [2, 2, 2, 20, 20, 20]);
    assert.equal(sumOf([[before, after]], { divisor: [1, 2, 3] }).maxAbs, 0);
  });

  it('throws for factors that fit no axis', () => {
    const value = sample([1, 2], [1, 2]);
    assert.throws(() => sumOf([[value, value]], { divisor: [1, 2, 3] }), /3 factors/);
  });

  it('leaves a run out whose reference is not finite, and counts it', () => {
    const odd = sample([1, 2], [NaN, 1]);
    const good = sample([1, 2], [2, 1]);
    const result = sumOf([
      [odd, good],
      [good, good],
    ]);
    assert.equal(result.notFinite, 1);
    assert.equal(result.count, 2);
    assert.equal(result.hasNaN, false);
    assert.equal(result.maxAbs, 0);
  });

  it('takes equal infinities as equal, as masks have them', () => {
    const masked = sample([1, 2], [-Infinity, 1]);
    const result = sumOf([[masked, masked]]);
    assert.deepEqual([result.notFinite, result.hasNaN, result.maxAbs], [0, false, 0]);
  });

  it('says when something is not finite that was', () => {
    const result = sumOf([[sample([1, 2], [1, 1]), sample([1, 2], [NaN, 1])]]);
    assert.deepEqual([result.hasNaN, result.maxAbs], [true, Infinity]);
  });

  it('says when the shapes differ', () => {
    const result = sumOf([[sample([1, 2], [1, 1]), sample([2, 1], [1, 1])]]);
    assert.deepEqual([result.hasNaN, result.maxAbs], [true, Infinity]);
  });

  it('counts channels that are not zero and not constant', () => {
    // Channel 0 always 0, channel 1 always 5, channel 2 varies.
    const value = sample([1, 3, 2], [0, 0, 5, 5, 1, 2]);
    const result = sumOf([
      [value, value],
      [value, value],
    ]);
    assert.deepEqual([result.activeChannels, result.channels], [1, 3]);
  });

  it('counts changed channels only, where some are changed', () => {
    const value = sample([1, 3, 2], [0, 0, 5, 6, 1, 2]);
    const after = sample([1, 3, 2], [0, 0, 5, 6, 0.5, 1]);
    const result = sumOf([[value, after]], { divisor: [4, 1, 2] });
    assert.deepEqual([result.activeChannels, result.channels], [1, 2]);
  });

  it('counts the channels named, where some are', () => {
    const value = sample([1, 3, 2], [0, 0, 5, 6, 1, 2]);
    const { activeChannels, channels } = sumOf([[value, value]], { changed: [0, 2] });
    assert.deepEqual([activeChannels, channels], [1, 2]);
  });

  it('compares 64-bit integers and scalars', () => {
    const big = (value: bigint): Sample => ({ dims: [], values: BigInt64Array.of(value) });
    assert.equal(sumOf([[big(5n), big(7n)]]).maxAbs, 2);
  });

  it('is zero over no runs', () => {
    const result = sumOf([]);
    assert.deepEqual([result.maxAbs, result.count, result.channels], [0, 0, 0]);
  });
});
