import { isDeepStrictEqual } from 'node:util';
import type { Tensor } from '../../core/graph/tensor.ts';
import { Parts } from './parts.ts';
import { dataTypeOf, ENTRY, TENSOR } from './schema.ts';
import type { WireReader } from './wireReader.ts';
import { lengthPrefix, WireWriter } from './wireWriter.ts';

/** Where the elements of a tensor go: into the TensorProto, or a range of another file. */
export type Placement =
  | { readonly kind: 'inside' }
  | {
      readonly kind: 'outside';
      readonly location: string;
      readonly offset: number;
      readonly length: number;
    };

export const inside: Placement = { kind: 'inside' };

/** The payload of a new TensorProto. */
export function newTensor(tensor: Tensor, placement: Placement): Parts {
  const head = new WireWriter();
  writeDims(head, tensor);
  writeType(head, tensor);
  head.text(TENSOR.name, tensor.name);
  return addElements(new Parts().fields(head), tensor, placement);
}

/**
 * The payload of a TensorProto after a change: elements, dimensions and type are those of `after`;
 * name, documentation and unknown fields are copied.
 */
export function rewriteTensor(
  reader: WireReader,
  before: Tensor,
  after: Tensor,
  placement: Placement,
): Parts {
  const out = new Parts();
  const keepsDims = isDeepStrictEqual(before.dims, after.dims);
  const keepsType = before.type === after.type;
  const head = new WireWriter();
  if (!keepsDims) writeDims(head, after);
  if (!keepsType) writeType(head, after);
  out.fields(head);
  let isPlaced = false;
  while (reader.next()) {
    switch (reader.field) {
      case TENSOR.dims:
        if (keepsDims) out.copy(reader.start, reader.end);
        break;
      case TENSOR.dataType:
        if (keepsType) out.copy(reader.start, reader.end);
        break;
      case TENSOR.rawData:
      case TENSOR.floatData:
      case TENSOR.int32Data:
      case TENSOR.stringData:
      case TENSOR.int64Data:
      case TENSOR.doubleData:
      case TENSOR.uint64Data:
      case TENSOR.externalData:
      case TENSOR.dataLocation:
        if (!isPlaced) addElements(out, after, placement);
        isPlaced = true;
        break;
      default:
        out.copy(reader.start, reader.end);
    }
  }
  if (!isPlaced) addElements(out, after, placement);
  return out;
}

function addElements(out: Parts, tensor: Tensor, placement: Placement): Parts {
  if (placement.kind === 'inside') {
    out.bytes(lengthPrefix(TENSOR.rawData, tensor.data.sizeBytes));
    return out.data(tensor.data);
  }
  const entry = (key: string, value: string): WireWriter =>
    new WireWriter().text(ENTRY.key, key).text(ENTRY.value, value);
  return out.fields(
    new WireWriter()
      .message(TENSOR.externalData, entry('location', placement.location))
      .message(TENSOR.externalData, entry('offset', String(placement.offset)))
      .message(TENSOR.externalData, entry('length', String(placement.length)))
      .int(TENSOR.dataLocation, 1),
  );
}

function writeDims(out: WireWriter, tensor: Tensor): void {
  for (const size of tensor.dims) out.int(TENSOR.dims, size);
}

function writeType(out: WireWriter, tensor: Tensor): void {
  const dataType = dataTypeOf(tensor.type);
  if (dataType === undefined || tensor.type === 'string') {
    throw new Error(`${tensor.name}: cannot write elements of type ${tensor.type}`);
  }
  out.int(TENSOR.dataType, dataType);
}
