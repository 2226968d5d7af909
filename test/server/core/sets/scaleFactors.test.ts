import assert from 'node:assert/strict';
import {
  atPositions,
  rangeByChannel,
  scaleFactors,
  spreadOf,
} from '../../../../server/core/sets/scaleFactors.ts';
import { closeTo } from '../../../kit/run.ts';

/** A few operations in double. */
const double = { relative: 1e-14, absolute: 0 };

describe('scaleFactors', () => {
  it('gives four layers the same range', () => {
    const ranges = [8, 1, 2, 1].map((range) => Float64Array.of(range));
    const [s1, s2, s3] = scaleFactors(ranges).map(([s = NaN]) => s);
    // The fourth root of 16 is 2: 8/4, 1*4/2, 2*2/2, 1*2.
    closeTo([s1 ?? 0, s2 ?? 0, s3 ?? 0], [4, 2, 2], double);
  });

  it('neither overflows nor underflows', () => {
    const [s] = scaleFactors([Float64Array.of(1e200), Float64Array.of(1e-10)]);
    closeTo(s ?? [], [1e105], double);
    const [a, b] = scaleFactors([1e-10, 1e-11, 1e-12].map((r) => Float64Array.of(r)));
    closeTo([...(a ?? []), ...(b ?? [])], [10, 10], double);
  });

  it('keeps 1 where a range is 0, next to 0 or not a number', () => {
    for (const range of [0, 9e-13, NaN]) {
      assert.deepEqual(scaleFactors([Float64Array.of(range, 4), Float64Array.of(1, 1)]), [
        Float64Array.of(1, 2),
      ]);
    }
  });
});

describe('spreadOf', () => {
  it('is the largest over the median, dead channels not counted', () => {
    assert.equal(spreadOf(Float64Array.of(1, 2, 30)), 15);
    assert.equal(spreadOf(Float64Array.of(0, 1, 3, 0, 8, 2)), 8 / 2.5);
    assert.equal(spreadOf(Float64Array.of(0, 0)), 1);
  });
});

describe('positions', () => {
  const channelAt = Int32Array.of(0, 0, 1, 1);

  it('of a channel: the largest range counts', () => {
    const range = rangeByChannel(Float64Array.of(1, 5, 2, 0), channelAt, 2);
    assert.deepEqual(range, Float64Array.of(5, 2));
  });

  it('have the value of their channel', () => {
    assert.deepEqual(atPositions(Float64Array.of(7, 9), channelAt), Float64Array.of(7, 7, 9, 9));
  });
});
