import type { Affine, Refusal } from '../../graph/affine.ts';
import { displayName, floatAttribute, intAttribute } from '../../graph/graph.ts';
import { whyBare, whyFixed } from '../../graph/fixed.ts';
import type { Layer } from '../../graph/layer.ts';
import { effectiveBias, rankOf, seesBorders } from '../../graph/layerFacts.ts';
import { readFloatsInParts } from '../../graph/floatParts.ts';
import { isAllFinite } from '../../kernels/finite.ts';
import { weightedSumsInParts, type InParts } from '../../kernels/inParts.ts';
import {
  notFinite,
  scaledWeight,
  whyNotStored,
  whyWeightNotStored,
  forgetChanged,
  type Attempt,
  type Folding,
} from './folding.ts';
import { rewire } from './rewire.ts';
import { whyNoBias, whyNotLayer, whyOtherAxis, whyOtherCount } from './whyNot.ts';
import { wayOn, whyShared, type Way } from './way.ts';
import { writeBias, writeWeight } from './writeLayer.ts';

/**
 * Moves an affine into the layer behind it.
 *
 *   before  x -> a*x + d -> layer(W, b) -> y
 *   after   x -> layer(W', b') -> y   W'[o,i] = W[o,i]*a[i],  b'[o] = b[o] + sum_i d[i]*sum_k W[o,i,k]
 *
 * i is the global input channel, also of grouped layers; the sum has the old W (algorithms 1.1,
 * forward). Exact where every output sees every kernel position: no padding; or where d = 0.
 */
export function* foldForward(into: Folding, affine: Affine): InParts<Attempt> {
  const way = wayOn(affine.output, into);
  if (!way) return 'none';
  const name = displayName(way.node);
  if (!into.isWanted(name, affine.name, 'forward')) return 'unwanted';
  const { layer } = way;
  if (!layer) return whyNotLayer(way.node, into.wiring);
  const why = whyNot(into, affine, layer, way);
  if (why) return why;

  const refusal = yield* change(into, spread(affine, layer.inChannels), layer);
  if (refusal) return refusal;
  rewire(into.draft, affine, 'input', into.keepTensors);
  into.applied.push({
    layer: layer.name,
    layerNode: layer.node.id,
    batchNorm: affine.name,
    direction: 'forward',
  });
  forgetChanged(into, way.values);
  into.correspondences.push({ before: layer.output, after: layer.output });
  return 'done';
}

function whyNot(into: Folding, affine: Affine, layer: Layer, way: Way): Refusal | undefined {
  const fixed =
    whyFixed(into.fixed, affine.nodes[0] ?? layer.node) ?? whyFixed(into.fixed, layer.node);
  if (fixed) return fixed;
  const shared = whyShared(way.values, affine.name, into.wiring);
  if (shared) return shared;
  const axis = inputAxis(into, layer);
  if (axis !== affine.axis) return whyOtherAxis(affine, layer, axis, 'input');
  const repeat = layer.inChannels / affine.scale.length;
  const isKnown = !Number.isNaN(way.repeat);
  if (isKnown ? repeat !== way.repeat : !Number.isInteger(repeat)) {
    return whyOtherCount(affine, layer, layer.inChannels);
  }
  if (!effectiveBias(layer)) return whyNoBias(layer, into.wiring);
  if (!hasShift(affine)) return undefined;
  const bare = whyBare(into.lacksBias, layer.node);
  if (bare) return bare;
  if (way.isPadded || seesBorders(layer, into.shapes)) return padded(affine, layer);
  return undefined;
}

/** The axis of the layer's input that its channels are on. */
function inputAxis(into: Folding, layer: Layer): number | undefined {
  if (layer.kind === 'gemm') return intAttribute(layer.node, 'transA', 0) === 0 ? 1 : 0;
  if (layer.kind !== 'matMul') return 1;
  const rank = into.shapes.get(layer.input)?.length;
  return rank === undefined ? undefined : rank - 1;
}

/** beta = mu*a means that 0 stays 0: equal up to the rounding of a float32. */
function hasShift({ scale, shift, beta }: Affine): boolean {
  const rounding = 2 ** -23;
  return shift.some((d, c) => {
    if (!beta) return d !== 0;
    return Math.abs(d) > rounding * Math.abs(beta[c] as number) || !Number.isFinite(scale[c]);
  });
}

const padded = (affine: Affine, layer: Layer): Refusal =>
  layer.kind === 'convTranspose'
    ? {
        code: 'transposed',
        reason: `Not every output of the transposed convolution "${layer.name}" sees every weight, so the shift of "${affine.name}" cannot become a bias.`,
      }
    : {
        code: 'padded',
        reason: `The input of "${layer.name}" is padded with zeros after "${affine.name}"; folded, the border would hold other values.`,
      };

/** An affine whose every channel is repeated, as channels are when Flatten unrolls them. */
function spread(affine: Affine, count: number): Affine {
  const repeat = count / affine.scale.length;
  if (repeat === 1) return affine;
  const all = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: count }, (_, at) => values[Math.floor(at / repeat)] as number);
  return { ...affine, scale: all(affine.scale), shift: all(affine.shift) };
}

/** Writes the new weight and bias; answers why not, and then nothing is written. */
function* change(into: Folding, affine: Affine, layer: Layer): InParts<Refusal | undefined> {
  const { draft, keepTensors } = into;
  const bias = effectiveBias(layer) as Float64Array;
  const needsBias = layer.bias !== undefined || affine.shift.some((d) => d !== 0);
  if (into.computes) {
    const from = yield* readFloatsInParts(layer.weight);
    const alpha = layer.kind === 'gemm' ? floatAttribute(layer.node, 'alpha', 1) : 1;
    const sums = yield* weightedSumsInParts(from, layer.layout, affine.shift);
    for (let o = 0; o < bias.length; o++)
      bias[o] = (bias[o] as number) + alpha * (sums[o] as number);
    const weights = yield* scaledWeight(layer, from, undefined, affine.scale);
    const why = yield* whyWeightNotStored(weights, layer, affine);
    if (why) return why;
    if (!isAllFinite(bias)) return notFinite(layer.bias ?? layer.weight, layer.name);
    const over = whyNotStored(bias, layer, affine);
    if (over) return over;
    writeWeight(draft, layer, weights, keepTensors);
  }
  if (needsBias) writeBias(draft, layer, bias, rankOf(layer, into.shapes), keepTensors);
  return undefined;
}
