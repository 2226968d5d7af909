import type { Attribute, Graph, Node, ValueInfo } from '../../core/graph/graph.ts';
import { displayName } from '../../core/graph/graph.ts';
import type { ElementType, Tensor } from '../../core/graph/tensor.ts';
import { unreachable } from '../../core/result.ts';
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  dataTypeOf,
  DIMENSION,
  GRAPH,
  MODEL,
  NODE,
  OPSET,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE_INFO,
} from './schema.ts';
import { WireWriter } from './wireWriter.ts';

/**
 * A whole model from a graph, all tensors in it. Statistics, opaque attributes and tensors whose
 * type the graph does not know are left out. `extraOutputs` become outputs besides the graph's own,
 * with type and shape where `graph.values` knows them.
 */
export function encodeGraph(graph: Graph, extraOutputs: readonly string[] = []): Uint8Array {
  const body = new WireWriter();
  const names = new Set<string>();
  for (const node of graph.nodes) {
    const name = uniqueName(displayName(node), names);
    body.message(GRAPH.node, encodeNode({ ...node, name }));
  }
  body.text(GRAPH.name, graph.name || 'graph');
  for (const tensor of graph.tensors.values()) {
    if (isEncodable(tensor.type)) body.message(GRAPH.initializer, encodeTensor(tensor));
  }
  for (const input of graph.inputs) body.message(GRAPH.input, encodeValueInfo(input));
  for (const output of graph.outputs) body.message(GRAPH.output, encodeValueInfo(output));
  for (const output of extraOutputInfos(graph, extraOutputs)) body.message(GRAPH.output, output);

  const opset = graph.opsets.get('') ?? graph.opsets.get('ai.onnx') ?? 17;
  const model = new WireWriter()
    .int(MODEL.irVersion, opset >= 21 ? 10 : 8) // IR 10 came with opset 21
    .text(MODEL.producerName, 'rangefinder')
    .message(MODEL.graph, body);
  for (const [domain, version] of new Map([['', opset], ...graph.opsets])) {
    if (domain === 'ai.onnx') continue; // another name of ''
    model.message(
      MODEL.opsetImport,
      new WireWriter().text(OPSET.domain, domain).int(OPSET.version, version),
    );
  }
  return model.finish();
}

/** ValueInfoProtos of the extra outputs that the graph does not have yet. */
export function extraOutputInfos(graph: Graph, names: readonly string[]): WireWriter[] {
  const taken = new Set(graph.outputs.map((output) => output.name));
  const infos: WireWriter[] = [];
  for (const name of names) {
    if (taken.has(name)) continue;
    taken.add(name);
    const known = graph.values.get(name) ?? graph.inputs.find((input) => input.name === name);
    infos.push(known ? encodeValueInfo(known) : new WireWriter().text(VALUE_INFO.name, name));
  }
  return infos;
}

/** A NodeProto. Opaque attributes are left out. */
export function encodeNode(node: Node): WireWriter {
  const out = new WireWriter();
  for (const input of node.inputs) out.text(NODE.input, input);
  for (const output of node.outputs) out.text(NODE.output, output);
  if (node.name !== '') out.text(NODE.name, node.name);
  out.text(NODE.opType, node.op);
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind !== 'opaque') out.message(NODE.attribute, encodeAttribute(name, attribute));
  }
  if (node.domain !== '') out.text(NODE.domain, node.domain);
  return out;
}

/** An AttributeProto. */
export function encodeAttribute(
  name: string,
  attribute: Exclude<Attribute, { kind: 'opaque' }>,
): WireWriter {
  const out = new WireWriter().text(ATTRIBUTE.name, name);
  switch (attribute.kind) {
    case 'int':
      out.int(ATTRIBUTE.i, attribute.value);
      break;
    case 'float':
      out.float(ATTRIBUTE.f, attribute.value);
      break;
    case 'string':
      out.text(ATTRIBUTE.s, attribute.value);
      break;
    case 'ints':
      for (const value of attribute.value) out.int(ATTRIBUTE.ints, value);
      break;
    case 'floats':
      for (const value of attribute.value) out.float(ATTRIBUTE.floats, value);
      break;
    case 'strings':
      for (const value of attribute.value) out.text(ATTRIBUTE.strings, value);
      break;
    case 'tensor':
      out.message(ATTRIBUTE.t, encodeTensor(attribute.value));
      break;
    default:
      unreachable(attribute);
  }
  return out.int(ATTRIBUTE.type, ATTRIBUTE_TYPE[attribute.kind]);
}

/** A TensorProto with its elements as raw data. Throws for a type that cannot be written so. */
export function encodeTensor(tensor: Tensor): WireWriter {
  return encodeTensorHead(tensor).bytes(TENSOR.rawData, tensor.data.read());
}

/** Name, dimensions and type of a TensorProto, without its elements. */
export function encodeTensorHead(tensor: Tensor): WireWriter {
  const dataType = dataTypeOf(tensor.type);
  if (dataType === undefined || tensor.type === 'string') {
    throw new Error(`${tensor.name}: cannot write elements of type ${tensor.type}`);
  }
  const out = new WireWriter();
  for (const size of tensor.dims) out.int(TENSOR.dims, size);
  return out.int(TENSOR.dataType, dataType).text(TENSOR.name, tensor.name);
}

/** A ValueInfoProto; without a type where the graph does not know it. */
export function encodeValueInfo(value: ValueInfo): WireWriter {
  const out = new WireWriter().text(VALUE_INFO.name, value.name);
  const dataType = dataTypeOf(value.type);
  if (dataType === undefined) return out;
  const type = new WireWriter().int(TENSOR_TYPE.elementType, dataType);
  if (value.shape) {
    const shape = new WireWriter();
    for (const size of value.shape) {
      const dimension = new WireWriter();
      if (typeof size === 'number') dimension.int(DIMENSION.value, size);
      else if (size !== undefined) dimension.text(DIMENSION.param, size);
      shape.message(SHAPE.dim, dimension);
    }
    type.message(TENSOR_TYPE.shape, shape);
  }
  return out.message(VALUE_INFO.type, new WireWriter().message(TYPE.tensorType, type));
}

/** `wish`, or `wish_1`, `wish_2` ...: the first that is not in `taken`, to which it is added. */
export function uniqueName(wish: string, taken: Set<string>): string {
  let name = wish;
  for (let i = 1; taken.has(name); i++) name = `${wish}_${i}`;
  taken.add(name);
  return name;
}

const isEncodable = (type: ElementType): boolean => type !== 'string' && type !== 'other';
