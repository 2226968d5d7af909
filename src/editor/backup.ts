import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChangeLog } from '../../server/protocol/requests.ts';
import { isOver, readKept, toKept, toPath, type Kept } from './keptLog.ts';

/** Where the backups of a window lie. */
export interface BackupPlace {
  readonly folder: string;
  /**
   * Whether a backup is opened that VS Code does not name, because it had not stored the state of
   * its tabs: `afterCrash`, not where the window was closed and the user may have said "Don't Save"
   * then; `never` where windows that have nothing to do with each other share the folder.
   */
  readonly unnamed: 'always' | 'afterCrash' | 'never';
}

/** A file with what was read in it. */
interface Found {
  readonly path: string;
  readonly kept: Kept;
}

/**
 * The unsaved corrections of one open model, in a file of its own beside those of other windows.
 *
 * VS Code names a backup only as far as it stored its tabs since: every five seconds in a browser,
 * every minute on a desktop, and when it is closed. After a crash the model is opened without its
 * backup, or with an older one. So the files are found by the address of the model, too, and are
 * removed by nobody but us. What another window may still need is put away instead of removed.
 */
export class Backup {
  readonly #place: BackupPlace;
  /** How the files of this model begin. */
  readonly #name: string;
  /** Written by this one alone. */
  readonly #path: string;
  #own: Kept | undefined;
  /** What was done again, of a window before: it is not needed any more when ours is not. */
  #taken: readonly Found[] = [];
  /** What did not fit the file; it waits for the earlier file, or for a save. */
  #aside: readonly Found[] = [];
  #row: Promise<unknown> = Promise.resolve();

  /** `uri`: the address of the model. */
  constructor(uri: string, place: BackupPlace) {
    this.#place = place;
    this.#name = createHash('sha256').update(uri).digest('hex').slice(0, 32);
    this.#path = this.#newPath();
  }

  /** What is to be done again when the model is opened; `id`: the backup that VS Code names. */
  async read(id: string | undefined): Promise<ChangeLog | undefined> {
    const named = await this.#named(id);
    const others = (await this.#all()).filter(({ path }) => path !== named?.path);
    const found = [...(named ? [named] : []), ...others.filter(({ kept }) => this.#isWanted(kept))]
      .filter(({ kept: { log } }) => log.changes.length > 0 || (log.undone?.length ?? 0) > 0)
      .sort((a, b) => rankOf(b.kept) - rankOf(a.kept));
    this.#aside = found.filter(({ kept }) => kept.isAside);
    const [newest] = found;
    if (newest) this.#taken = named && named !== newest ? [newest, named] : [newest];
    return newest?.kept.log;
  }

  /** Writes the change log. VS Code's own wish to delete it is not heard: it may come too early. */
  write(log: ChangeLog): Promise<{ readonly id: string; readonly delete: () => void }> {
    return this.#inRow(async () => {
      this.#own = await this.#put(this.#path, log);
      // It goes on from them: they are found by their names alone from here on.
      this.#taken = await Promise.all(this.#taken.map(putAway));
      return { id: pathToFileURL(this.#path).href, delete: () => undefined };
    });
  }

  /** The log does not fit the file: it is kept for the earlier one, and found without a name. */
  setAside(log: ChangeLog): Promise<void> {
    return this.#inRow(async () => {
      const taken = this.#taken;
      this.#taken = []; // where writing fails, they stay
      if (taken.some(({ kept }) => kept.isAside)) return;
      const path = this.#newPath();
      this.#aside = [...this.#aside, { path, kept: await this.#put(path, log, { isAside: true }) }];
      for (const found of taken) await letGo(found);
    });
  }

  /** The model is what its file says: nothing is needed any more but what was set aside. */
  remove(): Promise<void> {
    return this.#inRow(async () => {
      if (this.#own) await rm(this.#path, { force: true });
      this.#own = undefined;
      for (const found of this.#taken) await letGo(found);
      this.#taken = [];
    });
  }

  /** The model was saved as it is now: what was set aside is not waited for any more. */
  async saved(): Promise<void> {
    await this.#inRow(async () => {
      for (const found of this.#aside) await putAway(found);
      this.#aside = [];
    });
  }

  /** The window is closed. It has little time for that, so nothing is waited for. */
  close(): void {
    const own = this.#own ? [{ path: this.#path, kept: this.#own }] : [];
    for (const { path, kept } of [...own, ...this.#taken]) {
      try {
        const now = toKept(readFileSync(path, 'utf8'));
        if (!now || now.stamp !== kept.stamp) continue;
        const beside = `${path}.part`;
        writeFileSync(beside, JSON.stringify({ ...now, isClosed: true } satisfies Kept));
        renameSync(beside, path);
      } catch {
        // It is gone, or cannot be written: then it is found as after a crash.
      }
    }
  }

  #newPath(): string {
    return join(this.#place.folder, `${this.#name}-${randomUUID()}.json`);
  }

  /** Whether a backup counts that VS Code does not name. */
  #isWanted({ isClosed, isAside }: Kept): boolean {
    const { unnamed } = this.#place;
    return isAside === true || unnamed === 'always' || (unnamed === 'afterCrash' && !isClosed);
  }

  /** The one that VS Code names; another window may have put it away that had done it again. */
  async #named(id: string | undefined): Promise<Found | undefined> {
    const path = id === undefined ? undefined : toPath(id);
    if (path === undefined) return undefined;
    const kept = (await readKept(path)) ?? (await readKept(path + awayEnding));
    return kept && { path, kept };
  }

  /** Every backup of the model in the folder. */
  async #all(): Promise<Found[]> {
    const files = await readdir(this.#place.folder).catch(() => []);
    const ours = files.filter((file) => file.startsWith(this.#name) && file.endsWith('.json'));
    const found = await Promise.all(
      ours.map(async (file) => {
        const path = join(this.#place.folder, file);
        const kept = await readKept(path);
        return kept ? [{ path, kept }] : [];
      }),
    );
    return found.flat();
  }

  async #put(path: string, log: ChangeLog, more: { readonly isAside?: true } = {}): Promise<Kept> {
    const kept: Kept = { log, stamp: randomUUID(), at: Date.now(), pid: process.pid, ...more };
    const beside = `${path}.part`;
    await mkdir(this.#place.folder, { recursive: true });
    await writeFile(beside, JSON.stringify(kept));
    await rename(beside, path);
    return kept;
  }

  #inRow<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#row.then(work, work);
    this.#row = turn.catch(() => undefined);
    return turn;
  }
}

/** What a backup is called besides that is found only where VS Code names it. */
const awayEnding = '.away';

/** The newest first; what was set aside comes behind all else. */
const rankOf = ({ at = 0, isAside }: Kept): number => (isAside ? at - Number.MAX_SAFE_INTEGER : at);

/** Removes a backup that was done again; where its window may still live, only puts it away. */
async function letGo(found: Found): Promise<void> {
  const now = await readKept(found.path);
  if (!now || now.stamp !== found.kept.stamp) return; // its window went on
  if (isOver(now)) await rm(found.path, { force: true });
  else await putAway(found);
}

/** From here on it is found only where VS Code names it; the same where it is gone or cannot be. */
async function putAway(found: Found): Promise<Found> {
  const { path } = found;
  const now = await readKept(path);
  if (path.endsWith(awayEnding) || now?.stamp !== found.kept.stamp) return found;
  const moved = rename(path, path + awayEnding).then(() => ({ ...found, path: path + awayEnding }));
  return moved.catch(() => found);
}
