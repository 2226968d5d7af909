import { crc32 } from './crc32.ts';
import { writeAtomically, type Append } from './writeAtomically.ts';
import { encodeNpy, type NamedArray } from './writeNpy.ts';

interface StoredEntry {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly sizeBytes: number;
  readonly offset: number;
}

/**
 * Writes arrays as an uncompressed `.npz`, as `numpy.savez` does, atomically. Entry names are the
 * arrays' own, whatever they are: outputs called `/fc/Add_output_0` are usual, and zip libraries
 * refuse them as paths. Sizes are written as zip64 throughout (APPNOTE.TXT 4.3, 4.5.3).
 */
export async function writeNpz(path: string, arrays: readonly NamedArray[]): Promise<void> {
  await writeAtomically(path, async (append) => {
    const entries: StoredEntry[] = [];
    let offset = 0;
    for (const array of arrays) {
      const [head, body] = encodeNpy(array);
      const sizeBytes = head.length + body.length;
      const name = new TextEncoder().encode(`${array.name}.npy`);
      const entry = { name, crc: crc32(body, crc32(head)), sizeBytes, offset };
      entries.push(entry);
      const local = localHeader(entry);
      for (const part of [local, head, body]) await append(part);
      offset += local.length + sizeBytes;
    }
    await appendDirectory(append, entries, offset);
  });
}

/** Bits 11 of the flags: names are UTF-8. */
const utf8Flag = 0x0800;
const version = 45;
/** 1980-01-01, so that the same outputs give the same file. */
const date = 0x21;

function localHeader({ name, crc, sizeBytes }: StoredEntry): Uint8Array {
  return pack([
    [4, 0x04034b50],
    [2, version],
    [2, utf8Flag],
    [2, 0],
    [2, 0],
    [2, date],
    [4, crc],
    [4, 0xffffffff],
    [4, 0xffffffff],
    [2, name.length],
    [2, 20],
    name,
    [2, 1],
    [2, 16],
    [8, sizeBytes],
    [8, sizeBytes],
  ]);
}

async function appendDirectory(
  append: Append,
  entries: readonly StoredEntry[],
  start: number,
): Promise<void> {
  let sizeBytes = 0;
  for (const entry of entries) {
    const header = directoryHeader(entry);
    await append(header);
    sizeBytes += header.length;
  }
  const count = entries.length;
  await append(
    pack([
      [4, 0x06064b50],
      [8, 44],
      [2, version],
      [2, version],
      [4, 0],
      [4, 0],
      [8, count],
      [8, count],
      [8, sizeBytes],
      [8, start],
      [4, 0x07064b50],
      [4, 0],
      [8, start + sizeBytes],
      [4, 1],
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, Math.min(count, 0xffff)],
      [2, Math.min(count, 0xffff)],
      [4, Math.min(sizeBytes, 0xffffffff)],
      [4, Math.min(start, 0xffffffff)],
      [2, 0],
    ]),
  );
}

function directoryHeader({ name, crc, sizeBytes, offset }: StoredEntry): Uint8Array {
  return pack([
    [4, 0x02014b50],
    [2, version],
    [2, version],
    [2, utf8Flag],
    [2, 0],
    [2, 0],
    [2, date],
    [4, crc],
    [4, 0xffffffff],
    [4, 0xffffffff],
    [2, name.length],
    [2, 28],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, 0xffffffff],
    name,
    [2, 1],
    [2, 24],
    [8, sizeBytes],
    [8, sizeBytes],
    [8, offset],
  ]);
}

/** Little-endian numbers of 2, 4 or 8 bytes, and bytes. */
function pack(
  fields: readonly (readonly [bytes: 2 | 4 | 8, value: number] | Uint8Array)[],
): Uint8Array {
  const lengthOf = (field: (typeof fields)[number]): number =>
    field instanceof Uint8Array ? field.length : field[0];
  const out = new Uint8Array(fields.reduce((sum, field) => sum + lengthOf(field), 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const field of fields) {
    if (field instanceof Uint8Array) out.set(field, at);
    else if (field[0] === 2) view.setUint16(at, field[1], true);
    else if (field[0] === 4) view.setUint32(at, field[1], true);
    else view.setBigUint64(at, BigInt(field[1]), true);
    at += lengthOf(field);
  }
  return out;
}
