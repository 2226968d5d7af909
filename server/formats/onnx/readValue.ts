import type { Dimension, ValueInfo } from '../../core/graph/graph.ts';
import type { ElementType } from '../../core/graph/tensor.ts';
import { DIMENSION, elementTypeOf, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from './schema.ts';
import type { WireReader } from './wireReader.ts';

/** Reads a ValueInfoProto. What is no tensor (a sequence, a map) has the type `other`. */
export function readValueInfo(reader: WireReader): ValueInfo {
  let name = '';
  let type: ElementType = 'other';
  let shape: Dimension[] | undefined;
  let kind: string | undefined;
  while (reader.next()) {
    if (reader.field === VALUE_INFO.name) name = reader.text;
    if (reader.field !== VALUE_INFO.type) continue;
    const typeReader = reader.message('a type');
    while (typeReader.next()) {
      kind ??= kinds[typeReader.field];
      if (typeReader.field !== TYPE.tensorType) continue;
      const tensor = typeReader.message('a tensor type');
      while (tensor.next()) {
        if (tensor.field === TENSOR_TYPE.elementType) type = elementTypeOf(tensor.unsigned);
        else if (tensor.field === TENSOR_TYPE.shape) shape = readShape(tensor.message('a shape'));
      }
    }
  }
  return { name, type, shape, ...(kind === undefined ? {} : { kind }) };
}

/** What is no tensor, by its field in TypeProto. */
const kinds: Readonly<Record<number, string>> = {
  4: 'a sequence',
  5: 'a map',
  7: 'an opaque value',
  8: 'a sparse tensor',
  9: 'an optional value',
};

function readShape(reader: WireReader): Dimension[] {
  const shape: Dimension[] = [];
  while (reader.next()) {
    if (reader.field === SHAPE.dim) shape.push(readDimension(reader.message('a dimension')));
  }
  return shape;
}

/** Some exporters write -1 or an empty name for a size that is not known. */
function readDimension(reader: WireReader): Dimension {
  let size: Dimension;
  while (reader.next()) {
    if (reader.field === DIMENSION.value) size = reader.signed >= 0 ? reader.signed : undefined;
    else if (reader.field === DIMENSION.param) size = reader.text || undefined;
  }
  return size;
}
