import assert from 'node:assert/strict';
import { absMax, isAllFinite } from '../../../../server/core/kernels/finite.ts';

describe('finite values', () => {
  const largest = 3.4028234663852886e38;
  const finite = [0, -0, 1, -1, largest, -largest, 1e-45, -1e-45, 1.5e-39];
  for (const type of [Float32Array, Float64Array]) {
    it(`${type.name}: every kind of finite number`, () => {
      assert.equal(isAllFinite(type.from(finite)), true);
      assert.equal(isAllFinite(new type(0)), true);
    });

    for (const broken of [NaN, -NaN, Infinity, -Infinity]) {
      it(`${type.name}: ${broken} at any place`, () => {
        for (let at = 0; at < finite.length; at++) {
          assert.equal(isAllFinite(type.from(finite.with(at, broken))), false, `place ${at}`);
        }
      });
    }
  }

  it('looks at its own part of a buffer only', () => {
    const all = Float32Array.of(NaN, 1, 2, Infinity);
    assert.equal(isAllFinite(all.subarray(1, 3)), true);
    assert.equal(isAllFinite(all.subarray(1)), false);
  });

  it('largest magnitude', () => {
    assert.equal(absMax([1, -3, 2]), 3);
    assert.equal(absMax([]), 0);
    assert.ok(Number.isNaN(absMax([1, NaN, 2])));
    assert.equal(absMax([-Infinity, 1]), Infinity);
  });
});
