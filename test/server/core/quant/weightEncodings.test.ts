import assert from 'node:assert/strict';
import { floatTensor, readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { axisRows, channelRows } from '../../../../server/core/kernels/channelRows.ts';
import { fakeQuantize } from '../../../../server/core/kernels/fakeQuant.ts';
import { encodingOf } from '../../../../server/core/quant/grid.ts';
import { quantizeWeight } from '../../../../server/core/quant/quantizeWeight.ts';
import { defaultTarget, type RangeMethod } from '../../../../server/core/quant/targets.ts';
import { weightEncoding } from '../../../../server/core/quant/weightEncodings.ts';
import { findGrid, histogramOf } from '../../../../server/core/ranges/findGrid.ts';
import { statisticsOf } from '../../../../server/core/ranges/statisticsCollector.ts';
import { layerWith } from '../../../kit/patternWeights.ts';
import { Random } from '../../../kit/random.ts';

const methods: readonly RangeMethod[] = [
  'minmax',
  'sqnr',
  'mse',
  'entropy',
  'percentile:99',
  'tf_enhanced',
  'tf_enhanced_v1',
];
const format = { bits: 4, symmetry: 'symmetric', isPowerOfTwo: false } as const;
const quantizer = { kind: 'weight', format, axis: 0, range: 'minmax' } as const;

describe('weightEncoding', () => {
  const random = new Random(4);
  const dims = [5, 40, 3];
  const values = random.normal(600).map((v, i) => v * (1 + Math.floor(i / 120)));

  for (const range of methods) {
    it(`has the grid of each channel alone, on any axis: ${range}`, () => {
      for (const axis of [0, 1, 2]) {
        const made = weightEncoding(floatTensor('w', dims, values), { ...quantizer, axis, range });
        const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
        assert.equal(made.grids.scale.length, dims[axis]);
        for (let c = 0; c < dims[axis]!; c++) {
          const own = values.filter((_, i) => Math.floor(i / inner) % dims[axis]! === c);
          const alone = findGrid(statisticsOf(own, histogramOf(range)), range, format);
          assert.equal(made.grids.scale[c], alone.scale);
          assert.equal(made.grids.lowest[c], alone.lowest);
          assert.equal(made.grids.highest[c], alone.highest);
        }
      }
    });

    it(`is the same whatever the memory layout: ${range}`, () => {
      const matrix = values.slice(0, 120); // 6 outputs, 20 inputs
      const turned = matrix.map((_, i) => matrix[(i % 6) * 20 + Math.floor(i / 6)]!);
      const a = weightEncoding(floatTensor('w', [6, 20], matrix), { ...quantizer, range });
      const b = weightEncoding(floatTensor('w', [20, 6], turned), { ...quantizer, axis: 1, range });
      assert.deepEqual(b, { ...a, axis: 1 });
      const whole = { ...quantizer, axis: undefined, range };
      assert.deepEqual(
        weightEncoding(floatTensor('w', [6, 20], matrix), whole),
        weightEncoding(floatTensor('w', [20, 6], turned), whole),
      );
    });
  }

  it('leaves out what is not finite', () => {
    const tensor = floatTensor('w', [2, 3], Float32Array.of(NaN, 1, -0.5, Infinity, -3, 2));
    const { scale } = weightEncoding(tensor, quantizer).grids;
    assert.deepEqual(
      [...scale],
      [encodingOf(-0.5, 1, format).scale, encodingOf(-3, 2, format).scale],
    );
    const nothing = floatTensor('w', [2], Float32Array.of(NaN, NaN));
    assert.ok(weightEncoding(nothing, quantizer).grids.scale.every((step) => step > 0));
  });

  it('has one sign for all channels, one range where it is fixed, and takes empty tensors', () => {
    const unsigned = { ...quantizer, format: { ...format, symmetry: 'unsigned' } } as const;
    for (const range of methods) {
      const some = floatTensor('w', [2, 3], Float32Array.of(1, 2, 3, -1, 2, 3));
      const signs = weightEncoding(some, { ...unsigned, range }).grids.lowest;
      assert.deepEqual([...signs], [-8, -8]);
      const none = floatTensor('w', [2, 3], Float32Array.of(1, 2, 3, 1, 2, 3));
      assert.deepEqual([...weightEncoding(none, { ...unsigned, range }).grids.lowest], [0, 0]);
      const empty = floatTensor('w', [0, 3], new Float32Array(0));
      assert.equal(weightEncoding(empty, { ...quantizer, range }).grids.scale.length, 0);
      assert.equal(
        weightEncoding(empty, { ...quantizer, range, axis: undefined }).grids.scale.length,
        1,
      );
    }
    const tensor = floatTensor('w', [2, 2], Float32Array.of(1, 2, 3, 4));
    const fixed = weightEncoding(tensor, { ...quantizer, fixed: { min: -1, max: 1 } });
    assert.deepEqual([...fixed.grids.scale], Array(2).fill(encodingOf(-1, 1, format).scale));
  });

  it('shares scales between the groups of a ConvTranspose; quantizeWeight does not', () => {
    const weight = floatTensor('w', [4, 2, 3], random.uniform(24));
    const layer = layerWith(weight, { op: 'ConvTranspose', group: 2, transB: 0 });
    const shared = weightEncoding(weight, { ...quantizer, axis: 1 }).grids.scale;
    assert.equal(shared.length, 2);
    const own = quantizeWeight(layer, { ...defaultTarget, weightBits: 4 });
    const rows = channelRows(layer.layout);
    assert.equal(rows.channels, 4);
    const expected = [0, 1, 2, 3].map((c) => {
      const [group, out] = [Math.floor(c / 2), c % 2];
      const elements = readFloats(weight).filter(
        (_, i) => Math.floor(i / 12) === group && Math.floor(i / 3) % 2 === out,
      );
      return encodingOf(Math.min(...elements), Math.max(...elements), format).scale;
    });
    own.forEach((v, i) => {
      const level = v / expected[Math.floor(i / 12) * 2 + (Math.floor(i / 3) % 2)]!;
      // a float32 multiple of a double scale
      assert.ok(Math.abs(level - Math.round(level)) < 1e-6, `element ${i}: level ${level}`);
    });
    assert.equal(shared[0], Math.max(expected[0]!, expected[2]!));
  });
});

describe('quantizeWeight', () => {
  const random = new Random(14);
  const weight = floatTensor('w', [6, 20, 3], random.normal(360));
  const layer = layerWith(weight, { op: 'Conv', group: 1, transB: 0 });
  const values = readFloats(weight);

  it('rounds to the grids of weightEncoding, with any range finder', () => {
    for (const weightRange of methods) {
      for (const granularity of ['tensor', 'channel'] as const) {
        const target = { ...defaultTarget, weightBits: 4, weightRange, granularity };
        const axis = granularity === 'tensor' ? undefined : 0;
        const { grids } = weightEncoding(weight, { ...quantizer, axis, range: weightRange });
        const expected = fakeQuantize(values, axisRows(weight.dims, axis), grids);
        assert.deepEqual(quantizeWeight(layer, target), expected);
      }
    }
  });

  it('rounds by chance: to one of two neighbours, on average to the value, by the seed', () => {
    const target = { ...defaultTarget, weightBits: 3, rounding: 'stochastic' } as const;
    const once = quantizeWeight(layer, target, 1);
    assert.deepEqual(quantizeWeight(layer, target, 1), once);
    assert.notDeepEqual(quantizeWeight(layer, target, 2), once);
    const nearest = quantizeWeight(layer, { ...target, rounding: 'nearest' });
    const mean = new Float64Array(values.length);
    const rounds = 400;
    const { scale } = weightEncoding(weight, {
      ...quantizer,
      format: { ...format, bits: 3 },
    }).grids;
    for (let seed = 0; seed < rounds; seed++) {
      quantizeWeight(layer, target, seed).forEach((v, i) => {
        const step = scale[Math.floor(i / 60)]!;
        assert.ok(Math.abs(v - values[i]!) <= step * (1 + 1e-6), `${v} for ${values[i]}`);
        mean[i]! += v / rounds;
      });
    }
    const off = mean.map((m, i) => Math.abs(m - values[i]!) / scale[Math.floor(i / 60)]!);
    // a step's deviation is at most 1/2, of the mean of 400 at most 1/40: five deviations
    assert.ok(Math.max(...off) < 5 / 40, String(Math.max(...off)));
    const nearestOff = nearest.map((v, i) => Math.abs(v - values[i]!) / scale[Math.floor(i / 60)]!);
    assert.ok(Math.max(...nearestOff) > 0.4);
  });
});
