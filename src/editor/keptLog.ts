import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChangeLog } from '../../server/protocol/requests.ts';

/** A backup as it is written. */
export interface Kept {
  readonly log: ChangeLog;
  /** Tells this writing from every other. */
  readonly stamp?: string;
  /** When it was written, in milliseconds. */
  readonly at?: number;
  /** The process that wrote it. */
  readonly pid?: number;
  /** The window was closed with it: from then on VS Code says whether it is wanted. */
  readonly isClosed?: true;
  /** It did not fit its file. */
  readonly isAside?: true;
}

/** So long a backup is kept that nobody asked for: far longer than a project is left alone. */
const keepMs = 180 * 24 * 3600 * 1000;

/** The folder of a workspace's backups, whichever storage of it VS Code has locked. */
export const backupFolder = (root: string, workspace: readonly string[]): string =>
  join(root, createHash('sha256').update(workspace.join('\n')).digest('hex').slice(0, 16));

/** Removes what has lain in the folders below `root` for half a year. */
export async function removeOld(root: string, now = Date.now()): Promise<void> {
  const files = await readdir(root, { recursive: true }).catch(() => []);
  for (const path of files.map((file) => join(root, file))) {
    const about = await stat(path).catch(() => undefined);
    if (about?.isFile() && now - about.mtimeMs > keepMs)
      await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Whether the window that wrote it is certainly gone; one that lost its page may still live. */
export function isOver({ isClosed, pid }: Kept): boolean {
  if (isClosed || pid === undefined || pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ESRCH'; // what process.kill throws
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
export function toKept(text: string): Kept | undefined {
  const value: unknown = JSON.parse(text);
  const bare = asLog(value);
  if (bare) return { log: bare };
  const fields = (value ?? {}) as Partial<Record<keyof Kept, unknown>>;
  const { log, stamp, at, pid, isClosed, isAside } = fields;
  const inner = asLog(log);
  if (!inner || typeof stamp !== 'string') return undefined;
  return {
    log: inner,
    stamp,
    ...(typeof at === 'number' ? { at } : {}),
    ...(typeof pid === 'number' ? { pid } : {}),
    ...(isClosed === true ? { isClosed } : {}),
    ...(isAside === true ? { isAside } : {}),
  };
}

/** Undefined where it is gone or is no backup. */
export async function readKept(path: string): Promise<Kept | undefined> {
  try {
    return toKept(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The path that VS Code was given for a backup; earlier versions gave its address as VS Code writes it. */
export function toPath(id: string): string | undefined {
  try {
    return fileURLToPath(id);
  } catch {
    return undefined;
  }
}
