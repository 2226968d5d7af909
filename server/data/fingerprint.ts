import { createHash, type Hash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import type { SampleSet } from './samples.ts';

/** So much of a file's beginning tells it from others of its size. */
const readBytes = 1 << 16;
/** So many names of samples are looked at. */
const mostNames = 10_000;

/**
 * Tells samples from others that are called the same, by what is cheap to read: the size and the
 * beginning of a file, the names in a folder. Not how the samples are prepared. Undefined where
 * that cannot be read.
 */
export async function fingerprintOf(path: string, samples: SampleSet): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    if (samples.source.startsWith('synthetic')) hash.update(samples.source);
    else if (!(await addFile(hash, path))) await addNames(hash, path, samples);
  } catch {
    return undefined;
  }
  return hash.digest('hex').slice(0, 16);
}

/** False where the path is no file. */
async function addFile(hash: Hash, path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return false;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(readBytes), 0, readBytes, 0);
    hash.update(`${stats.size}\n`).update(buffer.subarray(0, bytesRead));
    return true;
  } finally {
    await file.close();
  }
}

async function addNames(hash: Hash, path: string, samples: SampleSet): Promise<void> {
  const length = Math.min(samples.count, mostNames);
  const names = samples.nameOf
    ? Array.from({ length }, (_, at) => samples.nameOf?.(at) ?? '')
    : (await readdir(path)).sort();
  hash.update(names.join('\n'));
}
