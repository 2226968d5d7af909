import assert from 'node:assert/strict';
import { DifferenceTotal } from '../../../../server/engines/tasks/differenceTotal.ts';
import type { EngineTensor } from '../../../../server/engines/engine.ts';
import { StatisticsKernels } from '../../../../server/engines/tasks/statisticsKernels.ts';
import { Random } from '../../../kit/random.ts';

/** Sums of 30,000 doubles in another order: each addition rounds by 2^-53 at most. */
const orderTolerance = 30_000 * 2 ** -53;

const tensor = (dims: number[], values: number[]): EngineTensor => ({
  type: 'float32',
  dims,
  values: Float32Array.from(values),
});

describe('DifferenceTotal', () => {
  for (const [how, kernels] of [
    ['plain', undefined],
    ['kernels', StatisticsKernels.create()],
  ] as const) {
    it(`counts what is not finite any more, and what never was: ${how}`, () => {
      const total = new DifferenceTotal(
        {
          kind: 'difference',
          reference: { network: 0, value: 'a' },
          actual: { network: 0, value: 'b' },
          perSample: true,
        },
        kernels,
      );
      total.add(0, tensor([3], [1, -Infinity, 2]), tensor([3], [1, -Infinity, 3]));
      total.add(1, tensor([3], [1, 2, 3]), tensor([3], [1, NaN, Infinity]));
      const { notFinite, lost, samples } = total.result();
      assert.deepEqual([notFinite, lost], [3, 2]);
      assert.deepEqual(samples?.sumSquaredError, Float64Array.of(1, Infinity));
    });
  }

  it('sums over samples what was worked out by hand', () => {
    const total = new DifferenceTotal({
      kind: 'difference',
      reference: { network: 0, value: 'a' },
      actual: { network: 0, value: 'b' },
      channelAxis: 1,
      perSample: true,
    });
    // errors: channel 0: 0.5, 0.5; channel 1: -1, 0
    total.add(7, tensor([1, 2, 2], [1, 2, 3, 4]), tensor([1, 2, 2], [1.5, 2.5, 2, 4]));
    // errors: channel 0: 0, 2; channel 1: 0, 0
    total.add(3, tensor([1, 2, 2], [0, 1, 0, 0]), tensor([1, 2, 2], [0, 3, 0, 0]));
    const result = total.result();
    assert.equal(result.count, 8);
    assert.equal(result.notFinite, 0);
    assert.equal(result.sumSquaredReference, 1 + 4 + 9 + 16 + 1);
    assert.equal(result.sumSquaredActual, 2.25 + 6.25 + 4 + 16 + 9);
    assert.equal(result.sumProduct, 1.5 + 5 + 6 + 16 + 3);
    assert.equal(result.sumSquaredError, 0.25 + 0.25 + 1 + 4);
    assert.equal(result.sumError, 0.5 + 0.5 - 1 + 2);
    assert.equal(result.maxAbsError, 2);
    assert.deepEqual(result.channelMeanError, Float64Array.of(0.75, -0.25));
    // mean of squares 4.5 / 4 and 1 / 4, less the squared means 0.5625 and 0.0625
    assert.deepEqual(result.channelDeviation, Float64Array.of(0.75, Math.sqrt(0.1875)));
    assert.deepEqual(result.samples, {
      index: Int32Array.of(7, 3),
      sumSquaredReference: Float64Array.of(30, 1),
      sumSquaredError: Float64Array.of(1.5, 4),
    });
  });

  it('leaves out pairs of which one is not finite, and counts them', () => {
    const total = new DifferenceTotal({
      kind: 'difference',
      reference: { network: 0, value: 'a' },
      actual: { network: 0, value: 'b' },
      channelAxis: -1,
    });
    const values = [Infinity, NaN, 1, -Infinity];
    total.add(0, tensor([4, 1], values), tensor([4, 1], [Infinity, 2, 1.25, 5]));
    const { count, notFinite, sumSquaredReference, sumError, channelMeanError } = total.result();
    assert.deepEqual([count, notFinite, sumSquaredReference, sumError], [1, 3, 1, 0.25]);
    assert.deepEqual(channelMeanError, Float64Array.of(0.25));
  });

  it('keeps the deviation of errors that are large and nearly equal', () => {
    const total = new DifferenceTotal({
      kind: 'difference',
      reference: { network: 0, value: 'a' },
      actual: { network: 0, value: 'b' },
      channelAxis: 0,
    });
    // errors 2^23 and 2^23 + 1: their squares need 47 bits, the deviation is exactly 0.5
    total.add(0, tensor([1, 2], [0, 0]), tensor([1, 2], [2 ** 23, 2 ** 23 + 1]));
    assert.deepEqual(total.result().channelDeviation, Float64Array.of(0.5));
    assert.deepEqual(total.result().channelMeanError, Float64Array.of(2 ** 23 + 0.5));
  });

  it('takes integers of every size', () => {
    const total = new DifferenceTotal({
      kind: 'difference',
      reference: { network: 0, value: 'a' },
      actual: { network: 0, value: 'b' },
    });
    total.add(
      0,
      { type: 'int64', dims: [2], values: BigInt64Array.of(5n, -3n) },
      { type: 'int64', dims: [2], values: BigInt64Array.of(7n, -3n) },
    );
    assert.deepEqual([total.result().sumError, total.result().sumSquaredReference], [2, 34]);
  });

  for (const [what, dims, axis] of [
    ['channels across pieces', [2, 3, 5000], 1],
    ['short runs', [1, 600, 49], 1],
    ['no channels', [29_999], undefined],
    ['channels that lie scattered', [1000, 30], -1],
  ] as [string, number[], number | undefined][]) {
    it(`gives by SIMD what it gives pair by pair: ${what}`, () => {
      const random = new Random(7);
      const count = dims.reduce((a, b) => a * b, 1);
      const [r, a] = [random.normal(count), random.normal(count)];
      r.set([NaN, Infinity, -Infinity], 500);
      a.set([Infinity, NaN], 20_000);
      const make = (kernels?: StatisticsKernels): DifferenceTotal =>
        new DifferenceTotal(
          {
            kind: 'difference',
            reference: { kept: 'r' },
            actual: { kept: 'a' },
            perSample: true,
            ...(axis === undefined ? {} : { channelAxis: axis }),
          },
          kernels,
        );
      const totals = [make(StatisticsKernels.create() ?? assert.fail('no SIMD')), make()];
      for (const total of totals) {
        for (const index of [4, 2]) {
          total.add(
            index,
            { type: 'float32', dims, values: r },
            { type: 'float32', dims, values: a },
          );
        }
      }
      const [fast, plain] = totals.map((total) => total.result());
      assert.ok(fast && plain);
      assert.equal(plain.notFinite, 10);
      const { sumSquaredReference: signal, sumSquaredError: error } = plain;
      const near = (x: ArrayLike<number>, y: ArrayLike<number>, size: number): void => {
        assert.equal(x.length, y.length);
        for (let i = 0; i < x.length; i++) {
          const [left, right] = [x[i] ?? NaN, y[i] ?? NaN];
          assert.ok(
            left === right || Math.abs(left - right) <= orderTolerance * size,
            `${left} for ${right}`,
          );
        }
      };
      const sumsOf = (one: typeof plain): number[] => [
        one.sumSquaredReference,
        one.sumSquaredActual,
        one.sumProduct,
        one.sumSquaredError,
        one.sumError,
      ];
      near(sumsOf(fast), sumsOf(plain), signal + error);
      assert.deepEqual(
        [fast.count, fast.notFinite, fast.maxAbsError],
        [plain.count, plain.notFinite, plain.maxAbsError],
      );
      near(fast.samples?.sumSquaredError ?? [], plain.samples?.sumSquaredError ?? [], error);
      near(fast.channelMeanError ?? [], plain.channelMeanError ?? [], 1);
      near(fast.channelDeviation ?? [], plain.channelDeviation ?? [], 1);
    });
  }
});
