import type { ElementType } from '../core/graph/tensor.ts';
import { floatToHalf } from '../core/graph/tensorValues.ts';
import type { EngineTensor } from '../engines/engine.ts';

/** An array to write, elements in row-major order; float16 as floats. */
export interface NamedArray {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly values: EngineTensor['values'];
}

const descrs: Partial<Record<ElementType, string>> = {
  float16: '<f2',
  float32: '<f4',
  bfloat16: '<f4',
  float64: '<f8',
  int8: '|i1',
  int16: '<i2',
  int32: '<i4',
  int64: '<i8',
  uint8: '|u1',
  uint16: '<u2',
  uint32: '<u4',
  uint64: '<u8',
  bool: '|b1',
};

/** A `.npy` in two parts, header and elements (NumPy format 1.0, or 2.0 for a long header). */
export function encodeNpy({ name, type, dims, values }: NamedArray): [Uint8Array, Uint8Array] {
  const descr = descrs[type];
  if (descr === undefined) throw new Error(`${name} is ${type}, which NumPy has no type for`);
  const shape = dims.length === 1 ? `${dims[0] ?? 0},` : dims.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const isLong = text.length > 65000;
  const before = isLong ? 12 : 10;
  // Header and elements are aligned to 64 bytes; the header ends in a line feed.
  const padded = text.padEnd(Math.ceil((before + text.length + 1) / 64) * 64 - before - 1) + '\n';
  const head = new Uint8Array(before + padded.length);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, isLong ? 2 : 1, 0]);
  const view = new DataView(head.buffer);
  if (isLong) view.setUint32(8, padded.length, true);
  else view.setUint16(8, padded.length, true);
  head.set(new TextEncoder().encode(padded), before);
  return [head, bytesOf(type === 'float16' ? halves(values) : values)];
}

const halves = (values: EngineTensor['values']): Uint16Array =>
  Uint16Array.from(values as ArrayLike<number>, floatToHalf);

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
