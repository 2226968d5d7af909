import { attributeFault } from './attributeFaults.ts';
import {
  displayName,
  intAttribute,
  isStandard,
  type Graph,
  type Node,
  type NodeId,
} from './graph.ts';
import { isFloat, type Tensor } from './tensor.ts';

/** Kind of a layer: a node with a constant weight. */
export type LayerKind = 'conv' | 'convTranspose' | 'gemm' | 'matMul';

/**
 * How the elements of a weight are addressed: element (g, o, i, k) of group g, its output channel
 * o, its input channel i and kernel position k lies at g*stride.g + o*stride.o + i*stride.i + k.
 * Global output channel: g*outPerGroup + o. Global input channel: g*inPerGroup + i.
 * Covers every layout of algorithms.md section 0 (Conv O,I/g,k; ConvTranspose I,O/g,k; Gemm O,I or
 * I,O; MatMul I,O).
 */
export interface WeightLayout {
  readonly groups: number;
  readonly outPerGroup: number;
  readonly inPerGroup: number;
  readonly taps: number;
  readonly stride: { readonly g: number; readonly o: number; readonly i: number };
}

/** A layer as the passes see it. `weight` may be computed with; the bias may be absent. */
export interface Layer {
  readonly node: Node;
  readonly kind: LayerKind;
  readonly name: string;
  readonly weight: Tensor;
  readonly layout: WeightLayout;
  readonly outChannels: number;
  readonly inChannels: number;
  /** The value that carries input channels into the layer. */
  readonly input: string;
  /** The bias tensor: of the node itself, or of the Add after a MatMul. */
  readonly bias: Tensor | undefined;
  /** The Add that carries the bias of a MatMul. */
  readonly biasAdd: NodeId | undefined;
  /** The value with the bias in it: the pre-activation output. */
  readonly output: string;
}

/** Who makes and who uses a value; both a Graph's index and a draft can answer. */
export interface Wiring {
  tensor(name: string): Tensor | undefined;
  maker(value: string): Node | undefined;
  users(value: string): Node[];
  useCount(value: string): number;
  isGraphOutput(value: string): boolean;
}

/**
 * The layer that this node is; undefined when it is none (no weight, weight not constant, not
 * float, or of a rank or size that does not fit, or an attribute that makes no sense). Conv and ConvTranspose of any rank, Gemm with
 * any transA/transB/alpha/beta (look at the node), MatMul with the constant on the right.
 */
export function layerOf(node: Node, wiring: Wiring): Layer | undefined {
  if (!isStandard(node)) return undefined;
  const kind = kindOf(node);
  if (!kind) return undefined;
  const weight = wiring.tensor(node.inputs[1] ?? '');
  if (!weight || !isFloat(weight.type)) return undefined;
  const layout = attributeFault(node) === undefined ? layoutOf(node, kind, weight.dims) : undefined;
  if (!layout) return undefined;
  const add = kind === 'matMul' ? biasAddOf(node, wiring, layout.outPerGroup) : undefined;
  const bias = add ? add.bias : wiring.tensor(node.inputs[2] ?? '');
  return {
    node,
    kind,
    name: displayName(node),
    weight,
    layout,
    outChannels: layout.groups * layout.outPerGroup,
    inChannels: layout.groups * layout.inPerGroup,
    input: node.inputs[0] ?? '',
    bias,
    biasAdd: add?.node.id,
    output: (add?.node.outputs[0] ?? node.outputs[0]) || '',
  };
}

/** Every layer of a graph, in model order. */
export function layersOf(graph: Graph, wiring: Wiring): Layer[] {
  return graph.nodes.map((node) => layerOf(node, wiring)).filter((layer) => layer !== undefined);
}

/** True for one input and one output channel a group: depthwise, multiplier 1. */
export const isDepthwise = (layout: WeightLayout): boolean =>
  layout.groups > 1 && layout.inPerGroup === 1 && layout.outPerGroup === 1;

function kindOf(node: Node): LayerKind | undefined {
  switch (node.op) {
    case 'Conv':
      return 'conv';
    case 'ConvTranspose':
      return 'convTranspose';
    case 'Gemm':
      return 'gemm';
    case 'MatMul':
      return 'matMul';
    default:
      return undefined;
  }
}

function layoutOf(node: Node, kind: LayerKind, dims: readonly number[]): WeightLayout | undefined {
  const [first = 0, second = 0] = dims;
  if (dims.length < 2 || dims.some((size) => size < 1)) return undefined;
  if (kind === 'gemm' || kind === 'matMul') {
    if (dims.length !== 2) return undefined;
    const isOI = kind === 'gemm' && intAttribute(node, 'transB', 0) !== 0;
    const out = isOI ? first : second;
    const input = isOI ? second : first;
    const stride = isOI ? { g: 0, o: input, i: 1 } : { g: 0, o: 1, i: out };
    return { groups: 1, outPerGroup: out, inPerGroup: input, taps: 1, stride };
  }
  if (dims.length < 3) return undefined;
  const groups = intAttribute(node, 'group', 1);
  const taps = dims.slice(2).reduce((a, b) => a * b, 1);
  if (groups < 1 || first % groups !== 0) return undefined;
  const perGroup = first / groups;
  if (kind === 'conv') {
    const stride = { g: perGroup * second * taps, o: second * taps, i: taps };
    return { groups, outPerGroup: perGroup, inPerGroup: second, taps, stride };
  }
  const stride = { g: perGroup * second * taps, o: taps, i: second * taps };
  return { groups, outPerGroup: second, inPerGroup: perGroup, taps, stride };
}

/** The Add of a constant, one value per output channel (last axis), that alone uses a MatMul. */
function biasAddOf(
  node: Node,
  wiring: Wiring,
  channels: number,
): { node: Node; bias: Tensor } | undefined {
  const value = node.outputs[0] ?? '';
  const [user] = wiring.users(value);
  if (!user || wiring.useCount(value) !== 1 || user.op !== 'Add' || !isStandard(user)) {
    return undefined;
  }
  const bias = wiring.tensor(
    user.inputs[0] === value ? (user.inputs[1] ?? '') : (user.inputs[0] ?? ''),
  );
  if (!bias || !isFloat(bias.type) || bias.dims.length < 1) return undefined;
  const isOnLastAxis =
    bias.dims.at(-1) === channels && bias.dims.slice(0, -1).every((size) => size === 1);
  return isOnLastAxis ? { node: user, bias } : undefined;
}
