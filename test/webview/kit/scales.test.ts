import assert from 'node:assert/strict';
import { decades, linear, log, quantiles, thinned, tickText } from '../../../webview/kit/scales.ts';

/** Pixels are compared to a millionth: the arithmetic is a few double operations. */
const pixelTolerance = 1e-6;
const near = (made: number, wanted: number): void => {
  assert.ok(Math.abs(made - wanted) < pixelTolerance, `${made} is not ${wanted}`);
};

describe('scales', () => {
  it('log puts powers of ten at equal distances', () => {
    const x = log([0.01, 100], [0, 200]);
    assert.deepEqual(x.ticks, [0.01, 0.1, 1, 10, 100]);
    near(x(0.01), 0);
    near(x(1), 100);
    near(x(100), 200);
  });
  it('holds values outside at the ends, zero too', () => {
    const x = log([0.01, 100], [0, 200]);
    near(x(0), 0);
    near(x(1e9), 200);
    near(linear([0, 10], [0, 100])(-5), 0);
  });
  it('linear has round ticks within its domain', () => {
    assert.deepEqual(linear([0, 68.3], [0, 1]).ticks, [0, 20, 40, 60]);
    assert.deepEqual(linear([-5, 40], [0, 1]).ticks, [0, 20, 40]);
    assert.deepEqual(linear([0, 0.03], [0, 1]).ticks, [0, 0.01, 0.02, 0.03]);
  });
  it('linear of an empty domain does not divide by 0', () => near(linear([1, 1], [0, 10])(1), 0));
  it('tick labels', () => {
    const cases = [
      [0.01, '0.01'],
      [100, '100'],
      [1e4, '10⁴'],
      [1e-5, '10⁻⁵'],
      [0, '0'],
      [-20, '−20'],
    ] as const;
    for (const [value, wanted] of cases) assert.equal(tickText(value), wanted);
  });
  it('thinning keeps the last tick', () => {
    assert.deepEqual(thinned([1, 2, 3, 4, 5, 6, 7], 4), [1, 3, 5, 7]);
    assert.deepEqual(thinned([1, 2, 3], 4), [1, 2, 3]);
  });
  it('decades enclose what they are made of, one at least', () => {
    assert.deepEqual(decades(0.02, 68), [0.01, 100]);
    assert.deepEqual(decades(1, 1), [1, 10]);
    assert.deepEqual(decades(0.1, 10), [0.1, 10]);
  });
  it('quantiles are values of the list', () => {
    assert.deepEqual(quantiles([5, 1, 3, 2, 4], [0, 0.25, 0.5, 0.75, 1]), [1, 2, 3, 4, 5]);
    assert.ok(Number.isNaN(quantiles([], [0.5])[0]));
  });
});
