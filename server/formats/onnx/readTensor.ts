import {
  elementSize,
  type ElementType,
  type Tensor,
  type TensorData,
} from '../../core/graph/tensor.ts';
import { refuse } from '../badFile.ts';
import { FileData, type FileSource } from '../fileSource.ts';
import { ENTRY, elementTypeOf, SPARSE_TENSOR, TENSOR } from './schema.ts';
import type { ExternalFiles, ExternalReference } from './externalData.ts';
import { countElements, TypedData } from './typedData.ts';
import type { WireReader } from './wireReader.ts';

/** More axes than this no tensor has; it keeps a damaged file from filling the memory. */
const MAX_RANK = 1024;

/** What a TensorProto says, its elements not read. */
interface TensorParts {
  name: string;
  dims: number[];
  dataType: number;
  raw: { start: number; end: number } | undefined;
  /** By field number: from the first to the last field that holds elements, and how many. */
  typed: Map<number, { start: number; end: number; fields: number; wireType: number }>;
  external: ExternalReference | undefined;
  /** Where the TensorProto begins. */
  start: number;
}

/** Ends the reading with a fault of a tensor; `beside`: of the file that holds its elements. */
type RefuseTensor = (code: string, problem: string, remedy?: string, beside?: string) => never;

/** Reads a TensorProto without its elements; their size is checked against what the file holds. */
export function readTensor(reader: WireReader, files: ExternalFiles): Tensor {
  const parts = readParts(reader);
  const type = elementTypeOf(parts.dataType);
  return {
    name: parts.name,
    type,
    dims: parts.dims,
    data: dataOf(parts, type, reader.source, files),
  };
}

/** Reads a SparseTensorProto: named after its values, its elements opaque. */
export function readSparseTensor(reader: WireReader, files: ExternalFiles): Tensor {
  const start = reader.end;
  const dims: number[] = [];
  let name = '';
  while (reader.next()) {
    if (reader.field === SPARSE_TENSOR.dims) reader.integers(dims, MAX_RANK);
    else if (reader.field === SPARSE_TENSOR.values) {
      name = readTensor(reader.message('the values of a sparse tensor'), files).name;
    } else if (reader.field === SPARSE_TENSOR.indices) {
      readTensor(reader.message('the indices of a sparse tensor'), files);
    }
  }
  return { name, type: 'other', dims, data: new FileData(reader.source, start, 0) };
}

function readParts(reader: WireReader): TensorParts {
  const parts: TensorParts = {
    name: '',
    dims: [],
    dataType: 0,
    raw: undefined,
    typed: new Map(),
    external: undefined,
    start: reader.end,
  };
  const entries = new Map<string, { value: string; reader: WireReader }>();
  let isExternal = false;
  while (reader.next()) {
    switch (reader.field) {
      case TENSOR.dims:
        reader.integers(parts.dims, MAX_RANK);
        if (parts.dims.some((size) => size < 0)) reader.refuse('bad-shape', 'is negative');
        break;
      case TENSOR.dataType:
        parts.dataType = reader.unsigned;
        break;
      case TENSOR.name:
        parts.name = reader.text;
        break;
      case TENSOR.rawData:
        if (reader.wireType !== 2) reader.refuse('wrong-wire-type', 'is not a run of bytes');
        parts.raw = { start: reader.payload, end: reader.end };
        break;
      case TENSOR.floatData:
      case TENSOR.int32Data:
      case TENSOR.int64Data:
      case TENSOR.doubleData:
      case TENSOR.uint64Data:
      case TENSOR.stringData:
        extendRun(parts, reader);
        break;
      case TENSOR.externalData:
        readEntry(reader, entries);
        break;
      case TENSOR.dataLocation:
        isExternal = reader.unsigned === 1;
        break;
    }
  }
  if (isExternal) parts.external = referenceOf(entries, reader);
  return parts;
}

function dataOf(
  parts: TensorParts,
  type: ElementType,
  source: FileSource,
  files: ExternalFiles,
): TensorData {
  const { name } = parts;
  const refuseTensor: RefuseTensor = (code, problem, remedy, beside) =>
    refuse({
      code,
      message: `${source.path}: the tensor "${name}" ${problem}.`,
      offset: parts.start,
      where: name,
      remedy: remedy ?? 'The file is damaged: export it again.',
      ...(beside === undefined ? {} : { beside: [beside] }),
    });
  const shape = `[${parts.dims.join(', ')}]`;
  const count = parts.dims.reduce((a, b) => a * b, 1);
  const size = elementSize(type);
  if (size > 0 && count * size > Number.MAX_SAFE_INTEGER) {
    refuseTensor('bad-shape', `has the shape ${shape}, which is too large`);
  }
  const refuseCount = (held: number): never =>
    refuseTensor('bad-size', `has the shape ${shape}, ${count} elements, and holds ${held}`);

  if (parts.external) {
    return externalData(parts.external, name, count * size, files, refuseTensor);
  }
  if (type === 'string') return new FileData(source, parts.start, 0);
  if (parts.raw) {
    const held = parts.raw.end - parts.raw.start;
    if (size > 0 && held !== count * size) refuseCount(held / size);
    return new FileData(source, parts.raw.start, held);
  }
  const field = typedFieldOf(type);
  const run = field === undefined ? undefined : parts.typed.get(field);
  if (!run || field === undefined) {
    if (size > 0 && count > 0) refuseCount(0);
    return new FileData(source, parts.start, 0);
  }
  const wireType = field === TENSOR.floatData ? 5 : field === TENSOR.doubleData ? 1 : 0;
  const span = { source, ...run, field, wireType, tensorName: name } as const;
  const held = countElements(span);
  if (held !== count) refuseCount(held);
  const isPacked = run.fields === 1 && run.wireType === 2;
  if (isPacked && wireType !== 0) return new FileData(source, run.end - held * size, held * size);
  return new TypedData(span, type, count);
}

function externalData(
  reference: ExternalReference,
  name: string,
  needed: number,
  files: ExternalFiles,
  refuseTensor: RefuseTensor,
): TensorData {
  const { location, offset } = reference;
  const file = files.source(location, name);
  const length = reference.length ?? (needed || Math.max(0, file.sizeBytes - offset));
  if (needed > 0 && length !== needed) {
    refuseTensor(
      'bad-size',
      `needs ${needed} bytes for its shape and has ${length} in ${location}`,
    );
  }
  if (offset + length > file.sizeBytes) {
    refuseTensor(
      'external-data-short',
      `ends at byte ${offset + length} of ${location}, which has only ${file.sizeBytes}`,
      `Get the whole file ${location} again: it is cut short, or belongs to another model.`,
      file.path,
    );
  }
  return new FileData(file, offset, length);
}

/** The typed field that holds the elements of a type (onnx.proto, TensorProto). */
function typedFieldOf(type: ElementType): number | undefined {
  switch (type) {
    case 'float32':
      return TENSOR.floatData;
    case 'float64':
      return TENSOR.doubleData;
    case 'int64':
      return TENSOR.int64Data;
    case 'uint32':
    case 'uint64':
      return TENSOR.uint64Data;
    case 'string':
      return TENSOR.stringData;
    case 'other':
    case 'int4': // two share an element of int32_data: only raw data is read
    case 'uint4':
      return undefined;
    case 'int32':
    case 'int16':
    case 'uint16':
    case 'int8':
    case 'uint8':
    case 'bool':
    case 'float16':
    case 'bfloat16':
      return TENSOR.int32Data;
  }
}

function extendRun(parts: TensorParts, reader: WireReader): void {
  const run = parts.typed.get(reader.field);
  if (run) {
    run.end = reader.end;
    run.fields++;
  } else {
    const { start, end, wireType } = reader;
    parts.typed.set(reader.field, { start, end, fields: 1, wireType });
  }
}

function readEntry(
  reader: WireReader,
  entries: Map<string, { value: string; reader: WireReader }>,
): void {
  const entry = reader.message('an external data entry');
  let key = '';
  let value = '';
  while (entry.next()) {
    if (entry.field === ENTRY.key) key = entry.text;
    else if (entry.field === ENTRY.value) value = entry.text;
  }
  entries.set(key, { value, reader: entry });
}

function referenceOf(
  entries: ReadonlyMap<string, { value: string; reader: WireReader }>,
  reader: WireReader,
): ExternalReference {
  const number = (key: string): number | undefined => {
    const entry = entries.get(key);
    if (!entry) return undefined;
    const value = /^\d{1,16}$/.test(entry.value) ? Number(entry.value) : NaN;
    if (Number.isSafeInteger(value)) return value;
    return entry.reader.refuse('bad-length', `is "${entry.value}", no valid ${key}`);
  };
  const location = entries.get('location')?.value;
  if (location === undefined) {
    return reader.refuse('external-path', 'is in another file, and does not say which');
  }
  return { location, offset: number('offset') ?? 0, length: number('length') };
}
