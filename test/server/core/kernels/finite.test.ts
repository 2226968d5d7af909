import assert from 'node:assert/strict';
import { absMax, isAllFinite } from '../../../../server/core/kernels/finite.ts';

describe('isAllFinite', () => {
  const huge = 3.4028234663852886e38;
  for (const type of [Float32Array, Float64Array]) {
    it(`finds what is not finite, anywhere: ${type.name}`, () => {
      assert.ok(isAllFinite(type.of(0, -0, 1, -huge, huge, 1e-45)));
      for (const value of [NaN, Infinity, -Infinity]) {
        for (let at = 0; at < 5; at++) {
          const values = new type(5).fill(1);
          values[at] = value;
          assert.equal(isAllFinite(values), false);
        }
      }
    });
  }
});

describe('absMax of any list', () => {
  it('keeps NaN, also before larger numbers', () => {
    assert.equal(absMax([1, -3, 2]), 3);
    assert.ok(Number.isNaN(absMax([1, NaN, 5])));
    assert.equal(absMax([]), 0);
  });
});
