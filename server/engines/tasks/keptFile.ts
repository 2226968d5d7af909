import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EngineFault } from '../engine.ts';

let lastNumber = 0;

/** A file of bytes that are appended and read back; made when it is needed. */
export class KeptFile {
  readonly #path: string;
  #handle: number | undefined;
  #size = 0;

  constructor(private readonly folder: string) {
    this.#path = join(folder, `kept-${++lastNumber}.bin`);
  }

  /** Where the bytes begin. EngineFault where they cannot be written. */
  append(bytes: Uint8Array): number {
    const offset = this.#size;
    try {
      this.#handle ??= this.#open();
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.#handle, bytes, done, bytes.length - done, offset + done);
      }
    } catch (thrown) {
      throw writeFault(thrown, this.folder);
    }
    this.#size += bytes.length;
    return offset;
  }

  read(offset: number, length: number): ArrayBuffer {
    if (this.#handle === undefined) throw new Error('nothing was written to the file');
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const got = readSync(this.#handle, bytes, done, length - done, offset + done);
      if (got === 0) throw new Error('the file of kept values was cut short');
      done += got;
    }
    return bytes.buffer;
  }

  remove(): void {
    if (this.#handle === undefined) return;
    closeSync(this.#handle);
    this.#handle = undefined;
    rmSync(this.#path, { force: true });
  }

  #open(): number {
    mkdirSync(this.folder, { recursive: true });
    return openSync(this.#path, 'w+', 0o600);
  }
}

function writeFault(thrown: unknown, folder: string): EngineFault {
  const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
  const why =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? `There is no room on the disk for intermediate values, which go to ${folder}. Free space there, raise the memory limit, or take fewer samples.`
      : `Intermediate values cannot be written to ${folder} (${code}).`;
  return new EngineFault('cannot-run', why, folder);
}
