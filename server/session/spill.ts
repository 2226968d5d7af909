import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TensorData } from '../core/graph/tensor.ts';

/** The disk that a session may use for bytes that undo needs. */
const spillLimitBytes = 2 * 2 ** 30;

/** Bytes that were moved to a session's spill file. */
class SpilledData implements TensorData {
  constructor(
    private readonly file: SpillFile,
    private readonly offset: number,
    readonly sizeBytes: number,
  ) {}

  read(start = 0, end = this.sizeBytes): Uint8Array {
    return this.file.read(this.offset + start, end - start);
  }
}

/**
 * A file in the extension's storage for tensors that a session must keep and memory should not:
 * what undo brings back after a save, and results that are very large. Removed on close.
 */
export class SpillFile {
  readonly #path: string;
  #handle: number | undefined;
  #size = 0;

  constructor(
    folder: string,
    name: string,
    private readonly limitBytes = spillLimitBytes,
  ) {
    this.#path = join(folder, name);
  }

  /** True while `bytes` more fit under the limit. */
  hasRoom(bytes: number): boolean {
    return this.#size + bytes <= this.limitBytes;
  }

  /** Copies the data into the file, piece by piece, and answers the copy. */
  add(data: TensorData): TensorData {
    if (data instanceof SpilledData) return data;
    const handle = (this.#handle ??= this.#open());
    const offset = this.#size;
    for (let at = 0; at < data.sizeBytes; at += pieceBytes) {
      const piece = data.read(at, Math.min(at + pieceBytes, data.sizeBytes));
      writeSync(handle, piece, 0, piece.length, offset + at);
    }
    this.#size += data.sizeBytes;
    return new SpilledData(this, offset, data.sizeBytes);
  }

  /** True for data that lies in a spill file already. */
  static holds(data: TensorData): boolean {
    return data instanceof SpilledData;
  }

  read(offset: number, length: number): Uint8Array {
    if (this.#handle === undefined) throw new Error('the spill file is closed');
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const got = readSync(this.#handle, bytes, done, length - done, offset + done);
      if (got === 0) throw new Error('the spill file was cut short');
      done += got;
    }
    return bytes;
  }

  dispose(): void {
    if (this.#handle === undefined) return;
    closeSync(this.#handle);
    this.#handle = undefined;
    rmSync(this.#path, { force: true });
  }

  #open(): number {
    mkdirSync(join(this.#path, '..'), { recursive: true });
    return openSync(this.#path, 'w+');
  }
}

/** Removes the spill files of servers that ended without closing them. */
export function sweepSpills(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /^(?:undo|dry|base|fold)-(\d+)-\d+\.bin$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'; // another user's process
  }
}

const pieceBytes = 4 * 2 ** 20;
