import { floatAttribute } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { effectiveBias } from '../graph/layerFacts.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { readFloats } from '../graph/tensorValues.ts';

/**
 * The mean output of a layer, before its activation, from what its kernel sees on average: a layer
 * is linear, so mean(W x + b) = W mean(x) + b. `seen`: input channel * kernel positions + position,
 * padding counted as 0. One number an output channel, in double. Undefined where the bias is made
 * at run time.
 */
export function outputMeans(layer: Layer, seen: Float64Array): Float64Array | undefined {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layer.layout;
  const means = effectiveBias(layer)?.slice();
  if (!means) return undefined;
  const weight = readFloats(layer.weight);
  const factor = layer.kind === 'gemm' ? floatAttribute(layer.node, 'alpha', 1) : 1;
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      const from = g * stride.g + o * stride.o;
      let at = g * inPerGroup * taps;
      let sum = 0;
      if (stride.i === taps) sum = dot(weight, from, seen, at, inPerGroup * taps);
      else {
        for (let i = 0; i < inPerGroup; i++, at += taps) {
          for (let tap = 0; tap < taps; tap++) {
            sum += weight[from + i * stride.i + tap]! * seen[at + tap]!;
          }
        }
      }
      means[g * outPerGroup + o]! += factor * sum;
    }
  }
  return means;
}

/** The sum of the products of two stretches of the same length. Four sums at once do not wait for one another. */
function dot(a: FloatArray, fromA: number, b: Float64Array, fromB: number, length: number): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = length - (length % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    first += a[fromA + i]! * b[fromB + i]!;
    second += a[fromA + i + 1]! * b[fromB + i + 1]!;
    third += a[fromA + i + 2]! * b[fromB + i + 2]!;
    fourth += a[fromA + i + 3]! * b[fromB + i + 3]!;
  }
  for (; i < length; i++) first += a[fromA + i]! * b[fromB + i]!;
  return first + second + (third + fourth);
}
