import assert from 'node:assert/strict';
import type { WeightLayout } from '../../../../server/core/graph/layer.ts';
import { freeInputs, largestTapSum, tapSums } from '../../../../server/core/kernels/tapSums.ts';
import { Random } from '../../../kit/random.ts';

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

describe('freeInputs', () => {
  const free = (one: Float32Array, layout: WeightLayout, marked: number[], given = [1, 1]) => [
    ...freeInputs(one, layout, Float64Array.from(given), Uint8Array.from(marked)),
  ];

  it('looks at the marked positions of one input channel only', () => {
    const one = new Float32Array(8);
    one[3] = 1; // output 0, input 1, position 1
    assert.deepEqual(free(one, conv, [0, 1]), [1, 0]);
    assert.deepEqual(free(one, conv, [1, 0]), [1, 1]);
    assert.deepEqual(free(one, conv, [1, 1]), [1, 0]);
  });

  it('finds the input of a later group', () => {
    const one = new Float32Array(8);
    one[6] = 1; // group 1, position 2
    assert.deepEqual(free(one, depthwise, [0, 0, 1, 0]), [1, 0]);
  });

  it('leaves out inputs that give nothing', () => {
    assert.deepEqual(free(new Float32Array(8), conv, [0, 1], [0, 2]), [0, 1]);
    assert.deepEqual(free(w, conv, [0, 0], [0, NaN]), [0, 1]);
  });
});

describe('kernels of kernel positions', () => {
  const random = new Random(5);
  const stride = { g: 24 * 20 * 9, o: 20 * 9, i: 9 };
  const layouts: Record<string, WeightLayout> = {
    conv: { groups: 2, outPerGroup: 24, inPerGroup: 20, taps: 9, stride },
    depthwise: { groups: 40, outPerGroup: 1, inPerGroup: 1, taps: 9, stride: { g: 9, o: 9, i: 9 } },
    transposed: {
      ...{ groups: 2, outPerGroup: 24, inPerGroup: 20, taps: 4 },
      stride: { g: 24 * 20 * 4, o: 4, i: 24 * 4 },
    },
  };
  for (const [what, layout] of Object.entries(layouts)) {
    // Of doubles, plain loops answer: of the same numbers they must find the same.
    const { groups, outPerGroup, inPerGroup, taps } = layout;
    const single = random.uniform(groups * outPerGroup * inPerGroup * taps, -2, 2);
    for (let at = 0; at < single.length; at += 3) single[at] = 0;
    const double = Float64Array.from(single);
    const perInput = Float64Array.from(random.uniform(groups * inPerGroup, -1, 1));
    perInput[7] = 0;

    it(`give the bits of the plain loops: ${what}`, () => {
      const sums = tapSums(single, layout, perInput);
      assert.deepEqual(sums, tapSums(double, layout, perInput));
      for (const marked of [[0], [1, 3], [0, 1, 2, 3]]) {
        const marks = Uint8Array.from({ length: taps }, (_, tap) => (marked.includes(tap) ? 1 : 0));
        const tops = Array.from({ length: sums.length / taps }, (_, run) =>
          Math.abs(marked.reduce((sum, tap) => sum + sums[run * taps + tap]!, 0)),
        );
        assert.equal(largestTapSum(sums, marks), Math.max(...tops));
        const found = freeInputs(single, layout, perInput, marks);
        assert.deepEqual(found, freeInputs(double, layout, perInput, marks));
        assert.equal(found[7], 0);
      }
    });
  }

  it('find what is not a number', () => {
    const sums = new Float64Array(40).fill(1);
    sums[5] = NaN;
    assert.equal(largestTapSum(sums, Uint8Array.of(0, 1)), NaN);
    assert.equal(largestTapSum(sums, Uint8Array.of(1, 0)), 1);
  });
});
