import type { Layer } from '../graph/layer.ts';
import { isFloat } from '../graph/tensor.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { canonicalWeight, sortedRows } from './canonicalWeight.ts';
import type { LayerMatch } from './matchLayers.ts';

/** How numbers differ; the first counts as the signal. */
export interface NumberDifference {
  readonly maxAbs: number;
  /** Infinity where nothing differs. */
  readonly sqnrDb: number;
}

export interface RangeOf {
  readonly min: number;
  readonly max: number;
}

/** From here on weights differ by the rounding of float32 itself: 6 dB for each of its 24 bits. */
export const sameDb = 120;

/** Weights and biases of a matched pair beside each other. */
export interface LayerDifference {
  readonly weight: NumberDifference;
  /** Undefined where one of them has no bias that can be read. */
  readonly bias: NumberDifference | undefined;
  readonly ranges: { readonly first: RangeOf; readonly second: RangeOf };
}

/** Compares all elements; where the inputs come in another order, the sorted ones of each channel. */
export function layerDifference({ first, second, isPermuted }: LayerMatch): LayerDifference {
  const [one, other] = [first, second].map((layer) => {
    const weight = canonicalWeight(layer);
    return isPermuted ? sortedRows(weight) : weight;
  });
  const a = one?.values ?? new Float32Array(0);
  const b = other?.values ?? new Float32Array(0);
  const [bias, otherBias] = [biasOf(first), biasOf(second)];
  return {
    weight: differenceOf(a, b),
    bias: bias && otherBias?.length === bias.length ? differenceOf(bias, otherBias) : undefined,
    ranges: { first: rangeOf(a), second: rangeOf(b) },
  };
}

const biasOf = ({ bias }: Layer): ArrayLike<number> | undefined =>
  bias && isFloat(bias.type) ? readFloats(bias) : undefined;

function differenceOf(a: ArrayLike<number>, b: ArrayLike<number>): NumberDifference {
  let signal = 0;
  let noise = 0;
  let maxAbs = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const error = (b[i] ?? 0) - x;
    signal += x * x;
    noise += error * error;
    maxAbs = Math.max(maxAbs, Math.abs(error));
  }
  return { maxAbs, sqnrDb: noise === 0 ? Infinity : 10 * Math.log10(signal / noise) };
}

function rangeOf(values: ArrayLike<number>): RangeOf {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return values.length === 0 ? { min: 0, max: 0 } : { min, max };
}
