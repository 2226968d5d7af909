import { floatAttribute } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { effectiveBias } from '../graph/layerFacts.ts';
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
      let sum = 0;
      for (let i = 0; i < inPerGroup; i++) {
        const from = g * stride.g + o * stride.o + i * stride.i;
        const at = (g * inPerGroup + i) * taps;
        for (let tap = 0; tap < taps; tap++) sum += weight[from + tap]! * seen[at + tap]!;
      }
      means[g * outPerGroup + o]! += factor * sum;
    }
  }
  return means;
}
