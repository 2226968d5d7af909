import assert from 'node:assert/strict';
import type { PaddedWindow } from '../../../../server/engines/sampleTask.ts';
import { WindowSums } from '../../../../server/engines/tasks/windowSums.ts';

const window = (
  kernel: number,
  stride: number,
  padding: PaddedWindow['padding'],
  dilation = 1,
): PaddedWindow => ({ kernel, stride, dilation, padding });

/** Small integers: sums of them are exact, in whatever order. */
const valuesOf = (dims: readonly number[]): Float32Array =>
  Float32Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    (_, i) => ((i * 7919) % 1013) - 506,
  );

/** Padding of an axis as ONNX has it for SAME_UPPER and SAME_LOWER. */
function paddingOf({ kernel, stride, dilation, padding }: PaddedWindow, size: number): number[] {
  if (typeof padding !== 'string') return [...padding];
  const out = Math.ceil(size / stride);
  const total = Math.max((out - 1) * stride + dilation * (kernel - 1) + 1 - size, 0);
  const less = Math.floor(total / 2);
  return padding === 'upper' ? [less, total - less] : [total - less, less];
}

/** Element by element, position by position, as the definition has it. */
function byDefinition(
  windows: readonly PaddedWindow[],
  dims: readonly number[],
): { sum: number[]; positions: number } {
  const [batch = 0, channels = 0, ...sizes] = dims;
  const values = valuesOf(dims);
  const plane = sizes.reduce((a, b) => a * b, 1);
  const taps = windows.reduce((product, { kernel }) => product * kernel, 1);
  const sum = new Array<number>(channels * taps).fill(0);
  const outs = windows.map((one, axis) => {
    const size = sizes[axis] ?? 0;
    const [before = 0, after = 0] = paddingOf(one, size);
    const reach = one.dilation * (one.kernel - 1) + 1;
    return Math.floor((size + before + after - reach) / one.stride) + 1;
  });
  const walk = (axis: number, tap: number, at: number, isReal: boolean, of: number): void => {
    const one = windows[axis];
    if (!one) {
      const channel = of % channels;
      if (isReal) sum[channel * taps + tap]! += values[of * plane + at]!;
      return;
    }
    const size = sizes[axis] ?? 0;
    const [before = 0] = paddingOf(one, size);
    for (let k = 0; k < one.kernel; k++) {
      for (let p = 0; p < (outs[axis] ?? 0); p++) {
        const i = p * one.stride + k * one.dilation - before;
        walk(axis + 1, tap * one.kernel + k, at * size + i, isReal && i >= 0 && i < size, of);
      }
    }
  };
  for (let of = 0; of < batch * channels; of++) walk(0, 0, 0, true, of);
  return { sum, positions: batch * outs.reduce((a, b) => a * b, 1) };
}

const cases: readonly (readonly [string, readonly PaddedWindow[], readonly number[]])[] = [
  ['pointwise', [window(1, 1, [0, 0]), window(1, 1, [0, 0])], [2, 3, 4, 5]],
  ['pointwise, every second', [window(1, 2, [0, 0]), window(1, 2, [0, 0])], [1, 2, 5, 6]],
  ['3 x 3, padded by 1', [window(3, 1, [1, 1]), window(3, 1, [1, 1])], [2, 3, 5, 6]],
  ['3 x 3, padded by 1, one element', [window(3, 1, [1, 1]), window(3, 1, [1, 1])], [1, 2, 1, 1]],
  ['3 x 3, padded by 1, one row', [window(3, 1, [1, 1]), window(3, 1, [1, 1])], [1, 2, 1, 4]],
  ['3 x 3, by 2, padded on one side', [window(3, 2, [0, 1]), window(3, 2, [0, 1])], [1, 2, 6, 8]],
  ['7 x 7, by 2', [window(7, 2, [3, 3]), window(7, 2, [3, 3])], [1, 2, 9, 8]],
  ['apart', [window(3, 2, 'upper', 2), window(5, 3, [2, 0])], [1, 2, 9, 11]],
  ['padded more than the kernel reaches', [window(2, 3, [4, 1])], [2, 2, 7]],
  [
    'three axes',
    [window(3, 2, [0, 1]), window(3, 1, [1, 1]), window(2, 1, 'lower', 3)],
    [1, 2, 4, 5, 6],
  ],
];

describe('WindowSums', () => {
  for (const [what, windows, dims] of cases) {
    it(`is what each kernel position sees: ${what}`, () => {
      const sums = new WindowSums(windows);
      sums.add(valuesOf(dims), dims);
      sums.add(valuesOf(dims), dims);
      const wanted = byDefinition(windows, dims);
      const { sum, positions } = sums.result();
      assert.equal(positions, 2 * wanted.positions);
      assert.deepEqual(
        Array.from(sum),
        wanted.sum.map((one) => 2 * one),
      );
    });
  }

  it('follows sizes that change from sample to sample', () => {
    const windows = [window(3, 2, 'upper'), window(3, 2, 'upper')];
    const sums = new WindowSums(windows);
    const [small, large] = [
      [1, 1, 3, 4],
      [1, 1, 6, 5],
    ];
    sums.add(valuesOf(small), small);
    sums.add(valuesOf(large), large);
    const [a, b] = [byDefinition(windows, small), byDefinition(windows, large)];
    const { sum, positions } = sums.result();
    assert.equal(positions, a.positions + b.positions);
    assert.deepEqual(
      Array.from(sum),
      a.sum.map((one, i) => one + (b.sum[i] ?? 0)),
    );
  });
});
