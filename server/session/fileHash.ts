import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';

/** How much of each end of the file is hashed. */
const endBytes = 65536;

/**
 * SHA-256 of a file's size, time of change, and first and last 64 kB: says whether it is still the
 * same file without reading all of it. Undefined where the file cannot be read.
 */
export async function hashFile(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const { size, mtimeMs } = await file.stat();
    const hash = createHash('sha256').update(`${size} ${mtimeMs}\n`);
    const head = Buffer.alloc(Math.min(size, endBytes));
    const tail = Buffer.alloc(Math.min(size, endBytes));
    await file.read(head, 0, head.length, 0);
    await file.read(tail, 0, tail.length, size - tail.length);
    return hash.update(head).update(tail).digest('hex');
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** The hash of a file with those of its siblings, which hold weights of the same model. */
export async function withSiblings(
  hash: string | undefined,
  siblings: readonly string[] = [],
): Promise<string | undefined> {
  if (hash === undefined || siblings.length === 0) return hash;
  const all = createHash('sha256').update(hash);
  for (const path of siblings) all.update(`\n${(await hashFile(path)) ?? 'missing'}`);
  return all.digest('hex');
}

/** The hash of a model as it lies on disk, in however many files. */
export const hashModel = async (model: {
  readonly path: string;
  readonly siblings?: readonly string[];
}): Promise<string | undefined> => withSiblings(await hashFile(model.path), model.siblings);

/** Tells a file from another one that took its place; undefined where there is none. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev} ${found.ino}`;
}
