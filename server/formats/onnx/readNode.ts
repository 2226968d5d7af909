import type { Attribute, Node, NodeId } from '../../core/graph/graph.ts';
import type { Tensor } from '../../core/graph/tensor.ts';
import type { ExternalFiles } from './externalData.ts';
import { readSparseTensor, readTensor } from './readTensor.ts';
import { ATTRIBUTE, ATTRIBUTE_TYPE, GRAPH, NODE, VALUE_INFO } from './schema.ts';
import type { WireReader } from './wireReader.ts';

/** Reads a NodeProto; `inner` collects the names of all values inside its sub-graphs. */
export function readNode(
  reader: WireReader,
  files: ExternalFiles,
  inner: Set<string>,
  id: NodeId = 0,
): Node {
  const start = reader.end;
  let name = '';
  let op = '';
  let domain = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  const captures: string[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case NODE.input:
        inputs.push(reader.text);
        break;
      case NODE.output:
        outputs.push(reader.text);
        break;
      case NODE.name:
        name = reader.text;
        break;
      case NODE.opType:
        op = reader.text;
        break;
      case NODE.domain:
        domain = reader.text;
        break;
      case NODE.attribute: {
        const found = readAttribute(reader.message('an attribute'), files, captures, inner);
        attributes.set(found.name, found.attribute);
        break;
      }
    }
  }
  if (op === '') {
    reader.refuseMessage(
      'no-operator',
      start,
      `the node "${name || outputs[0] || ''}" has no operator`,
    );
  }
  return { id, name, op, domain, inputs, outputs, attributes, captures };
}

/**
 * The values that a sub-graph uses and does not make itself, those of graphs within it included.
 * Its tensors are read for their faults, and for the files they are in. `inner` collects what it
 * makes itself.
 */
function capturesOf(reader: WireReader, files: ExternalFiles, inner: Set<string>): Set<string> {
  const made = new Set<string>();
  const used = new Set<string>();
  while (reader.next()) {
    switch (reader.field) {
      case GRAPH.node: {
        const node = readNode(reader.message('a node'), files, inner);
        for (const name of [...node.inputs, ...node.captures]) used.add(name);
        for (const name of node.outputs) made.add(name);
        break;
      }
      case GRAPH.initializer:
        made.add(readTensor(reader.message('a tensor'), files).name);
        break;
      case GRAPH.sparseInitializer:
        made.add(readSparseTensor(reader.message('a sparse tensor'), files).name);
        break;
      case GRAPH.input:
        made.add(nameOf(reader.message('an input')));
        break;
      case GRAPH.output:
        used.add(nameOf(reader.message('an output')));
        break;
    }
  }
  for (const name of made) {
    used.delete(name);
    inner.add(name);
  }
  used.delete('');
  return used;
}

/** The name that a ValueInfoProto gives. */
function nameOf(reader: WireReader): string {
  let name = '';
  while (reader.next()) if (reader.field === VALUE_INFO.name) name = reader.text;
  return name;
}

/** What the fields of an AttributeProto hold. */
interface Held {
  int?: number;
  float?: number;
  string?: string;
  tensor?: Tensor;
  readonly ints: number[];
  readonly floats: number[];
  readonly strings: string[];
}

/** Reads an AttributeProto; `captures` collects what its sub-graphs use from outside, `inner` not. */
function readAttribute(
  reader: WireReader,
  files: ExternalFiles,
  captures: string[],
  inner: Set<string>,
): { name: string; attribute: Attribute } {
  let name = '';
  let type = 0;
  /** Files older than IR version 3 leave the type out: then it is the field that is there. */
  let implied = 0;
  let isReference = false;
  const held: Held = { ints: [], floats: [], strings: [] };
  while (reader.next()) {
    switch (reader.field) {
      case ATTRIBUTE.name:
        name = reader.text;
        break;
      case ATTRIBUTE.type:
        type = reader.unsigned;
        break;
      case ATTRIBUTE.refAttrName:
        isReference = reader.text !== '';
        break;
      case ATTRIBUTE.f:
        held.float = reader.float;
        implied = ATTRIBUTE_TYPE.float;
        break;
      case ATTRIBUTE.i:
        held.int = reader.signed;
        implied = ATTRIBUTE_TYPE.int;
        break;
      case ATTRIBUTE.s:
        held.string = reader.text;
        implied = ATTRIBUTE_TYPE.string;
        break;
      case ATTRIBUTE.t:
        held.tensor = readTensor(reader.message('a tensor'), files);
        implied = ATTRIBUTE_TYPE.tensor;
        break;
      case ATTRIBUTE.ints:
        reader.integers(held.ints);
        implied = ATTRIBUTE_TYPE.ints;
        break;
      case ATTRIBUTE.floats:
        reader.floats(held.floats);
        implied = ATTRIBUTE_TYPE.floats;
        break;
      case ATTRIBUTE.strings:
        held.strings.push(reader.text);
        implied = ATTRIBUTE_TYPE.strings;
        break;
      case ATTRIBUTE.tensors:
        readTensor(reader.message('a tensor'), files);
        break;
      case ATTRIBUTE.sparseTensor:
      case ATTRIBUTE.sparseTensors:
        readSparseTensor(reader.message('a sparse tensor'), files);
        break;
      case ATTRIBUTE.g:
      case ATTRIBUTE.graphs:
        for (const value of capturesOf(reader.message('a sub-graph'), files, inner)) {
          if (!captures.includes(value)) captures.push(value);
        }
        break;
    }
  }
  return { name, attribute: isReference ? opaque : toAttribute(type || implied, held) };
}

const opaque: Attribute = { kind: 'opaque' };

function toAttribute(type: number, held: Held): Attribute {
  switch (type) {
    case ATTRIBUTE_TYPE.float:
      return { kind: 'float', value: held.float ?? 0 };
    case ATTRIBUTE_TYPE.int:
      return { kind: 'int', value: held.int ?? 0 };
    case ATTRIBUTE_TYPE.string:
      return { kind: 'string', value: held.string ?? '' };
    case ATTRIBUTE_TYPE.floats:
      return { kind: 'floats', value: held.floats };
    case ATTRIBUTE_TYPE.ints:
      return { kind: 'ints', value: held.ints };
    case ATTRIBUTE_TYPE.strings:
      return { kind: 'strings', value: held.strings };
    case ATTRIBUTE_TYPE.tensor:
      return held.tensor ? { kind: 'tensor', value: held.tensor } : opaque;
    default:
      return opaque;
  }
}
