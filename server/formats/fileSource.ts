import fs from 'node:fs';
import type { TensorData } from '../core/graph/tensor.ts';
import type { FormatFault } from './format.ts';
import { notAFile, refuse } from './badFile.ts';

const WINDOW_BYTES = 64 * 1024;
/** One read of the operating system takes less than 2 GiB. */
const MAX_READ_BYTES = 2 ** 30;
/** Models with a file for each tensor have thousands: only so many are open at a time. */
const MAX_OPEN_HANDLES = 64;

/** Scalars and shapes are asked for again and again: so short a range is read once. */
const KEPT_BYTES = 64;

/** What tells a file from another one that took its place. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly sizeBytes: number;
  readonly modifiedNs: bigint;
}

/**
 * A file that is read in ranges. Bytes that are looked at one after the other come from a window
 * of 64 KB; ranges are read straight from the file. The handle opens again when needed.
 */
export class FileSource {
  static readonly #open = new Set<FileSource>();
  readonly identity: FileIdentity;
  #handle: number | undefined;
  #isClosed = false;
  #window = Buffer.alloc(0);
  #windowStart = 0;

  /** Throws what the operating system throws; refuses what is not a file. */
  constructor(
    readonly path: string,
    private readonly isPinned = false,
  ) {
    this.#handle = fs.openSync(path, 'r');
    const stat = fs.fstatSync(this.#handle, { bigint: true });
    this.identity = identityOf(stat);
    this.#enroll();
    if (!stat.isFile()) {
      this.close();
      refuse(notAFile(path));
    }
  }

  get sizeBytes(): number {
    return this.identity.sizeBytes;
  }

  /** The byte at an offset, which must lie in the file. */
  byte(offset: number): number {
    const at = offset - this.#windowStart;
    if (at >= 0 && at < this.#window.length) return this.#window[at] as number;
    this.#slide(offset);
    return this.#window[offset - this.#windowStart] as number;
  }

  /** The text in a range, from UTF-8. */
  text(start: number, end: number): string {
    if (end - start > WINDOW_BYTES) return Buffer.from(this.read(start, end)).toString('utf8');
    if (start === end) return '';
    this.#cover(start, end);
    return this.#window.toString('utf8', start - this.#windowStart, end - this.#windowStart);
  }

  /** A short range (up to 8 bytes) as a view that holds until the next call. */
  view(start: number, length: number): DataView {
    this.#cover(start, start + length);
    const at = this.#window.byteOffset + start - this.#windowStart;
    return new DataView(this.#window.buffer, at, length);
  }

  /** A copy of a range, at the start of a buffer of its own (so that it is aligned). */
  read(start: number, end: number): Uint8Array {
    const out = Buffer.allocUnsafeSlow(end - start);
    this.fill(out, start);
    return new Uint8Array(out.buffer, 0, out.length);
  }

  /** Fills `out` from `start`. */
  fill(out: Uint8Array, start: number): void {
    const handle = this.#reopened();
    for (let done = 0; done < out.length;) {
      const wanted = Math.min(out.length - done, MAX_READ_BYTES);
      const count = fs.readSync(handle, out, done, wanted, start + done);
      if (count === 0) this.#refuseShort();
      done += count;
    }
  }

  /** Fills `out` from `start` without blocking the process. */
  async readInto(out: Uint8Array, start: number): Promise<void> {
    const handle = this.#reopened();
    for (let done = 0; done < out.length;) {
      const count = await new Promise<number>((resolve, reject) =>
        fs.read(handle, out, done, out.length - done, start + done, (error, read) =>
          error ? reject(error) : resolve(read),
        ),
      );
      if (count === 0) this.#refuseShort();
      done += count;
    }
  }

  /** Lets go of the file; it opens again at the next read. */
  release(): void {
    if (this.#handle === undefined) return;
    FileSource.#open.delete(this);
    fs.closeSync(this.#handle);
    this.#handle = undefined;
    this.#window = Buffer.alloc(0);
  }

  /** Lets go of the file for good. */
  close(): void {
    this.release();
    this.#isClosed = true;
  }

  #slide(offset: number): void {
    const length = Math.min(WINDOW_BYTES, this.sizeBytes - offset);
    const window = this.#window.length === length ? this.#window : Buffer.allocUnsafeSlow(length);
    this.fill(window, offset);
    this.#window = window;
    this.#windowStart = offset;
  }

  #cover(start: number, end: number): void {
    const at = start - this.#windowStart;
    if (at < 0 || end - this.#windowStart > this.#window.length) this.#slide(start);
  }

  #reopened(): number {
    if (this.#handle !== undefined) return this.#handle;
    if (this.#isClosed) throw new Error(`${this.path} is closed`);
    this.#handle = fs.openSync(this.path, 'r');
    this.#enroll();
    const now = identityOf(fs.fstatSync(this.#handle, { bigint: true }));
    if (!isSameFile(now, this.identity)) {
      this.close();
      refuse(changedFault(this.path));
    }
    return this.#handle;
  }

  #enroll(): void {
    FileSource.#open.add(this);
    for (const source of FileSource.#open) {
      if (FileSource.#open.size <= MAX_OPEN_HANDLES) return;
      if (source !== this && !source.isPinned) source.release();
    }
  }

  #refuseShort(): never {
    refuse(changedFault(this.path));
  }
}

/** Bytes of a file as tensor data; the range must have been checked against the file's size. */
export class FileData implements TensorData {
  #source: FileSource;
  #start: number;
  #kept: Uint8Array | undefined;

  constructor(
    source: FileSource,
    start: number,
    readonly sizeBytes: number,
  ) {
    this.#source = source;
    this.#start = start;
  }

  get source(): FileSource {
    return this.#source;
  }

  get start(): number {
    return this.#start;
  }

  get givesCopies(): boolean {
    return this.sizeBytes > KEPT_BYTES;
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    if (this.givesCopies) return this.#source.read(this.#start + start, this.#start + end);
    this.#kept ??= this.#source.read(this.#start, this.#start + this.sizeBytes);
    return this.#kept.subarray(start, end);
  }

  readInto(out: Uint8Array, start: number): void {
    this.#source.fill(out, this.#start + start);
  }

  /** The same bytes have come to lie elsewhere: the file was written anew. */
  moveTo(source: FileSource, start: number): void {
    this.#source = source;
    this.#start = start;
  }
}

/** The identity of the file at a path; undefined where there is none. */
export function identityAt(path: string): FileIdentity | undefined {
  const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && identityOf(stat);
}

export const isSameFile = (a: FileIdentity, b: FileIdentity): boolean =>
  a.device === b.device &&
  a.inode === b.inode &&
  a.sizeBytes === b.sizeBytes &&
  a.modifiedNs === b.modifiedNs;

/** A file is not any more what it was when it was opened. */
export const changedFault = (path: string): FormatFault => ({
  code: 'file-changed',
  message: `${path} was changed by another program since it was opened.`,
  where: path,
  remedy: 'Open the model again, or save under another name.',
});

const identityOf = (stat: fs.BigIntStats): FileIdentity => ({
  device: stat.dev,
  inode: stat.ino,
  sizeBytes: Number(stat.size),
  modifiedNs: stat.mtimeNs,
});
