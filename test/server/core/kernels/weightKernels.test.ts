import assert from 'node:assert/strict';
import { maximaOfBits } from '../../../../server/core/kernels/maximaOfBits.ts';
import { raiseRows } from '../../../../server/core/kernels/runningMaxima.ts';
import { scaleRows } from '../../../../server/core/kernels/scaleRows.ts';
import { roomSingles } from '../../../../server/core/kernels/kernelModule.ts';
import { WeightKernels } from '../../../../server/core/kernels/weightKernels.ts';
import { Random } from '../../../kit/random.ts';

/** Rows in all, rows of a group, elements of a row. */
const shapes: readonly (readonly [string, number, number, number])[] = [
  ['one group', 24, 24, 10],
  ['four groups', 24, 6, 9],
  ['depthwise', 33, 1, 9],
  ['rows of one', 50, 50, 1],
  ['more rows than factors have room', 5000, 5000, 3],
  ['more elements than there is room for', 40, 40, 30_000],
];

describe('WeightKernels', () => {
  const kernels = WeightKernels.shared();
  const random = new Random(3);

  for (const [what, rows, group, length] of shapes) {
    const weight = random.uniform(rows * length, -2, 2);
    weight[3] = 1e-42; // below the least normal number
    weight[weight.length - 1] = NaN;
    const columns = Math.ceil(rows / group) * length;

    it(`scales with the same bits as the plain loop: ${what}`, function () {
      if (!kernels) this.skip();
      const byRow = Float64Array.from(random.uniform(rows, 0.1, 9));
      const byColumn = Float64Array.from(random.uniform(columns, 0.1, 9));
      const [wanted, found] = [new Float32Array(weight.length), new Float32Array(weight.length)];
      scaleRows(wanted, weight, group, length, byRow, byColumn);
      assert.equal(kernels.scale(found, weight, group, length, 1, byRow, byColumn), true);
      assert.deepEqual(found, wanted);
    });

    it(`finds the same maxima as the plain loop: ${what}`, function () {
      if (!kernels) this.skip();
      const tops = (): [Int32Array, Int32Array] => [
        new Int32Array(rows).fill(7),
        new Int32Array(columns),
      ];
      const [wanted, found] = [tops(), tops()];
      maximaOfBits(new Int32Array(weight.buffer), group, length, ...wanted);
      assert.equal(kernels.maxima(weight, group, length, ...found), true);
      assert.deepEqual(found, wanted);
    });

    it(`raises rows by the same products as the plain loop: ${what}`, function () {
      if (!kernels) this.skip();
      const byColumn = Float64Array.from(random.uniform(columns, 0.1, 9));
      const [wanted, found] = [new Float64Array(rows).fill(0.5), new Float64Array(rows).fill(0.5)];
      raiseRows(weight, group, length, byColumn, wanted);
      assert.equal(kernels.raise(weight, group, length, 1, byColumn, found), true);
      assert.deepEqual(found, wanted);
    });

    for (const taps of [2, 3, 9].filter((each) => length % each === 0)) {
      it(`takes a factor for ${taps} elements: ${what}`, function () {
        if (!kernels) this.skip();
        const byRow = Float64Array.from(random.uniform(rows, 0.1, 9));
        const runs = Float64Array.from(random.uniform(columns / taps, 0.1, 9));
        const byColumn = Float64Array.from(
          { length: columns },
          (_, c) => runs[Math.floor(c / taps)]!,
        );
        const [wanted, found] = [new Float32Array(weight.length), new Float32Array(weight.length)];
        scaleRows(wanted, weight, group, length, byRow, byColumn);
        assert.equal(kernels.scale(found, weight, group, length, taps, byRow, runs), true);
        assert.deepEqual(found, wanted);
        const [tops, raised] = [new Float64Array(rows), new Float64Array(rows)];
        raiseRows(weight, group, length, byColumn, tops);
        assert.equal(kernels.raise(weight, group, length, taps, runs, raised), true);
        assert.deepEqual(raised, tops);
      });
    }

    for (const taps of [1, 2].filter((each) => length % each === 0)) {
      it(`sums rows in the same order as a plain loop, ${taps} a column: ${what}`, function () {
        if (!kernels) this.skip();
        const runs = length / taps;
        const byColumn = Float64Array.from(random.uniform(Math.ceil(rows / group) * runs, -2, 2));
        byColumn[byColumn.length - 1] = 0; // leaves out what is not a number
        const wanted = new Float64Array(rows);
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < runs; c++) {
            const factor = byColumn[Math.floor(r / group) * runs + c] ?? NaN;
            let sum = 0;
            for (let t = 0; t < taps; t++) sum += weight[r * length + c * taps + t] ?? NaN;
            if (factor !== 0) wanted[r]! += sum * factor;
          }
        }
        const found = new Float64Array(rows);
        assert.equal(kernels.sums(weight, group, runs, taps, byColumn, found), true);
        assert.deepEqual(found, wanted);
        assert.ok(found.every(Number.isFinite));
      });
    }

    it(`finds the largest of each run: ${what}`, function () {
      if (!kernels) this.skip();
      const tops = new Int32Array(rows);
      assert.equal(kernels.runTops(weight, length, tops), true);
      const wanted = Float32Array.from({ length: rows }, (_, r) =>
        Math.max(...Array.from(weight.subarray(r * length, (r + 1) * length), Math.abs)),
      );
      // As numbers: there are several NaN.
      assert.deepEqual([...new Float32Array(tops.buffer)], [...wanted]);
    });

    it(`sees what is not finite, wherever it is: ${what}`, function () {
      if (!kernels) this.skip();
      assert.equal(kernels.areFinite(weight), false);
      const finite = weight.slice();
      finite[finite.length - 1] = 3.4e38;
      assert.equal(kernels.areFinite(finite), true);
      for (const at of [0, 5, finite.length >> 1, finite.length - 1]) {
        const broken = finite.slice();
        broken[at] = -Infinity;
        assert.equal(kernels.areFinite(broken), false);
      }
    });
  }

  it('does nothing where there is no room for what belongs to the columns', function () {
    if (!kernels) this.skip();
    const length = 100_000;
    const weight = new Float32Array(2 * length).fill(1);
    const out = new Float32Array(weight.length);
    const [byRow, byColumn] = [new Float64Array(2), new Float64Array(length)];
    assert.equal(kernels.scale(out, weight, 2, length, 1, byRow, byColumn), false);
    const columns = new Int32Array(length);
    assert.equal(kernels.maxima(weight, 2, length, new Int32Array(2), columns), false);
    assert.equal(out.includes(1) || columns.some((one) => one !== 0), false);
    assert.equal(kernels.room(roomSingles + 1), undefined);
  });
});
