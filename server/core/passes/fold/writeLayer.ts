import type { GraphDraft } from '../../graph/draft.ts';
import { displayName, type Attribute, type Node, type NodeId } from '../../graph/graph.ts';
import type { Layer } from '../../graph/layer.ts';
import type { FloatArray, Tensor } from '../../graph/tensor.ts';
import { floatTensor } from '../../graph/tensorValues.ts';

/**
 * Puts other elements in place of the constant at an input of a node. A constant that anything
 * else uses, or that is computed from another, stays: the node gets one of its own.
 */
export function writeInput(
  draft: GraphDraft,
  id: NodeId,
  slot: number,
  made: Tensor,
  keepTensors: boolean,
): void {
  const node = draft.node(id);
  const name = node?.inputs[slot] ?? '';
  if (!node || name === '') throw new Error(`node ${id} has no input ${slot}`);
  if (draft.tensor(name) && draft.useCount(name) === 1) {
    draft.setTensor(name, { ...made, name });
    return;
  }
  const fresh = draft.freshName(name);
  draft.setTensor(fresh, { ...made, name: fresh });
  draft.setNode({ ...node, inputs: node.inputs.with(slot, fresh) });
  draft.removeUnused(name, keepTensors);
}

/** Gives a layer these weights; layout and type stay. */
export function writeWeight(
  draft: GraphDraft,
  layer: Layer,
  values: FloatArray,
  keepTensors: boolean,
): void {
  const { weight } = layer;
  const made = floatTensor(weight.name, weight.dims, values, weight.type);
  writeInput(draft, layer.node.id, 1, made, keepTensors);
}

/**
 * Gives a layer this bias, adding one where it has none: a Conv and a Gemm get an input, a MatMul
 * of rank 2 becomes a Gemm, any other MatMul gets an Add behind it. Gemm's beta becomes 1.
 * The name of the layer's output does not change.
 */
export function writeBias(
  draft: GraphDraft,
  layer: Layer,
  values: Float64Array,
  rank: number | undefined,
  keepTensors: boolean,
): void {
  const { bias, weight, outChannels } = layer;
  const dims = bias && bias.dims.at(-1) === outChannels ? bias.dims : [outChannels];
  const type = bias ? bias.type : weight.type;
  const { id } = layer.node;
  const made = (name: string): Tensor => floatTensor(name, dims, values, type);
  if (layer.biasAdd !== undefined) {
    const add = draft.node(layer.biasAdd);
    const slot = add?.inputs.findIndex((name) => name === bias?.name) ?? -1;
    writeInput(draft, layer.biasAdd, slot, made(''), keepTensors);
    return;
  }
  if (layer.kind === 'gemm') setFloat(draft, id, 'beta', 1);
  if (bias) {
    writeInput(draft, id, 2, made(''), keepTensors);
    return;
  }
  const name = draft.freshName(`${displayName(layer.node)}.bias`);
  draft.setTensor(name, made(name));
  const node = draft.node(id) as Node;
  if (layer.kind !== 'matMul') {
    draft.setNode({ ...node, inputs: [node.inputs[0] ?? '', node.inputs[1] ?? '', name] });
  } else if (rank === 2) {
    const [a = '', b = ''] = node.inputs;
    draft.setNode({ ...node, op: 'Gemm', inputs: [a, b, name] });
  } else addBehind(draft, node, name);
}

function addBehind(draft: GraphDraft, node: Node, bias: string): void {
  const [output = ''] = node.outputs;
  const product = draft.freshName(`${output}.product`);
  const next = draft.nextOf(node.id);
  draft.setNode({ ...node, name: displayName(node), outputs: [product] });
  draft.insertNode(
    {
      name: node.name === '' ? '' : `${node.name}.bias`,
      op: 'Add',
      domain: node.domain,
      inputs: [product, bias],
      outputs: [output],
      attributes: new Map(),
      captures: [],
    },
    next,
  );
}

/** Sets a float attribute, where it is not that already. */
export function setFloat(draft: GraphDraft, id: NodeId, name: string, value: number): void {
  const node = draft.node(id);
  if (!node) throw new Error(`no node ${id}`);
  const found = node.attributes.get(name);
  if (found?.kind === 'float' && found.value === value) return;
  const attribute: Attribute = { kind: 'float', value };
  draft.setNode({ ...node, attributes: new Map([...node.attributes, [name, attribute]]) });
}
