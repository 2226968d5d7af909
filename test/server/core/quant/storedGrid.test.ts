import assert from 'node:assert/strict';
import { integerTensor } from '../../../../server/core/graph/integerTensor.ts';
import { readNumbers } from '../../../../server/core/graph/tensorValues.ts';
import { levelsAlong } from '../../../../server/core/kernels/levelsAlong.ts';
import { dequantized } from '../../../../server/core/quant/dequantized.ts';
import { storedGrid } from '../../../../server/core/quant/storedGrid.ts';
import type { TensorEncoding } from '../../../../server/core/quant/tensorEncoding.ts';

const encoding = (
  kind: TensorEncoding['kind'],
  bits: number,
  [lowest, highest]: readonly [number, number],
  isSymmetric: boolean,
): TensorEncoding => ({
  tensor: 't',
  kind,
  axis: undefined,
  isSymmetric,
  grids: {
    bits,
    scale: Float64Array.of(0.5),
    lowest: Float64Array.of(lowest),
    highest: Float64Array.of(highest),
  },
});

describe('storedGrid', () => {
  const cases: readonly [string, TensorEncoding, string, number, boolean][] = [
    ['symmetric 8 bits', encoding('weight', 8, [-128, 127], true), 'int8', 0, false],
    ['strict 8 bits', encoding('weight', 8, [-127, 127], true), 'int8', 0, true],
    ['asymmetric 8 bits', encoding('activation', 8, [-10, 245], false), 'uint8', 10, false],
    ['unsigned 8 bits', encoding('activation', 8, [0, 255], true), 'uint8', 0, false],
    ['6 bits', encoding('weight', 6, [-32, 31], true), 'int8', 0, true],
    ['4 bits of a weight', encoding('weight', 4, [-8, 7], true), 'int4', 0, false],
    ['4 bits of a value', encoding('activation', 4, [-3, 12], false), 'uint8', 3, true],
    ['3 bits, asymmetric', encoding('weight', 3, [-2, 5], false), 'uint4', 2, true],
    ['16 bits', encoding('activation', 16, [-1000, 64535], false), 'uint16', 1000, false],
    ['a bias', encoding('bias', 32, [-(2 ** 31), 2 ** 31 - 1], true), 'int32', 0, false],
  ];
  for (const [name, one, type, zero, isNarrower] of cases) {
    it(`${name}: ${type}`, () => {
      assert.deepEqual(storedGrid(one, true), { type, zeroPoints: [zero], isNarrower });
    });
  }

  it('has no type for a grid without zero', () => {
    assert.equal(storedGrid(encoding('weight', 8, [3, 258], false), true), undefined);
  });
});

describe('integers of a grid', () => {
  it('round halves to even, saturate, and are packed two a byte where they have 4 bits', () => {
    const { grids } = encoding('weight', 4, [-8, 7], true);
    const values = Float32Array.of(0.25, 0.75, -0.25, 99, -99, NaN, 1);
    const levels = levelsAlong(values, [7], undefined, grids, [0]);
    assert.deepEqual([...levels], [0, 2, 0, 7, -8, 0, 2]);
    const packed = integerTensor('t', [7], levels, 'int4');
    assert.deepEqual([...packed.data.read()], [0x20, 0x70, 0x08, 0x02]);
    assert.deepEqual(readNumbers(packed), [...levels]);
  });

  it('are read back as floats, from any element on', () => {
    const tensor = integerTensor('t', [5], [1, -2, 3, -4, 5], 'int4');
    const floats = dequantized({ tensor, scale: [0.5], zeroPoint: [0], axis: 0 });
    const bytes = floats.data.read(4, 16);
    const part = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 12));
    assert.deepEqual([...part], [-1, 1.5, -2]);
  });
});
