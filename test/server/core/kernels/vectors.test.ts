import assert from 'node:assert/strict';
import * as vectors from '../../../../server/core/kernels/vectors.ts';

const a = (): Float64Array => Float64Array.of(1, -2, 8);
const b = Float64Array.of(2, 4, -0.5);

/** What an operation in place leaves of `a`. */
function left(change: (a: Float64Array) => void): number[] {
  const changed = a();
  change(changed);
  return [...changed];
}

describe('vectors', () => {
  it('change an array in place', () => {
    assert.deepEqual(
      left((x) => vectors.multiplyBy(x, b)),
      [2, -8, -4],
    );
    assert.deepEqual(
      left((x) => vectors.divideBy(x, b)),
      [0.5, -0.5, -16],
    );
    assert.deepEqual(
      left((x) => vectors.addQuotient(x, b, 2)),
      [2, 0, 7.75],
    );
    assert.deepEqual(
      left((x) => vectors.subtractFrom(x, b)),
      [-1, -6, 8.5],
    );
    assert.deepEqual(
      left((x) => vectors.lowerTo(x, b)),
      [1, -2, -0.5],
    );
  });

  it('lower a channel to the least of its positions', () => {
    const at = Int32Array.of(0, 2, 2);
    assert.deepEqual(
      left((x) => vectors.lowerTo(x, Float64Array.of(5, 6, 7), at)),
      [1, -2, 6],
    );
  });

  it('make new ones', () => {
    assert.deepEqual([...vectors.product(a(), b)], [2, -8, -4]);
    assert.deepEqual([...vectors.quotient(a(), b)], [0.5, -0.5, -16]);
    assert.deepEqual([...vectors.times(a(), -3)], [-3, 6, -24]);
  });

  it('answer questions', () => {
    assert.equal(vectors.countEqual([3, 0, 3], 3), 2);
    assert.deepEqual(vectors.positionsOtherThan(1, [1, 0, 1, NaN]), [1, 3]);
    assert.equal(vectors.areAll([3, 3], 3), true);
    assert.equal(vectors.areAll([3, NaN], 3), false);
    assert.equal(vectors.meet(a(), Float64Array.of(0, -2, 0)), true);
    assert.equal(vectors.meet(a(), b), false);
    assert.equal(vectors.largestLog(Float64Array.of(1, Math.E, Math.exp(-3))), 3);
    assert.equal(vectors.largestLog(new Float64Array()), 0);
  });
});
