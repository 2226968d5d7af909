import type { Affine, Refusal } from '../../graph/affine.ts';
import { displayName, type LayerStatistics } from '../../graph/graph.ts';
import { whyFixed } from '../../graph/fixed.ts';
import type { Layer } from '../../graph/layer.ts';
import { effectiveBias, rankOf } from '../../graph/layerFacts.ts';
import { readFloatsInParts } from '../../graph/floatParts.ts';
import { isAllFinite } from '../../kernels/finite.ts';
import { affine as affineOf, areAll } from '../../kernels/vectors.ts';
import type { InParts } from '../../kernels/inParts.ts';
import {
  notFinite,
  scaledWeight,
  whyNotStored,
  whyWeightNotStored,
  forgetChanged,
  type Attempt,
  type Folding,
} from './folding.ts';
import { whyNoBias, whyNotLayer, whyOtherAxis, whyOtherCount } from './whyNot.ts';
import { rewire } from './rewire.ts';
import { wayBack, whyShared, type Way } from './way.ts';
import { writeBias, writeWeight } from './writeLayer.ts';

/**
 * Moves an affine into the layer before it.
 *
 *   before  x -> layer(W, b) -> a*y + d -> z
 *   after   x -> layer(W', b') -> z      W'[o] = a[o]*W[o],  b'[o] = d[o] + a[o]*b[o]
 *
 * For a batch norm a = gamma/sigma, d = beta - mu*a (algorithms 1.1, backward).
 */
export function* foldBackward(into: Folding, affine: Affine): InParts<Attempt> {
  const way = wayBack(affine.input, into);
  if (!way) return 'none';
  const name = displayName(way.node);
  if (!into.isWanted(name, affine.name, 'backward')) return 'unwanted';
  const layer = way.layer;
  const why = layer ? whyNot(into, affine, layer, way) : whyNotLayer(way.node, into.wiring);
  if (why || !layer) return why ?? 'none';

  const bias = effectiveBias(layer) as Float64Array;
  const shifted = affineOf(bias, affine.scale, affine.shift);
  const refusal = yield* change(into, affine, layer, shifted);
  if (refusal) return refusal;
  rewire(into.draft, affine, 'output', into.keepTensors);
  const key = layer.output === affine.input ? affine.output : layer.output;
  remember(into, affine, layer.output, key);
  into.applied.push({
    layer: layer.name,
    layerNode: layer.node.id,
    batchNorm: affine.name,
    direction: 'backward',
  });
  forgetChanged(into, innerValues(layer, way));
  into.correspondences.push({ before: affine.output, after: affine.output });
  return 'done';
}

function whyNot(into: Folding, affine: Affine, layer: Layer, way: Way): Refusal | undefined {
  const fixed =
    whyFixed(into.fixed, affine.nodes[0] ?? layer.node) ?? whyFixed(into.fixed, layer.node);
  if (fixed) return fixed;
  const shared = whyShared(innerValues(layer, way), layer.name, into.wiring);
  if (shared) return shared;
  const rank = rankOf(layer, into.shapes);
  const axis = layer.kind === 'matMul' ? (rank === undefined ? undefined : rank - 1) : 1;
  if (axis !== affine.axis) return whyOtherAxis(affine, layer, axis, 'output');
  if (affine.scale.length !== layer.outChannels)
    return whyOtherCount(affine, layer, layer.outChannels);
  return effectiveBias(layer) ? undefined : whyNoBias(layer, into.wiring);
}

/** Values that must have one user: from the layer's own output to the affine's input. */
const innerValues = (layer: Layer, way: Way): string[] => [
  ...new Set([...way.values, layer.node.outputs[0] ?? '']),
];

/** Writes the new weight and bias; answers why not, and then nothing is written. */
function* change(
  into: Folding,
  affine: Affine,
  layer: Layer,
  bias: Float64Array,
): InParts<Refusal | undefined> {
  const { draft, keepTensors } = into;
  const needsBias = layer.bias !== undefined || !areAll(bias, 0);
  if (!isAllFinite(bias)) return notFinite(layer.bias ?? layer.weight, layer.name);
  if (into.computes && !areAll(affine.scale, 1)) {
    const read = yield* readFloatsInParts(layer.weight);
    const weights = yield* scaledWeight(layer, read, affine.scale);
    const over = yield* whyWeightNotStored(weights, layer, affine);
    const why = over ?? whyNotStored(bias, layer, affine);
    if (why) return why;
    writeWeight(draft, layer, weights, keepTensors);
  }
  if (needsBias) writeBias(draft, layer, bias, rankOf(layer, into.shapes), keepTensors);
  return undefined;
}

/**
 * The distribution of the layer's output is that of the batch norm's: N(beta, gamma^2). Arithmetic
 * changes what was known: mean -> a*mean + d, deviation -> |a|*deviation.
 */
function remember(into: Folding, affine: Affine, was: string, is: string): void {
  const { draft } = into;
  const known = draft.statistics(was);
  if (is !== was) draft.setStatistics(was, undefined);
  draft.setStatistics(is, affine.gamma ? fresh(affine) : known && composed(known, affine));
}

const fresh = ({ name, gamma = new Float64Array(), beta = gamma }: Affine): LayerStatistics => ({
  batchNorm: name,
  gamma,
  beta,
  scale: new Float64Array(gamma.length).fill(1),
  absorbed: new Float64Array(gamma.length),
});

const composed = (known: LayerStatistics, { scale, shift }: Affine): LayerStatistics => ({
  batchNorm: known.batchNorm,
  gamma: Float64Array.from(
    known.gamma,
    (g, c) => ((scale[c] as number) * g) / (known.scale[c] as number),
  ),
  beta: Float64Array.from(known.beta, (b, c) => {
    const mean = b / (known.scale[c] as number) - (known.absorbed[c] as number);
    return (scale[c] as number) * mean + (shift[c] as number);
  }),
  scale: new Float64Array(known.scale.length).fill(1),
  absorbed: new Float64Array(known.absorbed.length),
});
