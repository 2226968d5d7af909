import assert from 'node:assert/strict';
import * as vectors from '../../../../server/core/kernels/vectors.ts';
import { Random } from '../../../kit/random.ts';

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

  describe('of many channels', () => {
    // So many go to the kernels, fewer do not: both must give the same bits.
    const count = 45;
    const random = new Random(9);
    const x = Float64Array.from(random.uniform(count, -3, 3));
    const y = Float64Array.from(random.uniform(count, 0.1, 3));
    x[4] = NaN;
    x[5] = Infinity;
    x[6] = -0;
    y[6] = 0;
    const parts = Array.from({ length: 5 }, (_, at) => [9 * at, 9 * at + 9] as const);
    const inParts = (make: (a: Float64Array, b: Float64Array) => ArrayLike<number>): number[] =>
      parts.flatMap(([from, to]) => Array.from(make(x.slice(from, to), y.slice(from, to))));

    const changes: Record<string, (a: Float64Array, b: Float64Array) => void> = {
      multiplyBy: vectors.multiplyBy,
      divideBy: vectors.divideBy,
      subtractFrom: vectors.subtractFrom,
      lowerTo: vectors.lowerTo,
      raiseTo: vectors.raiseTo,
      raisedTo: (a, b) => {
        const raised = b.slice();
        vectors.raiseTo(raised, a);
        a.set(raised);
      },
      addQuotient: (a, b) => vectors.addQuotient(a, b, 0.3),
      keepMarked: (a, b) => vectors.keepMarked(a, Uint8Array.from(b)),
    };
    for (const [name, change] of Object.entries(changes)) {
      it(`${name} gives the same`, () => {
        const make = (a: Float64Array, b: Float64Array): Float64Array => {
          const changed = a.slice();
          change(changed, b);
          return changed;
        };
        assert.deepEqual([...make(x, y)], inParts(make));
      });
    }

    const makers: Record<string, (a: Float64Array, b: Float64Array) => Float64Array> = {
      product: vectors.product,
      quotient: vectors.quotient,
      times: (a) => vectors.times(a, 0.7),
      affine: (a, b) => vectors.affine(a, b, a),
    };
    for (const [name, make] of Object.entries(makers)) {
      it(`${name} gives the same`, () => assert.deepEqual([...make(x, y)], inParts(make)));
    }

    it('answers the same', () => {
      const counted = inParts((a) => [vectors.countEqual(a, 0)]).reduce((sum, some) => sum + some);
      assert.equal(vectors.countEqual(x, 0), counted);
      assert.equal(vectors.countEqual(x, 0), 1);
      assert.equal(vectors.areAll(new Float64Array(count).fill(2), 2), true);
      assert.equal(
        vectors.areAll(
          Float64Array.from(y, (_, c) => (c === 44 ? 3 : 2)),
          2,
        ),
        false,
      );
      const logs = inParts((_, b) => [vectors.largestLog(b.map((value) => value + 0.1))]);
      assert.equal(vectors.largestLog(y.map((value) => value + 0.1)), Math.max(...logs));
    });
  });
});
