import assert from 'node:assert/strict';
import { cosine } from '../../../../server/core/metrics/cosine.ts';
import { metrics } from '../../../../server/core/metrics/index.ts';
import { maxError } from '../../../../server/core/metrics/maxError.ts';
import type { ErrorMetric } from '../../../../server/core/metrics/metric.ts';
import { mse } from '../../../../server/core/metrics/mse.ts';
import { sqnr } from '../../../../server/core/metrics/sqnr.ts';

interface Case {
  readonly name: string;
  readonly metric: ErrorMetric;
  readonly reference: readonly number[];
  readonly actual: readonly number[];
  readonly expected: number;
}

/** Last bits of a logarithm or a root. */
const tolerance = 1e-12;

describe('metrics', () => {
  const cases: readonly Case[] = [
    { name: 'equal', metric: sqnr, reference: [1, -2], actual: [1, -2], expected: Infinity },
    { name: 'silence', metric: sqnr, reference: [0, 0], actual: [0, 0], expected: Infinity },
    {
      name: 'noise on silence',
      metric: sqnr,
      reference: [0, 0],
      actual: [0, 1],
      expected: -Infinity,
    },
    { name: 'nothing', metric: sqnr, reference: [], actual: [], expected: Infinity },
    // signal 3^2 + 4^2 = 25, noise 0.5^2 = 0.25: ratio 100
    { name: 'one value off', metric: sqnr, reference: [3, 4], actual: [3, 4.5], expected: 20 },
    { name: 'equal', metric: mse, reference: [1, -2], actual: [1, -2], expected: 0 },
    { name: 'nothing', metric: mse, reference: [], actual: [], expected: 0 },
    // (2^2 + 0 + 0 + 0) / 4
    {
      name: 'one value off',
      metric: mse,
      reference: [0, 1, 2, 3],
      actual: [2, 1, 2, 3],
      expected: 1,
    },
    { name: 'zero reference', metric: mse, reference: [0, 0], actual: [3, 1], expected: 5 },
    { name: 'equal', metric: cosine, reference: [1, 2], actual: [1, 2], expected: 1 },
    { name: 'another scale', metric: cosine, reference: [1, 2], actual: [10, 20], expected: 1 },
    { name: 'opposite', metric: cosine, reference: [1, 2], actual: [-1, -2], expected: -1 },
    { name: 'silence', metric: cosine, reference: [0, 0], actual: [0, 0], expected: 1 },
    { name: 'zero reference', metric: cosine, reference: [0, 0], actual: [1, 0], expected: 0 },
    { name: 'nothing', metric: cosine, reference: [], actual: [], expected: 1 },
    // (3*4 + 4*3) / (5 * 5)
    { name: 'by hand', metric: cosine, reference: [3, 4], actual: [4, 3], expected: 24 / 25 },
    { name: 'huge values', metric: cosine, reference: [1e150, 0], actual: [1e150, 0], expected: 1 },
    { name: 'equal', metric: maxError, reference: [1, -2], actual: [1, -2], expected: 0 },
    { name: 'nothing', metric: maxError, reference: [], actual: [], expected: 0 },
    {
      name: 'one value off',
      metric: maxError,
      reference: [1, -2, 3],
      actual: [1, -5, 2],
      expected: 3,
    },
    { name: 'a NaN', metric: maxError, reference: [1, 2, 9], actual: [1, NaN, 1], expected: NaN },
  ];
  for (const { name, metric, reference, actual, expected } of cases) {
    it(`${metric.id}: ${name}`, () => {
      const measured = metric.measure(reference, actual);
      if (!Number.isFinite(expected)) assert.equal(measured, expected);
      else assert.ok(Math.abs(measured - expected) <= tolerance, `${measured}, not ${expected}`);
    });
  }

  it('are listed once each', () => {
    assert.deepEqual(
      metrics.map(({ id }) => id),
      ['sqnr', 'mse', 'cosine', 'maxError'],
    );
  });
});
