import { isStandard, type Node, type NodeId, type ValueInfo } from '../../core/graph/graph.ts';
import { MemoryData, type Tensor } from '../../core/graph/tensor.ts';
import { floatTensor } from '../../core/graph/tensorValues.ts';
import type { Job } from '../../core/job.ts';
import type { ExternalFiles } from './externalData.ts';
import { readNode } from './readNode.ts';
import { readSparseTensor, readTensor } from './readTensor.ts';
import { readValueInfo } from './readValue.ts';
import { ATTRIBUTE, GRAPH, NODE } from './schema.ts';
import type { WireReader } from './wireReader.ts';

/** Fields between two checkpoints. */
const STRIDE = 1024;

/** A Constant node of the file: no node of the graph, its value is one of the tensors. */
export interface ConstantNode {
  readonly constant: string;
}

/** A GraphProto as it stands in the file. */
export interface GraphParts {
  name: string;
  /** One for each node field of the file, in its order; a node's id is its place here. */
  readonly nodes: (Node | ConstantNode)[];
  /** The name for each initializer field of the file, in its order. */
  readonly initializers: string[];
  readonly tensors: Map<string, Tensor>;
  /** Those listed as inputs that are weights included. */
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  readonly values: Map<string, ValueInfo>;
  readonly hidden: { readonly values: Set<string>; readonly nodes: Set<string> };
}

/** Reads a GraphProto; no weights are read. */
export async function readGraph(
  reader: WireReader,
  files: ExternalFiles,
  job: Job,
): Promise<GraphParts> {
  const parts: GraphParts = {
    name: '',
    nodes: [],
    initializers: [],
    tensors: new Map(),
    inputs: [],
    outputs: [],
    values: new Map(),
    hidden: { values: new Set(), nodes: new Set() },
  };
  const { sizeBytes } = reader.source;
  for (let count = 1; reader.next(); count++) {
    if (count % STRIDE === 0) await job.checkpoint(reader.start, sizeBytes, 'Reading the model');
    switch (reader.field) {
      case GRAPH.name:
        parts.name = reader.text;
        break;
      case GRAPH.node:
        addNode(parts, reader, files);
        break;
      case GRAPH.initializer: {
        const tensor = readTensor(reader.message('a tensor'), files);
        addTensor(parts, tensor, reader);
        parts.initializers.push(tensor.name);
        break;
      }
      case GRAPH.sparseInitializer:
        addTensor(parts, readSparseTensor(reader.message('a sparse tensor'), files), reader);
        break;
      case GRAPH.input:
        parts.inputs.push(readValueInfo(reader.message('an input')));
        break;
      case GRAPH.output:
        parts.outputs.push(readValueInfo(reader.message('an output')));
        break;
      case GRAPH.valueInfo: {
        const value = readValueInfo(reader.message('a value'));
        parts.values.set(value.name, value);
        break;
      }
    }
  }
  return parts;
}

function addNode(parts: GraphParts, reader: WireReader, files: ExternalFiles): void {
  const id: NodeId = parts.nodes.length;
  const node = readNode(reader.message('a node'), files, parts.hidden.values, id);
  const constant = constantOf(node, reader, files);
  if (constant) {
    addTensor(parts, constant, reader);
    parts.nodes.push({ constant: constant.name });
    if (node.name !== '') parts.hidden.nodes.add(node.name);
  } else parts.nodes.push(node);
}

function addTensor(parts: GraphParts, tensor: Tensor, reader: WireReader): void {
  const { name } = tensor;
  if (name === '') reader.refuse('no-name', 'is a tensor without a name');
  if (parts.tensors.has(name)) {
    reader.refuseMessage(
      'duplicate-name',
      reader.start,
      `two constants have the name "${name}"`,
      'Give each constant a name of its own, and export the model again.',
    );
  }
  parts.tensors.set(name, tensor);
}

/** What a Constant node gives; undefined for any other node. */
function constantOf(node: Node, reader: WireReader, files: ExternalFiles): Tensor | undefined {
  const name = node.outputs[0] ?? '';
  if (node.op !== 'Constant' || !isStandard(node) || name === '') return undefined;
  for (const [key, attribute] of node.attributes) {
    switch (attribute.kind) {
      case 'tensor':
        return { ...attribute.value, name };
      case 'float':
        return floatTensor(name, [], Float32Array.of(attribute.value));
      case 'floats':
        return floatTensor(name, [attribute.value.length], Float32Array.from(attribute.value));
      case 'int':
        return integers(name, [], [attribute.value]);
      case 'ints':
        return integers(name, [attribute.value.length], attribute.value);
      case 'string':
        return { name, type: 'string', dims: [], data: new MemoryData(new Uint8Array()) };
      case 'strings': {
        const dims = [attribute.value.length];
        return { name, type: 'string', dims, data: new MemoryData(new Uint8Array()) };
      }
      case 'opaque':
        if (key === 'sparse_value') return sparseConstant(name, reader, files);
    }
  }
  return undefined;
}

const integers = (name: string, dims: readonly number[], values: readonly number[]): Tensor => {
  const data = BigInt64Array.from(values, toInt64);
  return { name, type: 'int64', dims, data: new MemoryData(new Uint8Array(data.buffer)) };
};

/** Numbers beyond 2^53 come rounded, INT64_MAX as 2^63; BigInt64Array would wrap that around. */
const toInt64 = (value: number): bigint => (value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value));

/** The sparse tensor of a Constant: its attribute is opaque, so its shape is read once more. */
function sparseConstant(name: string, reader: WireReader, files: ExternalFiles): Tensor {
  const node = reader.message('a node');
  while (node.next()) {
    if (node.field !== NODE.attribute) continue;
    const attribute = node.message('an attribute');
    while (attribute.next()) {
      if (attribute.field !== ATTRIBUTE.sparseTensor) continue;
      return { ...readSparseTensor(attribute.message('a sparse tensor'), files), name };
    }
  }
  return { name, type: 'other', dims: [], data: new MemoryData(new Uint8Array()) };
}
