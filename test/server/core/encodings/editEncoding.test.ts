import assert from 'node:assert/strict';
import {
  editEncoding,
  type EncodingChange,
} from '../../../../server/core/encodings/editEncoding.ts';
import type { TensorEncoding } from '../../../../server/core/quant/tensorEncoding.ts';

const weight: TensorEncoding = {
  tensor: 'w',
  kind: 'weight',
  axis: 0,
  isSymmetric: true,
  grids: {
    bits: 8,
    scale: Float64Array.of(1, 2),
    lowest: Float64Array.of(-128, -128),
    highest: Float64Array.of(127, 127),
  },
};

const value: TensorEncoding = {
  tensor: 'x',
  kind: 'activation',
  axis: undefined,
  isSymmetric: false,
  grids: {
    bits: 8,
    scale: Float64Array.of(1),
    lowest: Float64Array.of(0),
    highest: Float64Array.of(255),
  },
};

function edited(encoding: TensorEncoding, change: EncodingChange): TensorEncoding {
  const made = editEncoding(encoding, change);
  assert.ok(made.ok);
  return made.value;
}

describe('editEncoding', () => {
  it('sets the scale of one channel or of all, keeps the levels, and freezes', () => {
    const one = edited(weight, { channel: 1, scale: 0.5 });
    assert.deepEqual([...one.grids.scale], [1, 0.5]);
    assert.deepEqual(one.grids.lowest, weight.grids.lowest);
    assert.equal(one.isFrozen, true);
    assert.deepEqual([...edited(weight, { scale: 3 }).grids.scale], [3, 3]);
    assert.deepEqual([...weight.grids.scale], [1, 2]);
  });

  it('puts zero on the grid of a range', () => {
    // 255 steps from -1 to 3: scale 4/255, zero at round(63.75) = 64
    const { grids } = edited(value, { min: -1, max: 3 });
    assert.deepEqual([grids.scale[0], grids.lowest[0], grids.highest[0]], [4 / 255, -64, 191]);
    // 2 to 3 is widened to 0 to 3
    assert.equal(edited(value, { min: 2, max: 3 }).grids.scale[0], 3 / 255);
  });

  it('keeps the symmetry that the encoding has', () => {
    assert.equal(edited(weight, { channel: 0, min: -1, max: 1 }).grids.scale[0], 1 / 127);
    const lowest = Float64Array.of(-127, -127);
    const strict = { ...weight, grids: { ...weight.grids, lowest } };
    assert.deepEqual([...edited(strict, { min: -2, max: 1 }).grids.lowest], [-127, -127]);
  });

  const wrong: readonly (readonly [EncodingChange, string])[] = [
    [{ scale: 0 }, 'bad-scale'],
    [{ scale: NaN }, 'bad-scale'],
    [{ min: 1, max: 1 }, 'bad-range'],
    [{ min: -Infinity, max: 1 }, 'bad-range'],
    [{ channel: 2, scale: 1 }, 'no-channel'],
  ];
  for (const [change, code] of wrong) {
    it(`refuses ${JSON.stringify(change)}: ${code}`, () => {
      const made = editEncoding(weight, change);
      assert.equal(made.ok ? undefined : made.error.code, code);
    });
  }
});
