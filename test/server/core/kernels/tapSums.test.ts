import assert from 'node:assert/strict';
import {
  hasMarkedWeight,
  largestTapSum,
  tapSums,
} from '../../../../server/core/kernels/tapSums.ts';

/** Two output and two input channels, two kernel positions: o, i, k. */
const w = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const conv = { groups: 1, outPerGroup: 2, inPerGroup: 2, taps: 2, stride: { g: 8, o: 4, i: 2 } };
/** The same elements as two groups of one channel a side, four positions. */
const depthwise = {
  groups: 2,
  outPerGroup: 1,
  inPerGroup: 1,
  taps: 4,
  stride: { g: 4, o: 4, i: 4 },
};

describe('tapSums', () => {
  it('adds up input channels, each with its factor', () => {
    const sums = tapSums(w, conv, Float64Array.of(10, 1));
    assert.deepEqual([...sums], [13, 24, 57, 68]);
  });

  it('takes each group with its own input', () => {
    const sums = tapSums(w, depthwise, Float64Array.of(1, -1));
    assert.deepEqual([...sums], [1, 2, 3, 4, -5, -6, -7, -8]);
  });

  it('leaves out inputs of 0 whatever their weights', () => {
    const broken = w.slice();
    broken[2] = NaN;
    assert.deepEqual([...tapSums(broken, conv, Float64Array.of(1, 0))], [1, 2, 5, 6]);
  });
});

describe('largestTapSum', () => {
  it('adds the marked positions of each channel', () => {
    const sums = Float64Array.of(1, 2, 3, -4, 5, -6);
    assert.equal(largestTapSum(sums, Uint8Array.of(1, 0, 1)), 10); // |-4 - 6|
    assert.equal(largestTapSum(sums, Uint8Array.of(0, 0, 1)), 6);
    assert.equal(largestTapSum(sums, new Uint8Array(3)), 0);
  });
});

describe('hasMarkedWeight', () => {
  it('looks at the marked positions of one input channel only', () => {
    const one = new Float32Array(8);
    one[3] = 1; // output 0, input 1, position 1
    assert.equal(hasMarkedWeight(one, conv, 1, Uint8Array.of(0, 1)), true);
    assert.equal(hasMarkedWeight(one, conv, 1, Uint8Array.of(1, 0)), false);
    assert.equal(hasMarkedWeight(one, conv, 0, Uint8Array.of(1, 1)), false);
  });

  it('finds the input of a later group', () => {
    const one = new Float32Array(8);
    one[6] = 1; // group 1, position 2
    assert.equal(hasMarkedWeight(one, depthwise, 1, Uint8Array.of(0, 0, 1, 0)), true);
    assert.equal(hasMarkedWeight(one, depthwise, 0, Uint8Array.of(0, 0, 1, 0)), false);
  });
});
