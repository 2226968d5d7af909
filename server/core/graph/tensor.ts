/** Element types, named as ONNX names them (TensorProto.DataType). */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'int4'
  | 'uint4'
  | 'bool'
  | 'string'
  | 'other';

/**
 * Where the elements of a tensor are: packed, little-endian, row-major. A file's tensor reads them
 * when asked, so that opening a model does not read its weights.
 */
export interface TensorData {
  readonly sizeBytes: number;
  /** True where every read gives bytes of its own, which the caller may write to after all. */
  readonly givesCopies?: boolean;
  /** The bytes from `start` to `end` (default: all). The caller must not write to them. */
  read(start?: number, end?: number): Uint8Array;
  /** Fills `out` with the bytes from `start`, where that is cheaper than to read and copy. */
  readInto?(out: Uint8Array, start: number): void;
}

/** A constant of the graph. Its elements are never written to; a changed tensor is a new one. */
export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

export type FloatArray = Float32Array | Float64Array;

/** Number of elements of a tensor of these dimensions; 1 for a scalar. */
export const elementCount = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** True for types that a pass may compute with: float32, float64, float16, bfloat16. */
export const isFloat = (type: ElementType): boolean =>
  type === 'float32' || type === 'float64' || type === 'float16' || type === 'bfloat16';

/** Bytes of one element; 0 where elements have no fixed whole-byte size (two of 4 bits share one). */
export function elementSize(type: ElementType): number {
  switch (type) {
    case 'float64':
    case 'int64':
    case 'uint64':
      return 8;
    case 'float32':
    case 'int32':
    case 'uint32':
      return 4;
    case 'float16':
    case 'bfloat16':
    case 'int16':
    case 'uint16':
      return 2;
    case 'int8':
    case 'uint8':
    case 'bool':
      return 1;
    case 'int4':
    case 'uint4':
    case 'string':
    case 'other':
      return 0;
  }
}

/** Bytes that lie in memory, as tensor data. The array is kept, not copied: do not write to it. */
export class MemoryData implements TensorData {
  constructor(private readonly bytes: Uint8Array) {}
  get sizeBytes(): number {
    return this.bytes.length;
  }
  read(start = 0, end = this.bytes.length): Uint8Array {
    return this.bytes.subarray(start, end);
  }
}
