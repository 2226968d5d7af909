import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Uri } from 'vscode';
import type { Disposable } from './disposables.ts';
import { t } from './l10n.ts';
import { shortRef, type Revision, type Revisions } from './gitRevisions.ts';

/** A model to compare with. */
export interface OtherFile {
  readonly title: string;
  readonly path: string;
  /** Short name of the revision it is of; absent: it is of none. */
  readonly revision?: string;
  /** Brings a file that the model needs beside it; false where that cannot be had. */
  readonly fetch?: (location: string) => Promise<boolean>;
  /** Calls back when it may be another one now; absent: it stays as it is. */
  readonly watch?: (changed: () => void) => Disposable;
  dispose(): void;
}

/** A file of the disk; `watch` tells when it is written or goes. */
export const fileOnDisk = (
  { fsPath, path }: Uri,
  watch: NonNullable<OtherFile['watch']>,
  title = nameOf(path),
): OtherFile => ({ title, path: fsPath, watch, dispose: () => undefined });

/** A model at a revision, in a temporary folder until it is disposed of. */
export async function fileAtRevision(
  revisions: Revisions,
  file: Uri,
  { ref, subject, date }: Revision,
): Promise<OtherFile> {
  const read = (at: Uri): Promise<Uint8Array> => revisions.read(at, ref);
  const [name, at] = [nameOf(file.path), shortRef(ref)];
  const title =
    subject === '' ? t('{0} at {1}', name, at) : t('{0} at {1} ({2})', name, at, short(subject));
  return { ...(await temporaryFile(file, title, read, date)), revision: at };
}

/**
 * Bytes that are no file of the disk, as one, until it is disposed of. Files beside it come from the
 * same source. `date` becomes the file's own, so that it is known again.
 */
export async function temporaryFile(
  file: Uri,
  title: string,
  read: (at: Uri) => Promise<Uint8Array>,
  date: Date | undefined,
): Promise<OtherFile> {
  const bytes = await read(file);
  const folder = await mkdtemp(join(tmpdir(), 'rangefinder-revision-'));
  const write = async (name: string, content: Uint8Array): Promise<void> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    if (date) await utimes(path, date, date);
  };
  const path = join(folder, nameOf(file.path));
  await write(nameOf(file.path), bytes);
  return {
    title,
    path,
    fetch: async (wanted) => {
      const location = relative(folder, resolve(folder, wanted));
      if (location === '' || location.startsWith('..') || isAbsolute(location)) return false;
      const beside = file.with({ path: join(dirname(file.path), location).replaceAll('\\', '/') });
      try {
        await write(location, await read(beside));
        return true;
      } catch {
        return false;
      }
    },
    // What the server has open may stay until it closes it; the system removes the rest.
    dispose: () => void rm(folder, { recursive: true, force: true }).catch(() => undefined),
  };
}

const short = (subject: string): string =>
  subject.length > 40 ? `${subject.slice(0, 39)}…` : subject;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
