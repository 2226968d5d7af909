import { err, ok, type Result } from '../result.ts';
import { displayName, isStandard, type Attribute, type Graph, type Node } from './graph.ts';
import type { ValueInfo } from './graph.ts';
import { elementCount, type ElementType, type Tensor } from './tensor.ts';
import { floatTensor, readFloats } from './tensorValues.ts';

/** Elements that a network in float32 may hold: more take too much memory beside the network. */
const mostElements = 2 ** 28;

/**
 * The same network with float32 in the place of float16, bfloat16 and float64: tensors, inputs, outputs,
 * values, and the types that nodes make. Node ids and names stay. The error says what stands in the
 * way, in words that go on after a colon.
 */
export function toFloat32(graph: Graph): Result<Graph, string> {
  const opaque = graph.nodes.find(isOpaque);
  if (opaque) return err(`the inside of "${displayName(opaque)}" cannot be made float32`);
  let elements = 0;
  for (const { dims } of graph.tensors.values()) elements += elementCount(dims);
  if (elements > mostElements) return err('the network is too large to be held in float32 too');
  return ok({
    ...graph,
    nodes: graph.nodes.map(widenedNode),
    tensors: new Map([...graph.tensors].map(([name, tensor]) => [name, widened(tensor)])),
    inputs: graph.inputs.map(widenedValue),
    outputs: graph.outputs.map(widenedValue),
    values: new Map([...graph.values].map(([name, value]) => [name, widenedValue(value)])),
  });
}

/** True where the graph does not know all that the node has: a sub-graph, say. */
const isOpaque = ({ attributes, captures }: Node): boolean =>
  captures.length > 0 || [...attributes.values()].some(({ kind }) => kind === 'opaque');

const isOtherFloat = (type: ElementType): boolean =>
  type === 'float16' || type === 'bfloat16' || type === 'float64';

const widened = (tensor: Tensor): Tensor =>
  isOtherFloat(tensor.type) ? floatTensor(tensor.name, tensor.dims, readFloats(tensor)) : tensor;

const widenedValue = (value: ValueInfo): ValueInfo =>
  isOtherFloat(value.type) ? { ...value, type: 'float32' } : value;

/** Attributes that hold a TensorProto.DataType, and the types among them. */
const typeAttributes = new Set(['to', 'dtype', 'output_dtype']);
const float32 = 1;
/** float16, float64 and bfloat16. */
const otherFloats = [10, 11, 16];

function widenedNode(node: Node): Node {
  const attributes = new Map<string, Attribute>();
  for (const [name, attribute] of node.attributes) {
    attributes.set(name, isStandard(node) ? widenedAttribute(name, attribute) : attribute);
  }
  return { ...node, attributes };
}

function widenedAttribute(name: string, attribute: Attribute): Attribute {
  if (attribute.kind === 'tensor') return { ...attribute, value: widened(attribute.value) };
  const isType =
    attribute.kind === 'int' && typeAttributes.has(name) && otherFloats.includes(attribute.value);
  return isType ? { kind: 'int', value: float32 } : attribute;
}
