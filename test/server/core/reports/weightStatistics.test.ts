import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { defaultTarget, type Symmetry } from '../../../../server/core/quant/targets.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { quantizeWeight } from '../../../../server/core/quant/quantizeWeight.ts';
import { sqnrOf } from '../../../../server/core/metrics/sqnr.ts';
import { measureOnGrid, measureWeights } from '../../../../server/core/reports/weightReport.ts';
import { layerWith, patternLayer } from '../../../kit/patternWeights.ts';
import { tensor } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';

interface OracleTarget {
  readonly bits: number;
  readonly symmetry: Symmetry;
  readonly isPowerOfTwo: boolean;
  readonly halfStep: number;
  readonly sqnrTensor: number | 'inf';
  readonly sqnrChannel: number | 'inf';
  readonly lostChannels: number;
}
interface OracleLayer {
  readonly name: string;
  readonly op: string;
  readonly dims: readonly number[];
  readonly group: number;
  readonly transB: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly kurtosis: number;
  readonly sumSquares: number;
  readonly channelAbsMax: readonly number[];
  readonly channelMin: readonly number[];
  readonly channelMax: readonly number[];
  readonly quartiles: readonly number[];
  readonly spread: number;
  readonly targets: readonly OracleTarget[];
}
const oracleUrl = new URL('../../../oracle/weightFigures.json', import.meta.url);
const oracle = JSON.parse(readFileSync(oracleUrl, 'utf8')) as {
  gains: number[];
  layers: OracleLayer[];
};

/** Sums of a few hundred doubles in another order. */
const relative = 1e-11;
/** A weight within 1e-12 of the middle between two levels may round the other way. */
const decibels = 1e-6;

const near = (got: number, want: number, what: string): void =>
  assert.ok(
    Math.abs(got - want) <= relative * Math.max(1e-3, Math.abs(want)),
    `${what}: ${got}, not ${want}`,
  );

describe('measureWeights and measureOnGrid', () => {
  for (const expected of oracle.layers) {
    it(`agrees with numpy: ${expected.name}`, () => {
      const layer = patternLayer(expected, oracle.gains);
      const got = measureWeights(layer);
      for (const key of [
        'min',
        'max',
        'mean',
        'std',
        'kurtosis',
        'sumSquares',
        'spread',
      ] as const) {
        near(got[key], expected[key], key);
      }
      assert.deepEqual([...got.channelAbsMax], expected.channelAbsMax);
      assert.deepEqual(
        [...got.channelMin],
        expected.channelMin.map((v) => v + 0),
      );
      assert.deepEqual(
        [...got.channelMax],
        expected.channelMax.map((v) => v + 0),
      );
      const { min, q1, median, q3, max } = got.quartiles;
      [min, q1, median, q3, max].forEach((v, i) =>
        near(v, expected.quartiles[i]!, `quartile ${i}`),
      );
      for (const want of expected.targets) {
        const { bits, symmetry, isPowerOfTwo } = want;
        const target = { ...defaultTarget, weightBits: bits, symmetry, isPowerOfTwo };
        const figures = measureOnGrid(layer, got, target);
        const what = `${bits} ${symmetry} ${isPowerOfTwo}`;
        assert.equal(figures.range.halfStep, 0, `${what}: channels share no grid`);
        assert.equal(figures.lostChannels, 0, `${what}: on its own grid no channel is lost`);
        nearDb(figures.sqnrTensor, want.sqnrTensor, `${what} tensor`);
        nearDb(figures.sqnrChannel, want.sqnrChannel, `${what} channel`);
        assert.equal(figures.sqnrChosen, figures.sqnrChannel);
        const perTensor = measureOnGrid(layer, got, { ...target, granularity: 'tensor' });
        near(perTensor.range.halfStep, want.halfStep, what);
        assert.equal(perTensor.sqnrChosen, figures.sqnrTensor);
        assert.equal(perTensor.lostChannels, want.lostChannels, what);
      }
    });
  }

  it('measures the noise of the weights that quantizeWeight makes', () => {
    for (const spec of oracle.layers) {
      const layer = patternLayer(spec, oracle.gains);
      for (const granularity of ['tensor', 'channel'] as const) {
        for (const symmetry of ['strict', 'asymmetric'] as const) {
          const target = { ...defaultTarget, weightBits: 5, granularity, symmetry };
          const made = sqnrOf(readFloats(layer.weight), quantizeWeight(layer, target));
          const measured = measureOnGrid(layer, measureWeights(layer), target).sqnrChosen;
          // the weights made are stored as float32
          assert.ok(Math.abs(made - measured) < 1e-4, `${spec.name}: ${measured}, not ${made}`);
        }
      }
    }
  });

  it('keeps to what holds for every weight', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      const values = random.normal(6 * 20).map((v, i) => v * 4 ** (Math.floor(i / 20) - 3));
      const layer = layerWith(tensor('w', [6, 20, 1], values), conv);
      const got = measureWeights(layer);
      const target = { ...defaultTarget, weightBits: 2 + (seed % 7) };
      const { sqnrTensor, sqnrChannel } = measureOnGrid(layer, got, target);
      const { range } = measureOnGrid(layer, got, { ...target, granularity: 'tensor' });
      // no weight is off by more than half a step
      const worstNoise = got.count * range.halfStep ** 2;
      assert.ok(sqnrTensor >= 10 * Math.log10(got.sumSquares / worstNoise), `seed ${seed}`);
      // powers of two change nothing: every step of the arithmetic scales exactly
      const scaled = layerWith(
        tensor(
          'w',
          [6, 20, 1],
          values.map((v) => v * 8),
        ),
        conv,
      );
      const figures = measureOnGrid(scaled, measureWeights(scaled), target);
      assert.equal(figures.sqnrTensor, sqnrTensor);
      assert.equal(figures.sqnrChannel, sqnrChannel);
      // what is on a grid already stays there
      const onGrid = quantizeWeight(layer, target);
      const again = layerWith(tensor('w', [6, 20, 1], onGrid), conv);
      const moved = Math.max(
        ...quantizeWeight(again, target).map((v, i) => Math.abs(v / onGrid[i]! - 1) || 0),
      );
      assert.ok(moved <= 2 ** -22, `seed ${seed}: ${moved}`); // the scale comes from float32 values
    }
  });

  it('reads a weight of many parts as one', () => {
    // 3 rows of 500,000: parts of two rows and of one
    const values = new Random(4).normal(1_500_000, 0.2, 1);
    const layer = layerWith(tensor('big', [3, 500_000, 1], values), conv);
    const got = measureWeights(layer);
    let sum = 0;
    let squares = 0;
    for (const v of readFloats(layer.weight)) {
      sum += v;
      squares += v * v;
    }
    near(got.mean, sum / 1_500_000, 'mean');
    near(got.sumSquares, squares, 'sum of squares');
    const quantized = quantizeWeight(layer, defaultTarget);
    const made = sqnrOf(readFloats(layer.weight), quantized);
    assert.ok(Math.abs(measureOnGrid(layer, got, defaultTarget).sqnrChosen - made) < 1e-4);
  });

  it('reads a MatMul of many parts as one', () => {
    const values = new Random(5).normal(1_500_000, 0, 1);
    const layer = layerWith(tensor('big', [500_000, 3], values), { ...conv, op: 'MatMul' });
    const tops = [0, 0, 0];
    readFloats(layer.weight).forEach((v, i) => (tops[i % 3] = Math.max(tops[i % 3]!, Math.abs(v))));
    assert.deepEqual([...measureWeights(layer).channelAbsMax], tops);
  });

  it('measures float16, bfloat16 and float64 weights', () => {
    for (const type of ['float16', 'bfloat16', 'float64'] as const) {
      const values = [0.5, -0.25, 2, 1];
      const got = measureWeights(layerWith(tensor('w', [2, 2, 1], values, type), conv));
      assert.deepEqual([got.min, got.max, got.mean], [-0.25, 2, 0.8125], type);
      assert.deepEqual([...got.channelAbsMax], [0.5, 2]);
    }
  });

  it('calls the kurtosis of equal weights NaN and their SQNR exact', () => {
    const layer = layerWith(tensor('w', [2, 2, 1], 0), conv);
    const got = measureWeights(layer);
    assert.ok(Number.isNaN(got.kurtosis));
    const figures = measureOnGrid(layer, got, defaultTarget);
    assert.equal(figures.sqnrChosen, Infinity);
    assert.deepEqual([figures.spread, figures.lostChannels, got.silentChannels], [1, 0, 2]);
  });

  it('keeps the moments of weights far from zero', () => {
    // mean 1000, deviations of 1 and -1: kurtosis 1 exactly
    const values = Array.from({ length: 1000 }, (_, i) => 1000 + (i % 2 === 0 ? 1 : -1));
    const got = measureWeights(layerWith(tensor('w', [10, 100, 1], values), conv));
    near(got.std, 1, 'std');
    near(got.kurtosis, 1, 'kurtosis');
  });

  for (const type of ['float32', 'float64', 'float16'] as const) {
    it(`names NaN and infinite ${type} weights and measures nothing`, () => {
      const values = [1, NaN, 2, 3, Infinity, -Infinity];
      const layer = layerWith(tensor('w', [3, 2, 1], values, type), conv);
      const got = measureWeights(layer);
      assert.equal(
        got.fault,
        '3 of 6 weights in "w" are not finite (1 NaN, 2 infinite), in output channels 0, 2',
      );
      assert.equal(got.absMax, 0);
      assert.ok(Number.isNaN(measureOnGrid(layer, got, defaultTarget).sqnrChosen));
    });
  }
});

const conv = { op: 'Conv', group: 1, transB: 0 };

function nearDb(got: number, want: number | 'inf', what: string): void {
  if (want === 'inf') assert.equal(got, Infinity, what);
  else assert.ok(Math.abs(got - want) <= decibels, `${what}: ${got}, not ${want}`);
}
