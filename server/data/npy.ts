import { elementCount, elementSize, MemoryData, type ElementType } from '../core/graph/tensor.ts';
import { readFloats } from '../core/graph/tensorValues.ts';
import type { EngineTensor } from '../engines/engine.ts';
import type { ByteSource } from './byteSource.ts';
import { BadData } from './samples.ts';

/** Elements as they are in an array: float16 as floats, bool as 0 and 1. */
export type NpyValues = EngineTensor['values'];

/** An array of a `.npy` file, its elements read when asked. */
export interface NpyArray {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** Elements `from` to `to` in row-major order. */
  read(from: number, to: number): Promise<NpyValues>;
  dispose(): Promise<void>;
}

const types: Readonly<Record<string, ElementType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

/**
 * Reads the header of a `.npy` (NumPy format 1.0 to 3.0). Arrays in Fortran order are turned round
 * when first read, in memory. Throws `BadData`; `where` names the array.
 */
export async function openNpy(source: ByteSource, where: string): Promise<NpyArray> {
  const bad = badNpy(where);
  const { descr, isFortran, dims, dataStart } = await readHead(source, where);
  const type = types[descr.slice(1)];
  if (!type)
    throw bad(`its elements are "${descr}", which is not a type of numbers that models take`);
  const sizeBytes = elementCount(dims) * elementSize(type);
  const haveBytes = source.sizeBytes - dataStart;
  if (haveBytes < sizeBytes) throw bad(`it needs ${sizeBytes} bytes of data and has ${haveBytes}`);
  const isBig = descr.startsWith('>');
  const direct = async (from: number, to: number): Promise<NpyValues> => {
    const size = elementSize(type);
    const bytes = await source.read(dataStart + from * size, dataStart + to * size);
    if (bytes.length !== (to - from) * size) throw bad('the file became shorter while it was read');
    if (isBig) swapBytes(bytes, size);
    return valuesOf(bytes, type);
  };
  const dispose = (): Promise<void> => source.dispose();
  if (!isFortran || dims.length < 2) return { type, dims, read: direct, dispose };
  let turned: Promise<NpyValues> | undefined;
  return {
    type,
    dims,
    async read(from, to) {
      turned ??= direct(0, elementCount(dims)).then((values) => toRowMajor(values, dims));
      return (await turned).slice(from, to);
    },
    dispose,
  };
}

/** The shape of an array by its header, which is all that is read. Throws `BadData`. */
export const npyDims = async (source: ByteSource, where: string): Promise<readonly number[]> =>
  (await readHead(source, where)).dims;

const badNpy =
  (where: string) =>
  (why: string): BadData =>
    new BadData('bad-npy', `The array "${where}" cannot be read: ${why}.`, where);

type Head = ReturnType<typeof parseHeader> & { readonly dataStart: number };

async function readHead(source: ByteSource, where: string): Promise<Head> {
  const bad = badNpy(where);
  const head = await source.read(0, 12);
  if (head.length < 10 || String.fromCharCode(...head.subarray(0, 6)) !== '\x93NUMPY') {
    throw bad('it does not begin as a NumPy file does');
  }
  const major = head[6] ?? 0;
  if (major < 1 || major > 3) throw bad(`it has the unknown format version ${major}`);
  const view = new DataView(head.buffer, head.byteOffset);
  if (major > 1 && head.length < 12) throw bad('its header is cut off');
  const headerStart = major === 1 ? 10 : 12;
  const headerSize = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + headerSize;
  if (dataStart > source.sizeBytes) throw bad('its header is cut off');
  const header = new TextDecoder().decode(await source.read(headerStart, dataStart));
  return { ...parseHeader(header, bad), dataStart };
}

function parseHeader(
  header: string,
  bad: (why: string) => BadData,
): { descr: string; isFortran: boolean; dims: number[] } {
  const descr = /'descr'\s*:\s*'([<>|=]?[a-zA-Z]\d*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (descr === undefined && /'descr'\s*:\s*[[(]/.test(header)) throw bad('it has named fields');
  if (descr === undefined || order === undefined || shape === undefined) {
    throw bad('its header is not that of a NumPy array');
  }
  const dims = shape
    .split(',')
    .map((size) => size.trim().replace(/L$/, ''))
    .filter((size) => size !== '')
    .map(Number);
  return { descr: /^\w/.test(descr) ? `=${descr}` : descr, isFortran: order === 'True', dims };
}

/** Packed little-endian elements as an array; float16 as floats. */
export function valuesOf(bytes: Uint8Array<ArrayBuffer>, type: ElementType): NpyValues {
  const { buffer, length } = bytes;
  switch (type) {
    case 'float16':
      return readFloats({ name: '', type, dims: [length / 2], data: new MemoryData(bytes) });
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'uint64':
      return new BigUint64Array(buffer);
    default:
      return bytes;
  }
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Column-major elements in row-major order: the first axis, fastest before, is slowest after. */
function toRowMajor(values: NpyValues, dims: readonly number[]): NpyValues {
  const out = values.slice();
  const strides: number[] = [];
  dims.reduce((stride, size, axis) => ((strides[axis] = stride), stride * size), 1);
  const index = new Array<number>(dims.length).fill(0);
  for (let at = 0, from = 0; at < values.length; at++) {
    out[at] = values[from] as never;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      from += stride;
      if ((index[axis] ?? 0) < (dims[axis] ?? 0)) break;
      from -= stride * (dims[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return out;
}
