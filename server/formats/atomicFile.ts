import type { Hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError, refuse } from './badFile.ts';
import type { FormatFault } from './format.ts';

const PAGE_BYTES = 4096;
const BUFFER_BYTES = 64 * PAGE_BYTES;
/** So much is on its way to the disk while what follows is still being written. */
const SYNC_BYTES = 32 * 1024 * 1024;
/** Windows lets nobody rename onto a file that a virus scanner or a search index looks at. */
const RENAME_WAITS_MS = [10, 30, 100, 300, 600];

let serial = 0;

/**
 * A file being written beside the one it will replace. Nobody sees it before `commit`, and `discard`
 * leaves nothing of it. The mode of the file that it replaces is kept.
 */
export class PendingFile {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;
  #isOpen = true;
  #unsynced = 0;
  #syncing: Promise<void> | undefined;
  #syncFailure: { readonly thrown: unknown } | undefined;
  sizeBytes = 0;

  private constructor(
    readonly target: string,
    readonly temporary: string,
    private readonly handle: fs.promises.FileHandle,
    private readonly hash: Hash | undefined,
  ) {}

  /** Begins a file that will be at `target`; everything written goes through `hash` too. */
  static async create(target: string, hash?: Hash): Promise<PendingFile> {
    const existing = fs.statSync(target, { throwIfNoEntry: false });
    if (existing && (existing.mode & 0o222) === 0) refuse(readOnlyFault(target));
    if (existing && !existing.isFile()) {
      refuse({
        code: 'not-a-file',
        message: `${target} is not a file and cannot be written over.`,
        where: target,
        remedy: 'Choose another name.',
      });
    }
    removeLeftovers(target);
    const temporary = path.join(
      path.dirname(target),
      `.${path.basename(target)}.${process.pid}-${serial++}.rangefinder-tmp`,
    );
    const handle = await fs.promises.open(temporary, 'wx', existing?.mode ?? 0o666);
    const pending = new PendingFile(target, temporary, handle, hash);
    // What the umask took from the mode of an existing file is given back.
    if (existing && process.platform !== 'win32') await handle.chmod(existing.mode & 0o7777);
    return pending;
  }

  /**
   * Appends bytes, which may be changed once this is done. The system is given whole pages at places
   * that are whole pages: a page that is on its way to the disk would have to be waited for.
   */
  async write(bytes: Uint8Array): Promise<void> {
    this.sizeBytes += bytes.length;
    for (let done = 0; done < bytes.length;) {
      const left = bytes.length - done;
      if (this.#used === 0 && left >= BUFFER_BYTES) {
        const pages = left - (left % PAGE_BYTES);
        await this.#put(bytes.subarray(done, done + pages));
        done += pages;
        continue;
      }
      const count = Math.min(left, BUFFER_BYTES - this.#used);
      this.#buffer.set(bytes.subarray(done, done + count), this.#used);
      this.#used += count;
      done += count;
      if (this.#used === BUFFER_BYTES) await this.#flush();
    }
  }

  /** All is written: brings it to the disk and lets go of the handle. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#syncing;
    if (this.#syncFailure) throw this.#syncFailure.thrown;
    await this.handle.sync();
    await this.#close();
  }

  /** Puts the finished file in its place. `target` may be another name in the same folder. */
  async commit(target = this.target): Promise<void> {
    for (const waitMs of [...RENAME_WAITS_MS, undefined]) {
      try {
        fs.renameSync(this.temporary, target);
        break;
      } catch (thrown) {
        const isBusy = isSystemError(thrown) && /^E(BUSY|PERM|ACCES)$/.test(thrown.code ?? '');
        if (!isBusy || waitMs === undefined) throw thrown;
        await sleep(waitMs);
      }
    }
    syncFolder(path.dirname(target));
  }

  /** Removes what was written; does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.#close();
    fs.rmSync(this.temporary, { force: true });
  }

  async #flush(): Promise<void> {
    await this.#put(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.hash?.update(bytes);
    for (let done = 0; done < bytes.length;) {
      done += (await this.handle.write(bytes, done)).bytesWritten;
    }
    this.#unsynced += bytes.length;
    if (this.#unsynced >= SYNC_BYTES && !this.#syncing) this.#beginSync();
  }

  /** Brings what is there to the disk while writing goes on: the last sync has little left to do. */
  #beginSync(): void {
    this.#unsynced = 0;
    this.#syncing = this.handle.datasync().then(
      () => (this.#syncing = undefined),
      // The system tells of it once only: it is kept, and nothing is begun any more.
      (thrown: unknown) => void (this.#syncFailure = { thrown }),
    );
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#syncing;
    await this.handle.close();
  }
}

/** Writes a file by `fill`, all of it or nothing. */
export async function replaceFile(
  target: string,
  fill: (file: PendingFile) => Promise<void>,
): Promise<void> {
  const pending = await PendingFile.create(target);
  try {
    await fill(pending);
    await pending.finish();
    await pending.commit();
  } finally {
    await pending.discard();
  }
}

/** What it means when a file cannot be written. */
export function writeFault(error: NodeJS.ErrnoException, target: string): FormatFault {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        code: 'disk-full',
        message: `There is no room left on the disk to write ${target}; the file there is as it was.`,
        where: target,
        remedy: 'Make room and save again, or save to another disk.',
      };
    case 'EFBIG':
      return {
        code: 'disk-full',
        message: `${target} would be larger than this disk allows a file to be; the file there is as it was.`,
        where: target,
        remedy: 'Save to another disk.',
      };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return readOnlyFault(target);
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        code: 'not-found',
        message: `The folder of ${target} does not exist.`,
        where: target,
        remedy: 'Create the folder, or save to another one.',
      };
    default:
      return {
        code: 'write-failed',
        message: `${target} cannot be written: ${error.message}`,
        where: target,
        remedy: 'Save under another name.',
      };
  }
}

const readOnlyFault = (target: string): FormatFault => ({
  code: 'read-only',
  message: `${target} may not be written: it, or its folder, is read-only.`,
  where: target,
  remedy: 'Give yourself write permission, or save under another name.',
});

/** Without this a rename may be lost with the power. Not every system can do it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  try {
    const handle = fs.openSync(folder, 'r');
    fs.fsyncSync(handle);
    fs.closeSync(handle);
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
  }
}

/** Temporary files for the same target, of processes that were killed while they wrote. */
function removeLeftovers(target: string): void {
  const folder = path.dirname(target);
  const prefix = `.${path.basename(target)}.`;
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue;
    const match = /^(\d+)-\d+\.rangefinder-tmp$/.exec(name.slice(prefix.length));
    if (match && !isAlive(Number(match[1]))) fs.rmSync(path.join(folder, name), { force: true });
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (thrown) {
    return isSystemError(thrown) && thrown.code === 'EPERM';
  }
}
