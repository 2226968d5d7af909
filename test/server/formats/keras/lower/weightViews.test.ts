import assert from 'node:assert/strict';
import { permute, unview } from '../../../../../server/formats/keras/lower/weightViews.ts';
import { Random } from '../../../../kit/random.ts';

/** Transposes index by index, as the definition has it. */
function byDefinition(values: ArrayLike<number>, dims: number[], perm: number[]): number[] {
  const sizes = perm.map((axis) => dims[axis] ?? 1);
  return Array.from({ length: values.length }, (_, to) => {
    const index = dims.map(() => 0);
    let left = to;
    for (let i = sizes.length - 1; i >= 0; i--) {
      index[perm[i] ?? 0] = left % (sizes[i] ?? 1);
      left = Math.floor(left / (sizes[i] ?? 1));
    }
    return values[index.reduce((sum, at, axis) => sum * (dims[axis] ?? 1) + at, 0)] ?? NaN;
  });
}

describe('permute', () => {
  const cases: [dims: number[], perm: number[]][] = [
    [
      [2, 3],
      [1, 0],
    ],
    [
      [3, 3, 5, 40],
      [3, 2, 0, 1],
    ],
    [
      [1, 1, 70, 33],
      [3, 2, 0, 1],
    ],
    [
      [3, 1, 4, 1],
      [2, 3, 0, 1],
    ],
    [
      [2, 3, 4],
      [1, 0, 2],
    ],
    [
      [2, 3, 4, 5, 6],
      [4, 2, 0, 3, 1],
    ],
    [
      [2, 0, 3],
      [2, 1, 0],
    ],
    [
      [1, 1, 1],
      [2, 0, 1],
    ],
    [[4], [0]],
  ];
  for (const [dims, perm] of cases) {
    for (const size of [1, 2, 4, 8]) {
      it(`${dims.join(' x ')} by ${perm.join()}, ${size} bytes each`, () => {
        const count = dims.reduce((a, b) => a * b, 1);
        const numbers = Array.from({ length: count }, (_, i) => (i * 7 + 1) % 251);
        const array =
          size === 1
            ? Uint8Array.from(numbers)
            : size === 2
              ? Uint16Array.from(numbers)
              : size === 4
                ? Uint32Array.from(numbers)
                : Float64Array.from(numbers);
        // One byte off: a weight may lie anywhere in a file.
        const bytes = new Uint8Array(array.byteLength + 1);
        bytes.set(new Uint8Array(array.buffer), 1);
        const result = permute(bytes.subarray(1), size, dims, perm).slice();
        const expected = byDefinition(array, dims, perm);
        const made = new (array.constructor as typeof Uint8Array)(result.buffer);
        assert.deepEqual(Array.from(made), expected);
      });
    }
  }

  it('is taken back by unview', () => {
    const dims = [3, 3, 5, 7];
    const view = { dims, perm: [3, 2, 0, 1], shape: [7, 5, 3, 3] };
    const bytes = new Uint8Array(new Random(1).normal(315).buffer);
    const there = permute(bytes, 4, dims, view.perm);
    assert.deepEqual(unview(there, 'float32', view, 'float32'), bytes);
  });
});
