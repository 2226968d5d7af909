import type { GraphDraft } from '../graph/draft.ts';
import { floatAttribute } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { elementCount } from '../graph/tensor.ts';
import { floatTensor, readFloats, withFloats } from '../graph/tensorValues.ts';
import { addQuotient } from '../kernels/vectors.ts';
import { writeBias } from './writeScaling.ts';

/**
 * Adds one number a channel to what a layer gives out, through its bias; a layer without one gets
 * one (after a MatMul: an Add). A Gemm multiplies its bias by beta, which is allowed for.
 */
export function addToBias(draft: GraphDraft, layer: Layer, amount: Float64Array): void {
  const beta = layer.kind === 'gemm' ? floatAttribute(layer.node, 'beta', 1) : 1;
  const { bias, weight } = layer;
  const values = bias && readFloats(bias);
  const isOne = bias !== undefined && elementCount(bias.dims) === 1;
  const sums = new Float64Array(layer.outChannels);
  if (isOne) sums.fill(values?.[0] ?? 0);
  else if (values) sums.set(values);
  addQuotient(sums, amount, beta);
  if (bias && !(isOne && layer.outChannels > 1)) writeBias(draft, layer, withFloats(bias, sums));
  else {
    const wish = bias?.name ?? `${layer.name}.bias`;
    const made = floatTensor(wish, [layer.outChannels], sums, weight.type);
    if (layer.kind === 'matMul' && layer.biasAdd === undefined)
      insertAdd(draft, layer, made.name, sums);
    else writeBias(draft, layer, made);
  }
}

/** Puts an Add of a constant after a MatMul; it gives out the value that the MatMul gave out. */
function insertAdd(draft: GraphDraft, layer: Layer, wish: string, values: Float64Array): void {
  const node = draft.node(layer.node.id);
  const next = draft.nextOf(layer.node.id);
  if (!node) throw new Error(`no node ${layer.node.id}`);
  const [output = ''] = node.outputs;
  const name = draft.freshName(wish);
  draft.setTensor(name, floatTensor(name, [layer.outChannels], values, layer.weight.type));
  const product = draft.freshName(`${output}_product`);
  draft.setNode({ ...node, outputs: [product] });
  draft.insertNode(
    {
      name: node.name === '' ? '' : `${node.name}_bias`,
      op: 'Add',
      domain: node.domain,
      inputs: [product, name],
      outputs: [output],
      attributes: new Map(),
      captures: [],
    },
    next,
  );
}
