import type { Layer } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';

/** A weight as rows of output channels, each its input channels with their taps, in any layout. */
export interface CanonicalWeight {
  /** Output channels of all groups. */
  readonly rows: number;
  readonly length: number;
  /** Row after row. */
  readonly values: Float32Array;
}

/** The same numbers in the same order for Conv, ConvTranspose, Gemm and MatMul alike. */
export function canonicalWeight({ weight, layout }: Layer): CanonicalWeight {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const source = readFloats(weight);
  const length = inPerGroup * taps;
  const values = new Float32Array(groups * outPerGroup * length);
  let at = 0;
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      for (let i = 0; i < inPerGroup; i++) {
        const from = g * stride.g + o * stride.o + i * stride.i;
        for (let k = 0; k < taps; k++) values[at++] = source[from + k] ?? 0;
      }
    }
  }
  return { rows: groups * outPerGroup, length, values };
}

/** Layers of the same key may have the same weights, whatever operator computes them. */
export const shapeKey = ({ kind, layout }: Layer): string => {
  const { groups, outPerGroup, inPerGroup, taps } = layout;
  const family = kind === 'convTranspose' ? 'transposed' : 'plain';
  return [family, groups, outPerGroup, inPerGroup, taps].join();
};

/** Each row in rising order: the same for weights whose inputs come in another order. */
export function sortedRows({ rows, length, values }: CanonicalWeight): CanonicalWeight {
  const sorted = values.slice();
  for (let row = 0; row < rows; row++) sorted.subarray(row * length, (row + 1) * length).sort();
  return { rows, length, values: sorted };
}

/**
 * How alike two weights of the same shape are: the mean over output channels of |cosine|, so that a
 * factor of a channel (a folded batch norm, equalization) counts little. 1: the same but for
 * factors. Rows of zeros on both sides count as alike.
 */
export function affinity(a: CanonicalWeight, b: CanonicalWeight): number {
  let total = 0;
  for (let row = 0; row < a.rows; row++) {
    let product = 0;
    let first = 0;
    let second = 0;
    for (let i = row * a.length; i < (row + 1) * a.length; i++) {
      const x = a.values[i] ?? 0;
      const y = b.values[i] ?? 0;
      product += x * y;
      first += x * x;
      second += y * y;
    }
    const norm = Math.sqrt(first * second);
    total += norm > 0 ? Math.abs(product) / norm : first === second ? 1 : 0;
  }
  return a.rows === 0 ? 0 : total / a.rows;
}
