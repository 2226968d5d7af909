import {
  elementCount,
  elementSize,
  isFloat,
  MemoryData,
  type ElementType,
  type FloatArray,
  type Tensor,
} from './tensor.ts';

/**
 * The elements of a float tensor as numbers: Float64Array for float64, Float32Array for float32,
 * float16 and bfloat16. The array may share the tensor's bytes: do not write to it.
 * Throws for a type that is not float (ask `isFloat` first).
 */
export function readFloats(tensor: Tensor): FloatArray {
  const bytes = tensor.data.read();
  const count = elementCount(tensor.dims);
  if (bytes.length !== count * elementSize(tensor.type)) {
    throw new Error(`${tensor.name}: ${bytes.length} bytes for ${count} ${tensor.type} elements`);
  }
  switch (tensor.type) {
    case 'float32':
      return new Float32Array(...aligned(bytes, 4), count);
    case 'float64':
      return new Float64Array(...aligned(bytes, 8), count);
    case 'float16':
      return halfToFloat(new Uint16Array(...aligned(bytes, 2), count));
    case 'bfloat16':
      return bfloatToFloat(new Uint16Array(...aligned(bytes, 2), count));
    default:
      throw new Error(`${tensor.name} is ${tensor.type}, not float`);
  }
}

/** The elements of an integer, bool or float tensor as plain numbers; for small tensors. */
export function readNumbers(tensor: Tensor): number[] {
  const bytes = tensor.data.read();
  const count = elementCount(tensor.dims);
  switch (tensor.type) {
    case 'int64':
      return Array.from(new BigInt64Array(...aligned(bytes, 8), count), Number);
    case 'uint64':
      return Array.from(new BigUint64Array(...aligned(bytes, 8), count), Number);
    case 'int32':
      return plainNumbers(new Int32Array(...aligned(bytes, 4), count));
    case 'uint32':
      return plainNumbers(new Uint32Array(...aligned(bytes, 4), count));
    case 'int16':
      return plainNumbers(new Int16Array(...aligned(bytes, 2), count));
    case 'uint16':
      return plainNumbers(new Uint16Array(...aligned(bytes, 2), count));
    case 'int8':
      return plainNumbers(new Int8Array(bytes.buffer, bytes.byteOffset, count));
    case 'uint8':
    case 'bool':
      return plainNumbers(bytes.subarray(0, count));
    case 'float32':
    case 'float64':
    case 'float16':
    case 'bfloat16':
      return plainNumbers(readFloats(tensor));
    case 'int4':
    case 'uint4':
      return unpackNibbles(bytes, count, tensor.type === 'int4');
    case 'string':
    case 'other':
      throw new Error(`${tensor.name} is ${tensor.type}, not numeric`);
  }
}

/** Elements of 4 bits, two a byte, the first in the lower half (ONNX: TensorProto.raw_data). */
function unpackNibbles(bytes: Uint8Array, count: number, isSigned: boolean): number[] {
  return Array.from({ length: count }, (_, i) => {
    const nibble = ((bytes[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
    return isSigned && nibble > 7 ? nibble - 16 : nibble;
  });
}

/** The numbers of a typed array as a plain one; `Array.from` takes several times as long. */
export function plainNumbers(values: ArrayLike<number>): number[] {
  const out = new Array<number>(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] as number;
  return out;
}

/** True where `readFloats` gives an array that nobody else has, and that may be written to. */
export const readsOwnFloats = (tensor: Tensor): boolean =>
  tensor.data.givesCopies === true || (isFloat(tensor.type) && elementSize(tensor.type) === 2);

/**
 * A tensor in memory with these elements, rounded to `type` (nearest, ties to even).
 * A float32 array given for a float32 tensor is kept, not copied.
 */
export function floatTensor(
  name: string,
  dims: readonly number[],
  values: FloatArray,
  type: ElementType = 'float32',
): Tensor {
  if (values.length !== elementCount(dims)) {
    throw new Error(`${name}: ${values.length} values for [${dims.join(', ')}]`);
  }
  return { name, type, dims, data: new MemoryData(encodeFloats(values, type)) };
}

/** `tensor` with other elements: same name, dimensions and type. */
export const withFloats = (tensor: Tensor, values: FloatArray): Tensor =>
  floatTensor(tensor.name, tensor.dims, values, tensor.type);

function encodeFloats(values: FloatArray, type: ElementType): Uint8Array {
  const bytesOf = (a: ArrayBufferView): Uint8Array =>
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  switch (type) {
    case 'float32':
      return bytesOf(values instanceof Float32Array ? values : new Float32Array(values));
    case 'float64':
      return bytesOf(values instanceof Float64Array ? values : new Float64Array(values));
    case 'float16':
      return bytesOf(Uint16Array.from(values, floatToHalf));
    case 'bfloat16':
      return bytesOf(Uint16Array.from(values, floatToBfloat));
    default:
      throw new Error(`cannot store floats as ${type}`);
  }
}

/** Buffer and offset for a typed array over `bytes`; copies where the address is not aligned. */
function aligned(bytes: Uint8Array, size: number): [ArrayBuffer, number] {
  const fits = bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer;
  const own = fits ? bytes : bytes.slice();
  return [own.buffer as ArrayBuffer, own.byteOffset];
}

const scratch = new DataView(new ArrayBuffer(4));

/** IEEE 754 binary16 to float32, exact. */
function halfToFloat(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const h = halves[i]!;
    const sign = (h & 0x8000) << 16;
    const exponent = (h >> 10) & 0x1f;
    const fraction = h & 0x3ff;
    if (exponent === 0) out[i] = (sign ? -1 : 1) * fraction * 2 ** -24;
    else if (exponent === 31) bits[i] = sign | 0x7f800000 | (fraction << 13);
    else bits[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    if (exponent === 0 && fraction === 0) bits[i] = sign;
  }
  return out;
}

/** bfloat16 (the upper half of a float32) to float32, exact. */
function bfloatToFloat(uppers: Uint16Array): Float32Array {
  const out = new Float32Array(uppers.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < uppers.length; i++) bits[i] = uppers[i]! << 16;
  return out;
}

/** Float to IEEE 754 binary16 bits: nearest, ties to even; too large becomes infinity. */
export function floatToHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(scratch.getFloat32(0));
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = roundHalfEven((magnitude / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + fraction);
}

/** Float to bfloat16 bits: nearest, ties to even. */
function floatToBfloat(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function roundHalfEven(x: number): number {
  const magic = 6755399441055744; // 1.5 * 2^52: adding it leaves no bits for the fraction
  return x + magic - magic;
}
