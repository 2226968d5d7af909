import assert from 'node:assert/strict';
import {
  clampedMean,
  clampedVariance,
  insideShare,
  normalBelow,
} from '../../../../server/core/quant/normalMean.ts';

/** The tables have six digits after the point. */
const printed = 5e-7;

describe('normalBelow', () => {
  // Abramowitz and Stegun, table 26.1; the last from erfc(5) = 1.5374597944280349e-12.
  const known: readonly (readonly [number, number])[] = [
    [0, 0.5],
    [1, 0.841344746068543],
    [-2.5, 0.006209665325776],
    [3, 0.99865010196837],
    [-3.5, 0.000232629079036],
    [-5 * Math.SQRT2, 0.5 * 1.5374597944280349e-12],
  ];
  for (const [x, want] of known) {
    it(`is ${want} below ${x}`, () => {
      assert.ok(Math.abs(normalBelow(x) - want) < 1e-14, String(normalBelow(x)));
    });
  }

  it('joins its two halves smoothly', () => {
    const gap = normalBelow(3) - normalBelow(3 - 1e-9);
    assert.ok(Math.abs(gap - 1e-9 * 0.0044318484) < 1e-14, String(gap));
  });
});

describe('clampedMean', () => {
  // algorithms.md, section 13.4: mean, deviation (its sign does not count), ReLU, ReLU6.
  const golden = [
    [0, 1, 0.398942, 0.398942],
    [1, 1, 1.083315, 1.083315],
    [-1, 0.5, 0.004245, 0.004245],
    [3, 2, 3.058614, 3.0],
    [5, 2, 5.004008, 4.608415],
    [1, -1, 1.083315, 1.083315],
  ] as const;
  for (const [mean, std, relu, relu6] of golden) {
    it(`of N(${mean}, ${std}^2)`, () => {
      assert.ok(Math.abs(clampedMean(mean, std, 0, Infinity) - relu) <= printed);
      assert.ok(Math.abs(clampedMean(mean, std, 0, 6) - relu6) <= printed);
      assert.ok(Math.abs(clampedMean(mean, std, -Infinity, Infinity) - mean) <= 1e-15);
    });
  }

  it('is the clamp of the mean where nothing varies', () => {
    assert.equal(clampedMean(7, 0, 0, 6), 6);
    assert.equal(clampedMean(-7, 1e-13, 0, 6), 0);
  });
});

describe('clampedVariance', () => {
  /** Moments of min(max(x, lo), hi) by the midpoint rule over 12 deviations; good to 1e-6. */
  function summed(mean: number, std: number, lo: number, hi: number): number {
    const parts = 200_000;
    const moments = [0, 0];
    for (let i = 0; i < parts; i++) {
      const z = -12 + (24 * (i + 0.5)) / parts;
      const share = (24 / parts) * (Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI));
      const y = Math.min(Math.max(mean + std * z, lo), hi);
      moments[0]! += share * y;
      moments[1]! += share * y * y;
    }
    return moments[1]! - moments[0]! ** 2;
  }
  const rows = [
    [0, 1, 0, Infinity],
    [1, 2, 0, 6],
    [-3, 1, 0, 6],
    [40, 3, 0, 6],
    [0.5, -1, -Infinity, 1],
    [2, 0.5, -Infinity, Infinity],
  ] as const;
  for (const [mean, std, lo, hi] of rows) {
    it(`of N(${mean}, ${std}^2) from ${lo} to ${hi}`, () => {
      const want = summed(mean, Math.abs(std), lo, hi);
      const made = clampedVariance(mean, std, lo, hi);
      assert.ok(Math.abs(made - want) <= 1e-6 * (1 + want), `${made}, not ${want}`);
    });
  }

  it('of ReLU of N(0, 1) is 1/2 - 1/(2 pi)', () => {
    const want = 0.5 - 1 / (2 * Math.PI);
    assert.ok(Math.abs(clampedVariance(0, 1, 0, Infinity) - want) < 1e-14);
  });

  it('is 0 where nothing varies', () => {
    assert.equal(clampedVariance(3, 0, 0, 6), 0);
    assert.equal(clampedVariance(-1e6, 1, 0, 6), 0);
  });
});

describe('insideShare', () => {
  it('is what no bound cuts off', () => {
    assert.ok(Math.abs(insideShare(0, 1, 0, Infinity) - 0.5) < 1e-15);
    assert.ok(Math.abs(insideShare(0, 2, -2, 2) - 0.682689492137086) < 1e-14);
    assert.equal(insideShare(1, 3, -Infinity, Infinity), 1);
    assert.equal(insideShare(7, 0, 0, 6), 0);
    assert.equal(insideShare(5, 0, 0, 6), 1);
  });
});
