import { MemoryData, type ElementType, type Tensor } from './tensor.ts';

/** Integers as a tensor in memory; those of 4 bits two a byte, the first in the lower half. */
export function integerTensor(
  name: string,
  dims: readonly number[],
  values: ArrayLike<number>,
  type: ElementType,
): Tensor {
  return { name, type, dims, data: new MemoryData(encode(values, type)) };
}

/** 2^63 - 1, the end of an open slice, is 2^63 as a double. */
const toInt64 = (value: number): bigint =>
  value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(Math.max(value, -(2 ** 63)));

function encode(values: ArrayLike<number>, type: ElementType): Uint8Array {
  const bytesOf = (array: ArrayBufferView): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  switch (type) {
    case 'int8':
    case 'uint8':
      return Uint8Array.from(values);
    case 'int16':
    case 'uint16':
      return bytesOf(Uint16Array.from(values));
    case 'int32':
      return bytesOf(Int32Array.from(values));
    case 'int64':
      return bytesOf(BigInt64Array.from(Array.from(values, toInt64)));
    case 'int4':
    case 'uint4': {
      const bytes = new Uint8Array(Math.ceil(values.length / 2));
      for (let i = 0; i < values.length; i++) {
        bytes[i >> 1] = (bytes[i >> 1] ?? 0) | (((values[i] ?? 0) & 15) << (4 * (i & 1)));
      }
      return bytes;
    }
    default:
      throw new Error(`cannot store integers as ${type}`);
  }
}
