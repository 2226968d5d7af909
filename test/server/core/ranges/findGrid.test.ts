import assert from 'node:assert/strict';
import { encodingOf, type GridFormat } from '../../../../server/core/quant/grid.ts';
import type { RangeMethod, Symmetry } from '../../../../server/core/quant/targets.ts';
import { SeededRandom } from '../../../../server/core/random.ts';
import { findGrid, histogramOf } from '../../../../server/core/ranges/findGrid.ts';
import { spreadError } from '../../../../server/core/ranges/histogramError.ts';
import { statisticsOf } from '../../../../server/core/ranges/statisticsCollector.ts';
import { normalQuantiles } from '../../../kit/normalQuantiles.ts';

const format = (bits: number, symmetry: Symmetry, isPowerOfTwo = false): GridFormat => ({
  bits,
  symmetry,
  isPowerOfTwo,
});

const gridOf = (
  values: Float32Array | Float64Array,
  method: RangeMethod,
  as: GridFormat,
): ReturnType<typeof findGrid> => findGrid(statisticsOf(values, histogramOf(method)), method, as);

const methods: readonly RangeMethod[] = [
  'minmax',
  'sqnr',
  'mse',
  'entropy',
  'percentile:99.9',
  'tf_enhanced',
  'tf_enhanced_v1',
];
const symmetries: readonly Symmetry[] = ['symmetric', 'strict', 'unsigned', 'asymmetric'];

describe('findGrid: tf_enhanced_v1', () => {
  // algorithms.md 13.6, in its order
  const x = normalQuantiles(2000);
  const golden: readonly (readonly [string, Float64Array, GridFormat, number, number, number])[] = [
    ['x', x, format(8, 'asymmetric'), -3.453563, 3.480756, -127],
    ['x', x, format(8, 'symmetric'), -3.480756, 3.453563, -128],
    ['x', x, format(8, 'strict'), -3.46716, 3.46716, -127],
    ['x', x, format(4, 'asymmetric'), -2.629263, 3.004872, -7],
    ['x', x, format(4, 'symmetric'), -3.032609, 2.653533, -8],
    ['2x+2', x.map((v) => 2 * v + 2), format(8, 'asymmetric'), -4.856423, 8.903442, -90],
    ['2x+2', x.map((v) => 2 * v + 2), format(4, 'asymmetric'), -3.75609, 7.512179, -5],
    ['2x+2', x.map((v) => 2 * v + 2), format(4, 'symmetric'), -8.00515, 7.004506, -8],
    ['x+5', x.map((v) => v + 5), format(8, 'asymmetric'), 0, 8.46716, 0],
    ['x+5', x.map((v) => v + 5), format(4, 'unsigned'), 0, 7.705115, 0],
    ['9 x 4.0', new Float64Array(9).fill(4), format(8, 'asymmetric'), 0, 4.00002, 0],
    ['9 x -5.0', new Float64Array(9).fill(-5), format(8, 'asymmetric'), -4.99998, 0, -255],
    ['all 0', new Float64Array(9), format(8, 'asymmetric'), -1.003922, 0.996078, -128],
    ['1,2,3,4,100', Float64Array.of(1, 2, 3, 4, 100), format(8, 'asymmetric'), 0, 99.806641, 0],
  ];
  /** The table prints six digits after the point. */
  const printed = 1e-6;
  for (const [name, values, as, min, max, offset] of golden) {
    it(`golden: ${name}, ${as.bits} bits ${as.symmetry}`, () => {
      const made = gridOf(values, 'tf_enhanced_v1', as);
      assert.ok(Math.abs(made.min - min) <= printed, JSON.stringify(made));
      assert.ok(Math.abs(made.max - max) <= printed, JSON.stringify(made));
      assert.equal(made.lowest, offset);
    });
  }
});

describe('findGrid: the cases of AIMET (algorithms: section 11.5)', () => {
  const random = new SeededRandom(5);
  const values = Float32Array.from({ length: 6000 }, () => 2 + 2 * random.normal());
  const { min, max } = statisticsOf(values);

  it('min-max of N(2, 4) is that of the data, but for the shift of zero', () => {
    const made = gridOf(values, 'minmax', format(8, 'asymmetric'));
    assert.ok(Math.abs(made.min - min) <= 0.03 && Math.abs(made.max - max) <= 0.03);
    assert.equal(gridOf(values, 'minmax', format(8, 'symmetric')).lowest, -128);
    const strict = gridOf(values, 'minmax', format(8, 'strict'));
    assert.equal(strict.lowest, -127);
    assert.equal(strict.max, -strict.min);
    const positive = values.map((v) => Math.abs(v));
    assert.equal(gridOf(positive, 'minmax', format(8, 'unsigned')).lowest, 0);
  });

  it('tf_enhanced of it ends between 2 and 6 deviations from the mean', () => {
    for (const method of ['tf_enhanced', 'tf_enhanced_v1'] as const) {
      const made = gridOf(values, method, format(8, 'asymmetric'));
      assert.ok(made.min > 2 - 12 && made.min < 2 - 4, JSON.stringify(made));
      assert.ok(made.max > 2 + 4 && made.max < 2 + 12, JSON.stringify(made));
    }
  });

  it('covers constants', () => {
    for (const method of methods) {
      // on a single bin AIMET's symmetric search finds nonsense (oracle README: -0.032 to 0.028)
      const isAimet = method.startsWith('tf_enhanced');
      for (const symmetry of isAimet ? (['asymmetric'] as const) : symmetries) {
        const four = gridOf(new Float32Array(50).fill(4), method, format(8, symmetry));
        assert.ok(four.max >= 3.5 && four.min <= 0, `${method} ${symmetry}`);
        const minusFive = gridOf(new Float32Array(50).fill(-5), method, format(8, symmetry));
        assert.ok(minusFive.min <= -4.5 && minusFive.max >= 0, `${method} ${symmetry}`);
      }
    }
    const zeros = gridOf(new Float32Array(9), 'tf_enhanced', format(8, 'asymmetric'));
    assert.ok(Math.abs(zeros.min + 1.003922) < 1e-6 && Math.abs(zeros.max - 0.996078) < 1e-6);
  });

  it('percentile shrinks the range to about the quantiles', () => {
    const sorted = Float32Array.from({ length: 100000 }, () => random.normal()).sort();
    for (const [percent, tail] of [
      [99.9, 100],
      [99.99, 10],
    ] as const) {
      const made = gridOf(sorted, `percentile:${percent}`, format(16, 'asymmetric'));
      // one bin; the range has 1,024 at least (its upper edge may come a bin early: two)
      const close = (2 * (sorted.at(-1)! - sorted[0]!)) / 1024;
      assert.ok(Math.abs(made.min - sorted[tail - 1]!) <= close, JSON.stringify(made));
      const upper = sorted[sorted.length - tail - 1]!;
      assert.ok(Math.abs(made.max - upper) <= close, JSON.stringify(made));
    }
    const whole = gridOf(sorted, 'percentile:100', format(8, 'asymmetric'));
    assert.deepEqual(whole, gridOf(sorted, 'minmax', format(8, 'asymmetric')));
  });

  it('mse stays inside the range of the data, but for a bin', () => {
    const made = gridOf(values, 'mse', format(8, 'asymmetric'));
    const slack = (max - min) / 1000;
    assert.ok(made.min >= min - slack && made.max <= max + slack, JSON.stringify(made));
  });
});

describe('findGrid: every method', () => {
  const random = new SeededRandom(11);
  const shapes: Readonly<Record<string, Float32Array>> = {
    normal: Float32Array.from({ length: 3000 }, () => random.normal()),
    rectified: Float32Array.from({ length: 3000 }, () => Math.max(0, random.normal())),
    heavy: Float32Array.from({ length: 3000 }, () => random.normal() ** 5),
    outlier: Float32Array.from({ length: 3000 }, (_, i) => (i === 7 ? 900 : random.normal())),
    negative: Float32Array.from({ length: 3000 }, () => -1 - random.next()),
    far: Float32Array.from({ length: 3000 }, () => 1e6 + random.next()),
    tiny: Float32Array.from({ length: 3000 }, () => 1e-30 * random.normal()),
    huge: Float32Array.from({ length: 3000 }, () => 1e38 * (random.next() - 0.3)),
    two: Float32Array.of(-3, 0.001),
    zeros: new Float32Array(20),
    faulty: Float32Array.of(NaN, 1, -Infinity, 2, Infinity, -0.5),
    none: new Float32Array(0),
    notANumber: Float32Array.of(NaN, NaN),
  };
  for (const [name, values] of Object.entries(shapes)) {
    it(`has zero on the grid, and finite numbers: ${name}`, () => {
      for (const method of methods) {
        for (const symmetry of symmetries) {
          for (const bits of [2, 3, 4, 8, 11, 16]) {
            for (const isPowerOfTwo of [false, true]) {
              const made = gridOf(values, method, format(bits, symmetry, isPowerOfTwo));
              const text = `${method} ${symmetry} ${bits}: ${JSON.stringify(made)}`;
              assert.ok(made.scale > 0 && made.scale < Infinity, text);
              assert.ok(made.lowest <= 0 && made.highest >= 0, text);
              assert.ok(Number.isInteger(made.lowest) && Number.isInteger(made.highest), text);
              const levels = made.highest - made.lowest;
              assert.equal(levels, 2 ** bits - (symmetry === 'strict' && levels % 2 === 0 ? 2 : 1));
              assert.equal(made.min, made.lowest * made.scale + 0, text);
              assert.equal(made.max, made.highest * made.scale, text);
              if (isPowerOfTwo) assert.ok(Number.isInteger(Math.log2(made.scale)), text);
            }
          }
        }
      }
    });
  }

  it('sqnr never has a greater error on the histogram than min-max', () => {
    let better = 0;
    for (const [name, values] of Object.entries(shapes)) {
      const statistics = statisticsOf(values, 'dynamic');
      if (!statistics.histogram) continue;
      const errorOf = spreadError(statistics.histogram, statistics);
      for (const symmetry of symmetries) {
        for (const bits of [2, 4, 8, 16]) {
          const as = format(bits, symmetry);
          const found = errorOf(findGrid(statistics, 'sqnr', as));
          const whole = errorOf(encodingOf(statistics.min, statistics.max, as));
          assert.ok(found <= whole, `${name} ${symmetry} ${bits}: ${found} > ${whole}`);
          if (found < whole) better++;
        }
      }
    }
    assert.ok(better > 30, `better ${better} times only`);
  });

  it('says so when the histogram is missing', () => {
    const statistics = statisticsOf(Float32Array.of(1, 2));
    assert.throws(() => findGrid(statistics, 'sqnr', format(8, 'symmetric')), /no dynamic/);
    const dynamic = statisticsOf(Float32Array.of(1, 2), 'dynamic');
    assert.throws(() => findGrid(dynamic, 'tf_enhanced', format(8, 'symmetric')), /no tf_enhanced/);
    assert.throws(() => findGrid(dynamic, 'percentile:5', format(8, 'symmetric')), RangeError);
  });
});
