import assert from 'node:assert/strict';
import { clampedMean, normalBelow } from '../../../../server/core/quant/normalMean.ts';

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
