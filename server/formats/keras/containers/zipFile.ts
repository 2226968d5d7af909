import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { open, type Entry, type ZipFile } from 'yauzl';
import { refuse } from '../../badFile.ts';

/** An entry of a zip. */
export type ZipEntry = Entry;

/** No text of a model is larger. */
const MAX_TEXT_BYTES = 512 * 1024 * 1024;
/** Deflate packs at most 1032 to 1; weights pack far less. */
const MAX_RATIO = 200;

/** A zip that is open, its entries listed and checked. */
export class OpenZip {
  private constructor(
    readonly path: string,
    private readonly zip: ZipFile,
    readonly entries: readonly ZipEntry[],
  ) {}

  static async open(path: string): Promise<OpenZip> {
    const zip = await new Promise<ZipFile>((resolve, reject) =>
      open(path, { lazyEntries: true, autoClose: false }, (error, opened) =>
        error ? reject(error) : resolve(opened),
      ),
    ).catch((thrown: unknown) => badZip(path, thrown));
    try {
      const entries = await listEntries(zip);
      for (const entry of entries) checkEntry(path, entry);
      return new OpenZip(path, zip, entries);
    } catch (thrown) {
      zip.close();
      return badZip(path, thrown);
    }
  }

  entry(name: string): ZipEntry | undefined {
    return this.entries.find(({ fileName }) => fileName === name);
  }

  /** The bytes of an entry as a stream; refuses what cannot be unpacked when it is read. */
  stream(entry: ZipEntry): Promise<NodeJS.ReadableStream> {
    return new Promise((resolve, reject) =>
      this.zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream))),
    );
  }

  async text(entry: ZipEntry): Promise<string> {
    if (entry.uncompressedSize > MAX_TEXT_BYTES) tooLarge(this.path, entry);
    try {
      const parts: Buffer[] = [];
      for await (const part of await this.stream(entry)) parts.push(part as Buffer);
      return Buffer.concat(parts).toString('utf8');
    } catch (thrown) {
      return badZip(this.path, thrown);
    }
  }

  async extract(entry: ZipEntry, file: string): Promise<void> {
    try {
      await pipeline(await this.stream(entry), createWriteStream(file));
    } catch (thrown) {
      badZip(this.path, thrown);
    }
  }

  close(): void {
    this.zip.close();
  }
}

function listEntries(zip: ZipFile): Promise<ZipEntry[]> {
  return new Promise((resolve, reject) => {
    const entries: ZipEntry[] = [];
    zip.on('entry', (entry: ZipEntry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', reject);
    zip.readEntry();
  });
}

function checkEntry(path: string, entry: ZipEntry): void {
  if ((entry.generalPurposeBitFlag & 1) !== 0) {
    refuse({
      code: 'encrypted',
      message: `${path} is encrypted: "${entry.fileName}" cannot be read without its password.`,
      where: entry.fileName,
      remedy: 'Unpack it, and save the model without a password.',
    });
  }
  const isBomb =
    entry.uncompressedSize > 1024 * 1024 &&
    entry.uncompressedSize > entry.compressedSize * MAX_RATIO;
  if (isBomb) tooLarge(path, entry);
}

function tooLarge(path: string, entry: ZipEntry): never {
  refuse({
    code: 'too-large',
    message: `${path}: "${entry.fileName}" would unpack to ${entry.uncompressedSize} bytes from ${entry.compressedSize}, which no model needs.`,
    where: entry.fileName,
    remedy: 'Do not trust this file; fetch the model from its source.',
  });
}

function badZip(path: string, thrown: unknown): never {
  // What unpacks has numbers for its errors too.
  const isSystem =
    thrown instanceof Error &&
    'errno' in thrown &&
    !('code' in thrown && /^Z_/.test(String(thrown.code)));
  const isOurs = thrown instanceof Error && thrown.name === 'BadFile';
  if (isSystem || isOurs) throw thrown;
  const what = thrown instanceof Error ? thrown.message.replace(/\.$/, '') : String(thrown);
  refuse({
    code: 'bad-zip',
    message: `${path} is not a .keras file that can be read: ${what}.`,
    where: path,
    remedy:
      'The file is damaged or cut short, or was saved by a Keras older than 3: fetch or save it again.',
  });
}
