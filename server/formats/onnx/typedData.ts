import { elementSize, type ElementType, type TensorData } from '../../core/graph/tensor.ts';
import { refuse } from '../badFile.ts';
import type { FileSource } from '../fileSource.ts';
import { WireReader } from './wireReader.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Elements in one of the typed fields of a TensorProto: `float_data`, `int32_data` and so on. */
export interface TypedSpan {
  readonly source: FileSource;
  /** The fields of the TensorProto, from the first to the last that holds elements. */
  readonly start: number;
  readonly end: number;
  readonly field: number;
  /** How an element is encoded: 0 varint, 1 eight bytes, 5 four bytes. */
  readonly wireType: 0 | 1 | 5;
  readonly tensorName: string;
}

/**
 * Elements that are not packed little-endian in the file: they are decoded whenever they are read.
 */
export class TypedData implements TensorData {
  #moved: TensorData | undefined;

  constructor(
    private readonly span: TypedSpan,
    private readonly type: ElementType,
    private readonly count: number,
  ) {}

  get sizeBytes(): number {
    return this.count * elementSize(this.type);
  }

  get source(): FileSource {
    return this.span.source;
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    if (this.#moved) return this.#moved.read(start, end);
    const bytes = new Uint8Array(this.sizeBytes);
    const store = storing(this.type, new DataView(bytes.buffer));
    let at = 0;
    eachElement(this.span, (low, high) => {
      if (at < this.count) store(at, low, high);
      at++;
    });
    if (at !== this.count) {
      const { tensorName, source } = this.span;
      throw new Error(`${source.path}: ${tensorName} has ${at} elements, not ${this.count}`);
    }
    return bytes.subarray(start, end);
  }

  /** The same elements have come to lie elsewhere: the file was written anew. */
  moveTo(data: TensorData): void {
    this.#moved = data;
  }
}

/** How many elements the span holds; packed runs are counted without being decoded. */
export function countElements(span: TypedSpan): number {
  let count = 0;
  const reader = new WireReader(span.source, span.start, span.end, span.tensorName);
  while (reader.next()) {
    if (reader.field !== span.field) continue;
    if (reader.wireType === span.wireType) count++;
    else if (reader.wireType !== 2) reader.refuse('wrong-wire-type', 'has an unexpected wire type');
    else if (span.wireType === 0) count += countVarints(span.source, reader.payload, reader.end);
    else {
      const size = span.wireType === 1 ? 8 : 4;
      if ((reader.end - reader.payload) % size !== 0) {
        reader.refuse('bad-length', `has a length that is not a multiple of ${size}`);
      }
      count += (reader.end - reader.payload) / size;
    }
  }
  return count;
}

/** Varints end with a byte below 128. */
function countVarints(source: FileSource, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += CHUNK_BYTES) {
    const bytes = source.read(at, Math.min(end, at + CHUNK_BYTES));
    for (let i = 0; i < bytes.length; i++) count += 1 - ((bytes[i] as number) >> 7);
  }
  if (end > start && source.byte(end - 1) >= 128) {
    refuse({
      code: 'bad-varint',
      message: `${source.path} is damaged at byte ${end - 1}: a list of numbers ends within a number.`,
      offset: end - 1,
      remedy: 'The file is damaged: export it again.',
    });
  }
  return count;
}

/** Calls back with the lower and upper 32 bits of each element. */
function eachElement(span: TypedSpan, visit: (low: number, high: number) => void): void {
  const reader = new WireReader(span.source, span.start, span.end, span.tensorName);
  while (reader.next()) {
    if (reader.field !== span.field) continue;
    if (reader.wireType === 0) visit(reader.low, reader.high);
    else if (span.wireType === 0) reader.eachVarint(visit);
    else {
      const bytes = span.source.read(reader.payload, reader.end);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const size = span.wireType === 1 ? 8 : 4;
      for (let at = 0; at + size <= bytes.length; at += size) {
        visit(view.getUint32(at, true), size === 8 ? view.getUint32(at + 4, true) : 0);
      }
    }
  }
}

/** Stores an element at an index, from the bits that its field has. */
function storing(
  type: ElementType,
  view: DataView,
): (index: number, low: number, high: number) => void {
  switch (elementSize(type)) {
    case 8:
      return (index, low, high) => {
        view.setUint32(8 * index, low, true);
        view.setUint32(8 * index + 4, high, true);
      };
    case 4:
      return (index, low) => view.setUint32(4 * index, low, true);
    case 2:
      return (index, low) => view.setUint16(2 * index, low & 0xffff, true);
    default:
      return (index, low) => view.setUint8(index, low & 0xff);
  }
}
