import assert from 'node:assert/strict';
import { absMaxEach, RunningMaxima } from '../../../../server/core/kernels/runningMaxima.ts';

for (const type of [Float32Array, Float64Array]) {
  describe(`RunningMaxima of a ${type.name}`, () => {
    const w = type.of(1, -4, 0, -3, 2, -0.5);
    it('keeps the largest |w| of each place', () => {
      const tops = new RunningMaxima(w, 3);
      tops.add(0, 3, 0);
      tops.add(3, 3, 0);
      assert.deepEqual([...tops.finish()], [3, 4, 0.5]);
    });

    it('takes rows with a factor and rows without', () => {
      const tops = new RunningMaxima(w, 3);
      tops.add(0, 3, 0, 2);
      tops.add(3, 3, 0);
      assert.deepEqual([...tops.finish()], [3, 8, 0.5]);
    });

    it('puts rows at the places from `first`', () => {
      const tops = new RunningMaxima(w, 4);
      tops.add(0, 2, 2);
      assert.deepEqual([...tops.finish()], [0, 0, 1, 4]);
    });

    it('is NaN where one is NaN, infinite where one is infinite', () => {
      const tops = new RunningMaxima(type.of(NaN, 1, -Infinity, 2, 3, 4), 3);
      tops.add(0, 3, 0);
      tops.add(3, 3, 0);
      assert.deepEqual([...tops.finish()], [NaN, 3, Infinity]);
    });
  });

  describe(`absMaxEach of a ${type.name}`, () => {
    const w = type.of(9, 1, -4, 2, 9);
    const factors = Float64Array.of(100, 5, 0.5, 3, 100);
    it('is the largest product, for even and odd lengths', () => {
      assert.equal(absMaxEach(w, 1, 3, factors, 1), 6);
      assert.equal(absMaxEach(w, 1, 2, factors, 1), 5);
      assert.equal(absMaxEach(w, 1, 0, factors, 1), 0);
    });
  });
}
