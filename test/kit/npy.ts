import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** A `.npy` of format 1.0, written apart from the writer under test. */
export function npyBytes(
  descr: string,
  dims: readonly number[],
  elements: Uint8Array,
  isFortran = false,
): Buffer {
  const shape = dims.length === 1 ? `${dims[0] ?? 0},` : dims.join(', ');
  const order = isFortran ? 'True' : 'False';
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const header = text.padEnd(117) + '\n';
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  return Buffer.concat([head, Buffer.from(header, 'latin1'), elements]);
}

/** The bytes of a typed array, the order of the bytes in each element turned round for `>`. */
export function elementBytes(array: ArrayBufferView, order: '<' | '>' = '<', size = 1): Uint8Array {
  const bytes = Uint8Array.from(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  if (order === '>') {
    for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  }
  return bytes;
}

/** A float32 `.npy`. */
export const floatNpy = (dims: readonly number[], values: readonly number[]): Buffer =>
  npyBytes('<f4', dims, elementBytes(Float32Array.from(values)));

/** Writes an `.npz` by yazl: deflated or stored, as `numpy.savez_compressed` and `savez` do. */
export async function makeNpz(
  path: string,
  arrays: Readonly<Record<string, Buffer>>,
  compress = false,
): Promise<void> {
  const zip = new ZipFile();
  for (const [name, bytes] of Object.entries(arrays)) {
    zip.addBuffer(bytes, `${name}.npy`, { compress });
  }
  zip.end();
  const out = createWriteStream(path);
  zip.outputStream.pipe(out);
  await finished(out);
}
