import type { Activation } from '../graph/activations.ts';
import type { GraphDraft } from '../graph/draft.ts';
import type { Graph, Node } from '../graph/graph.ts';
import type { ElementType, Tensor } from '../graph/tensor.ts';
import { floatTensor } from '../graph/tensorValues.ts';
import { areAll } from '../kernels/vectors.ts';
import type { ChannelPlace } from './channelPlace.ts';
import { writeConstant } from './writeConstant.ts';

/** Bounds of a clamp at each position of the channel axis; -+Infinity where there is none. */
export interface Bounds {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/** The operator set that made Min and Max take constants of another shape. */
export const broadcastingMin = 8;

/** Version of ONNX's own operator set that a graph uses. */
export const opsetOf = (graph: Graph): number =>
  graph.opsets.get('') ?? graph.opsets.get('ai.onnx') ?? 1;

/** The bounds of an activation, one a position: a single one counts for all. */
export function boundsAt(
  activation: { readonly lo: readonly number[]; readonly hi: readonly number[] },
  size: number,
): Bounds {
  const each = (list: readonly number[]): Float64Array => {
    if (list.length === size) return new Float64Array(list);
    if (list.length === 1) return new Float64Array(size).fill(list[0] ?? NaN);
    const out = new Float64Array(size).fill(NaN);
    out.set(list.slice(0, size));
    return out;
  };
  return { lo: each(activation.lo), hi: each(activation.hi) };
}

/**
 * Gives a clamp (Clip, or Min or Max with a constant) other bounds, exactly and per channel: a
 * lower bound of 0 becomes Relu, any other Max with a constant; an upper one Min with a constant
 * (algorithms.md 2 R (b)). The last node gives out the value that the clamp gave out. Answers the
 * number of Min and Max nodes that were added.
 */
export function setClampBounds(
  draft: GraphDraft,
  { node: found, input }: Activation,
  bounds: Bounds,
  place: ChannelPlace,
  type: ElementType,
): number {
  const node = draft.node(found.id);
  if (!node) throw new Error(`no node ${found.id}`);
  if (node.op !== 'Clip') {
    const values = node.op === 'Min' ? bounds.hi : bounds.lo;
    setExtremum(draft, node, input, boundTensor(`${node.name}_cap`, values, place, type));
    return 0;
  }
  const isRelu = areAll(bounds.lo, 0);
  const hasLow = !isRelu && !areAll(bounds.lo, -Infinity);
  const hasHigh = !areAll(bounds.hi, Infinity);
  const output = node.outputs[0] ?? '';
  const wish = node.name || output;
  const parts: Pick<Node, 'op' | 'inputs'>[] = [];
  const constant = (ending: string, values: Float64Array): string => {
    const name = draft.freshName(`${wish}_${ending}`);
    draft.setTensor(name, boundTensor(name, values, place, type));
    return name;
  };
  if (isRelu) parts.push({ op: 'Relu', inputs: [] });
  if (hasLow) parts.push({ op: 'Max', inputs: [constant('floor', bounds.lo)] });
  if (hasHigh) parts.push({ op: 'Min', inputs: [constant('cap', bounds.hi)] });
  chain(draft, node, input, output, parts);
  for (const name of node.inputs.slice(1)) draft.removeUnused(name);
  return parts.filter((part) => part.op !== 'Relu').length;
}

/** Puts a row of nodes in the place of one; the first keeps its id, the last its output. */
function chain(
  draft: GraphDraft,
  node: Node,
  input: string,
  output: string,
  parts: readonly Pick<Node, 'op' | 'inputs'>[],
): void {
  const next = draft.nextOf(node.id);
  let value = input;
  for (const [at, part] of parts.entries()) {
    const isLast = at === parts.length - 1;
    const made = isLast ? output : draft.freshName(`${output}_${part.op.toLowerCase()}`);
    const name = at === 0 || node.name === '' ? node.name : `${node.name}_${part.op.toLowerCase()}`;
    const whole = {
      name,
      op: part.op,
      domain: node.domain,
      inputs: [value, ...part.inputs],
      outputs: [made],
      attributes: new Map(),
      captures: [],
    };
    if (at === 0) draft.setNode({ ...whole, id: node.id });
    else draft.insertNode(whole, next);
    value = made;
  }
}

/** Replaces all inputs of a Min or Max but its value by one constant. */
function setExtremum(draft: GraphDraft, node: Node, value: string, constant: Tensor): void {
  const constants = node.inputs.filter((name) => name !== value);
  const [first = ''] = constants;
  if (constants.length > 1 || node.inputs[0] !== value)
    draft.setNode({ ...node, inputs: [value, first] });
  writeConstant(draft, node.id, 1, constant);
  for (const name of constants) draft.removeUnused(name);
}

/** A constant that lies along the channel axis: [1, C, 1, 1]. */
function boundTensor(
  name: string,
  values: Float64Array,
  { axis, rank }: ChannelPlace,
  type: ElementType,
): Tensor {
  const dims =
    rank === undefined
      ? [values.length]
      : Array.from({ length: rank }, (_, at) => (at === axis ? values.length : 1));
  return floatTensor(name, dims, values, type);
}
