import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ChangeLog } from '../../server/protocol/requests.ts';

/** Where the backups of a window lie. */
export interface BackupPlace {
  readonly folder: string;
  /**
   * Whether a backup is opened that VS Code does not name, because it had not stored the state of
   * its tabs: `afterCrash`, not where the window was closed and the user may have said "Don't Save"
   * then; `never` where windows share the folder.
   */
  readonly unnamed: 'always' | 'afterCrash' | 'never';
}

/** As it is written. */
interface Kept {
  readonly log: ChangeLog;
  /** Tells this writing from every other. */
  readonly stamp?: string;
  /** The window was closed with it: from then on VS Code says whether it is wanted. */
  readonly isClosed?: true;
}

/**
 * The unsaved corrections of one open model, in a file that is named after its address.
 *
 * VS Code names a backup only as far as it stored its tabs since: every five seconds in a browser,
 * every minute on a desktop, and when it is closed. After a crash the model is opened without its
 * backup, or with an older one. So a model has one file for all its backups, which is found by the
 * address alone and removed by nobody but us: when the model is what its file says, or was closed.
 */
export class Backup {
  readonly #place: BackupPlace;
  readonly #path: string;
  /** Of what was written or read here last: what another window wrote since is left alone. */
  #stamp: string | undefined;
  #row: Promise<unknown> = Promise.resolve();

  /** `uri`: the address of the model. */
  constructor(uri: string, place: BackupPlace) {
    this.#place = place;
    const name = createHash('sha256').update(uri).digest('hex').slice(0, 32);
    this.#path = join(place.folder, `${name}.json`);
  }

  /** What is to be done again when the model is opened; `id`: the backup that VS Code names. */
  async read(id: string | undefined): Promise<ChangeLog | undefined> {
    const own = await readKept(this.#path);
    this.#stamp = own?.stamp;
    const { unnamed } = this.#place;
    const isWanted =
      id !== undefined || unnamed === 'always' || (unnamed === 'afterCrash' && !own?.isClosed);
    if (own && own.log.changes.length > 0 && isWanted) return own.log;
    const named = id === undefined ? undefined : await readKept(toPath(id));
    return named && named.log.changes.length > 0 ? named.log : undefined;
  }

  /** Writes the change log. VS Code's own wish to delete it is not heard: it may come too early. */
  write(log: ChangeLog): Promise<{ readonly id: string; readonly delete: () => void }> {
    return this.#inRow(async () => {
      const stamp = randomUUID();
      const beside = `${this.#path}.${stamp}.part`;
      await mkdir(this.#place.folder, { recursive: true });
      await writeFile(beside, JSON.stringify({ log, stamp } satisfies Kept));
      await rename(beside, this.#path);
      this.#stamp = stamp;
      return { id: pathToFileURL(this.#path).href, delete: () => undefined };
    });
  }

  /** Nothing of it is needed any more. */
  remove(): Promise<void> {
    return this.#inRow(async () => {
      if (this.#stamp === undefined) return;
      const own = await readKept(this.#path);
      if (own?.stamp === this.#stamp) await rm(this.#path, { force: true });
      this.#stamp = undefined;
    });
  }

  /** The window is closed. It has little time for that, so nothing is waited for. */
  close(): void {
    if (this.#stamp === undefined) return;
    try {
      const own = toKept(readFileSync(this.#path, 'utf8'));
      if (own?.stamp !== this.#stamp) return;
      const beside = `${this.#path}.${own.stamp}.part`;
      writeFileSync(beside, JSON.stringify({ ...own, isClosed: true } satisfies Kept));
      renameSync(beside, this.#path);
    } catch {
      // It is gone, or cannot be written: then it is found as after a crash.
    }
  }

  #inRow<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#row.then(work, work);
    this.#row = turn.catch(() => undefined);
    return turn;
  }
}

/** The value as a change log, where it has what one must have. */
export function asLog(value: unknown): ChangeLog | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, uri, fileHash, changes } = value as Partial<Record<keyof ChangeLog, unknown>>;
  const isLog =
    version === 1 &&
    typeof uri === 'string' &&
    typeof fileHash === 'string' &&
    Array.isArray(changes);
  return isLog ? (value as ChangeLog) : undefined; // each field was looked at on the lines before
}

/** What a file holds; earlier versions of the extension wrote the change log alone. */
function toKept(text: string): Kept | undefined {
  const value: unknown = JSON.parse(text);
  const bare = asLog(value);
  if (bare) return { log: bare };
  const { log, stamp, isClosed } = (value ?? {}) as Partial<Record<keyof Kept, unknown>>;
  const inner = asLog(log);
  if (!inner || typeof stamp !== 'string') return undefined;
  return { log: inner, stamp, ...(isClosed === true ? { isClosed } : {}) };
}

/** Undefined where it is gone or is no backup. */
async function readKept(path: string | undefined): Promise<Kept | undefined> {
  try {
    return path === undefined ? undefined : toKept(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The path that VS Code was given for a backup; earlier versions gave its address as VS Code writes it. */
function toPath(id: string): string | undefined {
  try {
    return fileURLToPath(id);
  } catch {
    return undefined;
  }
}
