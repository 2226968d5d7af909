import assert from 'node:assert/strict';
import { sqnrOf } from '../../../../server/core/metrics/sqnr.ts';

describe('sqnrOf', () => {
  const cases: readonly (readonly [string, readonly number[], readonly number[], number])[] = [
    ['equal', [1, -2], [1, -2], Infinity],
    ['silence', [0, 0], [0, 0], Infinity],
    ['noise on silence', [0, 0], [0, 1], -Infinity],
    ['nothing', [], [], Infinity],
    // signal 3^2 + 4^2 = 25, noise 0.5^2 = 0.25: ratio 100
    ['one value off', [3, 4], [3, 4.5], 20],
    ['a NaN', [1, 2], [1, NaN], NaN],
  ];
  for (const [name, reference, actual, expected] of cases) {
    it(name, () => assert.equal(sqnrOf(reference, actual), expected));
  }
});
