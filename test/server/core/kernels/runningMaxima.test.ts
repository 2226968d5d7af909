import assert from 'node:assert/strict';
import { raiseRows, RunningMaxima } from '../../../../server/core/kernels/runningMaxima.ts';

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

  describe(`raiseRows of a ${type.name}`, () => {
    const w = type.of(1, -4, 2, 3, 0, -5);
    const factors = Float64Array.of(5, 0.5, 3, 2, 1, 1);
    it('raises to the largest product of each row, for even and odd lengths', () => {
      const two = Float64Array.of(0, 7);
      raiseRows(w, 2, 3, factors, two);
      assert.deepEqual([...two], [6, 15]);
      const three = Float64Array.of(0, 7, 0);
      raiseRows(w, 3, 2, factors, three);
      assert.deepEqual([...three], [5, 10, 2.5]);
    });

    it('has factors for each group', () => {
      const top = new Float64Array(2);
      raiseRows(w, 1, 3, factors, top);
      assert.deepEqual([...top], [6, 6]);
    });
  });
}
