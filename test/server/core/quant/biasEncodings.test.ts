import assert from 'node:assert/strict';
import { floatTensor } from '../../../../server/core/graph/tensorValues.ts';
import {
  biasEncoding,
  biasOverflows,
  leastBiasScale,
} from '../../../../server/core/quant/biasEncodings.ts';
import type { TensorEncoding } from '../../../../server/core/quant/tensorEncoding.ts';

const of = (kind: 'weight' | 'activation', scale: readonly number[]): TensorEncoding => ({
  tensor: kind,
  kind,
  axis: scale.length > 1 ? 0 : undefined,
  isSymmetric: true,
  grids: {
    bits: 8,
    scale: Float64Array.from(scale),
    lowest: new Float64Array(scale.length).fill(-128),
    highest: new Float64Array(scale.length).fill(127),
  },
});

const format = (bits: number): Parameters<typeof biasEncoding>[1]['format'] => ({
  bits,
  symmetry: 'symmetric',
  isPowerOfTwo: false,
});

const bias = floatTensor('b', [4], Float32Array.of(1, -2, 0, 0.5));

describe('biasEncoding', () => {
  it('of 32 bits has the scales of input times weight', () => {
    const input = of('activation', [0.5]);
    const made = biasEncoding(
      bias,
      { axis: 0, format: format(32) },
      input,
      of('weight', [1, 2, 4, 8]),
    );
    assert.deepEqual([...made.grids.scale], [0.5, 1, 2, 4]);
    assert.deepEqual([...made.grids.lowest], Array(4).fill(-(2 ** 31)));
    assert.deepEqual([...made.grids.highest], Array(4).fill(2 ** 31 - 1));
    assert.deepEqual([made.kind, made.axis, made.isSymmetric, made.tensor], ['bias', 0, true, 'b']);
    const repeated = biasEncoding(
      bias,
      { axis: 0, format: format(32) },
      input,
      of('weight', [1, 2]),
    );
    assert.deepEqual([...repeated.grids.scale], [0.5, 1, 0.5, 1]);
    const whole = biasEncoding(
      bias,
      { axis: undefined, format: format(32) },
      input,
      of('weight', [3]),
    );
    assert.deepEqual([...whole.grids.scale], [1.5]);
  });

  it('of 32 bits without both scales holds all values, and is never too fine', () => {
    const made = biasEncoding(bias, { axis: undefined, format: format(32) }, of('activation', [1]));
    assert.deepEqual([...made.grids.scale], [Math.max(2 / 2 ** 31, leastBiasScale)]);
    const zero = floatTensor('b', [2], new Float32Array(2));
    const least = biasEncoding(zero, { axis: undefined, format: format(32) });
    assert.deepEqual([...least.grids.scale], [leastBiasScale]);
    assert.ok(Math.abs(leastBiasScale - 2.33e-12) < 5e-15);
  });

  it('of 16 or 8 bits has one symmetric scale of its own', () => {
    for (const bits of [8, 16]) {
      const made = biasEncoding(bias, { axis: 0, format: format(bits) }, of('activation', [1]));
      const half = 2 ** (bits - 1);
      // largest of 2 / 2^(b-1) and 1 / (2^(b-1) - 1)
      assert.deepEqual([...made.grids.scale], [2 / half]);
      assert.deepEqual([made.axis, made.grids.lowest[0]], [undefined, -half]);
      assert.deepEqual(biasOverflows(bias, made), []);
    }
  });
});

describe('biasOverflows', () => {
  it('names channels that do not fit, and by how much', () => {
    const small = of('activation', [2 ** -20]);
    const weight = of('weight', [2 ** -11, 2 ** -12, 2 ** -40, 2 ** -13]);
    const made = biasEncoding(bias, { axis: 0, format: format(32) }, small, weight);
    // largest values: 2^31 * scale = 1, 1/2, tiny, 1/4
    assert.deepEqual(biasOverflows(bias, made), [
      { channel: 1, factor: 4 },
      { channel: 3, factor: 2 },
    ]);
  });

  it('does not count NaN, and reads one scale for all', () => {
    const made = biasEncoding(
      bias,
      { axis: undefined, format: format(32) },
      of('activation', [2 ** -20]),
      of('weight', [2 ** -11]),
    );
    const faulty = floatTensor('b', [3], Float32Array.of(NaN, -3, 1));
    assert.deepEqual(biasOverflows(faulty, made), [{ channel: 1, factor: 3 }]);
  });
});
