import assert from 'node:assert/strict';
import { fakeQuantize } from '../../../../server/core/kernels/fakeQuant.ts';
import {
  channelGridsOf,
  encodingOf,
  leastScale,
  sharedGrids,
  type Encoding,
} from '../../../../server/core/quant/grid.ts';
import type { Symmetry } from '../../../../server/core/quant/targets.ts';

interface Row {
  readonly bits: number;
  readonly range: readonly [number, number];
  readonly symmetry: Symmetry;
  /** min, max, scale, lowest level. */
  readonly expected: readonly [number, number, number, number];
}

/** The table prints seven digits. */
const printed = 1e-7;

describe('encodingOf', () => {
  // algorithms.md 13.5, in its order
  const golden: readonly Row[] = [
    {
      bits: 8,
      range: [-1, 3],
      symmetry: 'asymmetric',
      expected: [-1.0039216, 2.9960784, 0.01568627, -64],
    },
    { bits: 8, range: [-1, 3], symmetry: 'symmetric', expected: [-3.023622, 3, 0.02362205, -128] },
    { bits: 8, range: [-1, 3], symmetry: 'strict', expected: [-3, 3, 0.02362205, -127] },
    { bits: 8, range: [0, 6], symmetry: 'unsigned', expected: [0, 6, 0.02352941, 0] },
    { bits: 8, range: [0, 6], symmetry: 'symmetric', expected: [-6.0472441, 6, 0.04724409, -128] },
    { bits: 4, range: [-0.7, 0.5], symmetry: 'asymmetric', expected: [-0.72, 0.48, 0.08, -9] },
    { bits: 4, range: [-0.7, 0.5], symmetry: 'symmetric', expected: [-0.7, 0.6125, 0.0875, -8] },
    { bits: 4, range: [-0.7, 0.5], symmetry: 'strict', expected: [-0.7, 0.7, 0.1, -7] },
    { bits: 8, range: [0, 0.01], symmetry: 'asymmetric', expected: [0, 0.01, 3.9215686e-5, 0] },
    { bits: 8, range: [-2, 0], symmetry: 'asymmetric', expected: [-2, 0, 0.00784314, -255] },
  ];
  for (const { bits, range, symmetry, expected } of golden) {
    it(`golden: ${bits} bits, ${range.join(' to ')}, ${symmetry}`, () => {
      const made = encodingOf(range[0], range[1], { bits, symmetry, isPowerOfTwo: false });
      const got = [made.min, made.max, made.scale, made.lowest];
      got.forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]!) <= printed, got.join(', '));
      });
    });
  }

  it('is signed with `unsigned` once something is negative', () => {
    const format = { bits: 8, symmetry: 'unsigned', isPowerOfTwo: false } as const;
    assert.equal(encodingOf(-0.1, 6, format).lowest, -128);
  });

  it('rounds scales up to a power of two, and keeps one that is', () => {
    const format = { bits: 8, symmetry: 'strict', isPowerOfTwo: true } as const;
    assert.equal(encodingOf(-1, 1, format).scale, 2 ** -6); // 1/127 lies between 2^-7 and 2^-6
    assert.equal(encodingOf(-127 / 64, 0, format).scale, 2 ** -6);
    assert.equal(encodingOf(-127.001 / 64, 0, format).scale, 2 ** -5);
  });

  it('covers a range that is all zero, with the least scale', () => {
    for (const symmetry of ['symmetric', 'strict', 'unsigned', 'asymmetric'] as const) {
      const made = encodingOf(0, 0, { bits: 8, symmetry, isPowerOfTwo: false });
      assert.equal(made.scale, leastScale);
      assert.equal(rounded(0, made), 0);
    }
  });

  it('takes infinity as the largest single, and NaN as zero', () => {
    const format = { bits: 8, symmetry: 'symmetric', isPowerOfTwo: false } as const;
    const largest = 3.4028234663852886e38;
    assert.equal(encodingOf(-Infinity, 1, format).scale, largest / 128);
    assert.deepEqual(encodingOf(NaN, 2, format), encodingOf(0, 2, format));
    const grids = channelGridsOf(Float64Array.of(NaN, -1), Float64Array.of(2, Infinity), format);
    assert.deepEqual([...grids.scale], [2 / 127, largest / 127]);
  });

  it('has zero on every grid, and clips nothing unless asymmetric, at 2 to 16 bits', () => {
    for (let bits = 2; bits <= 16; bits++) {
      for (const symmetry of ['symmetric', 'strict', 'unsigned', 'asymmetric'] as const) {
        for (const [min, max] of [
          [-1.7, 0.3],
          [0.2, 5],
          [-3, -1],
        ] as const) {
          const made = encodingOf(min, max, { bits, symmetry, isPowerOfTwo: false });
          assert.ok(made.lowest <= 0 && made.highest >= 0);
          assert.ok(made.highest - made.lowest <= 2 ** bits - 1);
          // an asymmetric grid moves by half a step at most so that zero is on it
          const slack = (symmetry === 'asymmetric' ? 0.5 : 0) * made.scale + 1e-12;
          assert.ok(made.min <= min + slack && made.max >= max - slack, JSON.stringify(made));
        }
      }
    }
  });
});

describe('channelGridsOf', () => {
  it('has one sign for all channels', () => {
    const format = { bits: 8, symmetry: 'unsigned', isPowerOfTwo: false } as const;
    const min = Float64Array.of(0, -1);
    const max = Float64Array.of(127, 1);
    assert.deepEqual([...channelGridsOf(min, max, format).lowest], [-128, -128]);
    assert.deepEqual([...channelGridsOf(Float64Array.of(0, 0.5), max, format).lowest], [0, 0]);
  });

  it('agrees with the grid of each channel alone', () => {
    const min = Float64Array.of(-1, 0.5, -3);
    const max = Float64Array.of(2, 0.7, -1);
    for (const symmetry of ['symmetric', 'strict', 'asymmetric'] as const) {
      const format = { bits: 5, symmetry, isPowerOfTwo: false };
      const grids = channelGridsOf(min, max, format);
      for (let c = 0; c < 3; c++) {
        const alone = encodingOf(min[c]!, max[c]!, format);
        assert.equal(grids.scale[c], alone.scale);
        assert.equal(grids.lowest[c], alone.lowest);
        assert.equal(grids.highest[c], alone.highest);
      }
    }
  });
});

describe('fakeQuantize', () => {
  // algorithms.md 13.5: 8 bit, lowest level -128
  const golden: readonly (readonly [number, readonly number[]])[] = [
    [-125.1, [-64, -125, -126, -124]],
    [48.3, [48.5, 48, 48, 48]],
    [68.3, [63.5, 68, 68, 68]],
    [-3.1, [-3, -3, -4, -4]],
  ];
  for (const [value, expected] of golden) {
    it(`golden: ${value}`, () => {
      const got = [0.5, 1, 2, 4].map((scale) => rounded(value, grid(scale)));
      assert.deepEqual(got, expected);
    });
  }

  it('rounds halves to even', () => {
    const got = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5].map((v) => rounded(v, grid(1)));
    assert.deepEqual(got, [0, 2, 2, 0, -2, -2]);
  });
});

function grid(scale: number): Encoding {
  return { bits: 8, min: -128 * scale, max: 127 * scale, scale, lowest: -128, highest: 127 };
}

/** One number rounded to a grid and back. */
function rounded(value: number, encoding: Encoding): number | undefined {
  const rows = { length: 1, count: 1, channels: 1, turn: 1, repeats: 1 };
  return fakeQuantize(Float64Array.of(value), rows, sharedGrids(encoding, 1))[0];
}
