import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { open as openZip, type Entry, type ZipFile } from 'yauzl';
import { fileSource, memorySource, type ByteSource } from './byteSource.ts';
import { npyDims, openNpy, type NpyArray } from './npy.ts';
import { BadData } from './samples.ts';

/** Compressed arrays up to this size are held in memory; larger ones go into a temporary file. */
const memoryLimitBytes = 256 * 2 ** 20;

/** NumPy's headers are 128 bytes; those of its format 1.0 cannot be longer than this. */
const mostHeaderBytes = 2 ** 16 + 10;

/**
 * The arrays of an `.npz`, by name. Arrays that are stored are read in place; compressed ones are
 * unpacked when first asked for. Names are never used as paths.
 */
export class Npz {
  readonly #entries = new Map<string, Entry>();
  readonly #opened: NpyArray[] = [];

  private constructor(
    private readonly path: string,
    private readonly zip: ZipFile,
  ) {}

  static async open(path: string): Promise<Npz> {
    const zip = await new Promise<ZipFile>((resolve, reject) => {
      const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
      openZip(path, options, (failure: Error | null, opened) => {
        if (failure) reject(badZip(path, failure));
        else resolve(opened);
      });
    });
    const npz = new Npz(path, zip);
    await npz.#list();
    return npz;
  }

  /** In the order of the file. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** The array of this name; undefined where there is none. */
  async array(name: string): Promise<NpyArray | undefined> {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const array = await openNpy(await this.#source(entry, name), name);
    this.#opened.push(array);
    return array;
  }

  /** The shape of an array, by its header: no more of it is read or unpacked. */
  async dims(name: string): Promise<readonly number[] | undefined> {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    if (entry.compressionMethod === 0) return npyDims(await this.#source(entry, name), name);
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of await this.#stream(entry)) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length >= mostHeaderBytes) break;
    }
    return npyDims(memorySource(Buffer.concat(parts)), name);
  }

  async dispose(): Promise<void> {
    this.zip.close();
    for (const array of this.#opened) await array.dispose();
  }

  #list(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.zip.on('error', (failure: Error) => reject(badZip(this.path, failure)));
      this.zip.on('end', () => resolve());
      this.zip.on('entry', (entry: Entry) => {
        const name = Buffer.from(entry.fileName).toString('utf8');
        if (name.endsWith('.npy')) this.#entries.set(name.slice(0, -4), entry);
        this.zip.readEntry();
      });
      this.zip.readEntry();
    });
  }

  async #source(entry: Entry, name: string): Promise<ByteSource> {
    if ((entry.generalPurposeBitFlag & 1) !== 0) {
      throw new BadData(
        'bad-npz',
        `The array "${name}" of ${basename(this.path)} is encrypted.`,
        name,
      );
    }
    if (entry.compressionMethod === 0) {
      const header = await (
        await fileSource(this.path)
      ).read(entry.relativeOffsetOfLocalHeader, entry.relativeOffsetOfLocalHeader + 30);
      // APPNOTE.TXT 4.3.7: the lengths of name and extra field are at 26 and 28.
      const view = new DataView(header.buffer);
      if (header.length < 30) throw badZip(this.path, new Error('an entry is cut off'));
      const headerBytes = 30 + view.getUint16(26, true) + view.getUint16(28, true);
      const start = entry.relativeOffsetOfLocalHeader + headerBytes;
      return fileSource(this.path, start, entry.uncompressedSize);
    }
    const stream = await this.#stream(entry);
    try {
      if (entry.uncompressedSize <= memoryLimitBytes) return memorySource(await gather(stream));
      const folder = await mkdtemp(join(tmpdir(), 'rangefinder-data-'));
      const file = join(folder, 'array.npy');
      await pipeline(stream, createWriteStream(file));
      const source = await fileSource(file);
      return { ...source, dispose: () => rm(folder, { recursive: true, force: true }) };
    } catch (failure) {
      throw badZip(this.path, failure instanceof Error ? failure : new Error(String(failure)));
    }
  }

  #stream(entry: Entry): Promise<Readable> {
    return new Promise((resolve, reject) => {
      this.zip.openReadStream(entry, (failure, stream) => {
        if (failure) reject(badZip(this.path, failure));
        else resolve(stream);
      });
    });
  }
}

async function gather(stream: Readable): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const badZip = (path: string, failure: Error): BadData =>
  new BadData(
    'bad-npz',
    `${basename(path)} cannot be read as an .npz: ${failure.message.replace(/\.+$/, '')}.`,
    basename(path),
    'It is cut short or of another kind: save it again with np.savez.',
  );
