import fs from 'node:fs';
import path from 'node:path';
import { PendingFile } from '../../atomicFile.ts';

/** A file to be written beside others. */
export interface Piece {
  /** From the folder that all of them are in. */
  readonly name: string;
  readonly read: () => Uint8Array;
  /** Where the very same bytes lie: not written when that is the place itself. */
  readonly same?: string;
}

/**
 * Writes several files that belong together, and takes `stale` ones away: all new files are
 * finished beside their places before the first is put there, the last one last; where one cannot
 * be, those before it are put back as they were.
 */
export async function writeFiles(
  folder: string,
  pieces: readonly Piece[],
  stale: readonly string[],
): Promise<void> {
  const pending: PendingFile[] = [];
  const swaps: Swap[] = [];
  try {
    for (const { name, read, same } of pieces) {
      const target = path.join(folder, name);
      if (same && fs.existsSync(target) && fs.realpathSync(target) === fs.realpathSync(same))
        continue;
      fs.mkdirSync(path.dirname(target), { recursive: true });
      const real = fs.existsSync(target) ? fs.realpathSync(target) : target;
      const file = await PendingFile.create(real);
      pending.push(file);
      await file.write(read());
      await file.finish();
    }
    for (const file of pending) swaps.push(keepOld(file));
    for (const swap of swaps) {
      await swap.file.commit();
      swap.isDone = true;
    }
  } catch (thrown) {
    for (const swap of swaps.reverse()) putBack(swap);
    throw thrown;
  } finally {
    for (const { kept } of swaps) if (kept) fs.rmSync(kept, { force: true });
    for (const file of pending) await file.discard();
  }
  for (const name of stale) fs.rmSync(path.join(folder, name), { force: true });
}

interface Swap {
  readonly file: PendingFile;
  /** Another name for what is there now; undefined where nothing is. */
  readonly kept: string | undefined;
  isDone: boolean;
}

function keepOld(file: PendingFile): Swap {
  if (!fs.existsSync(file.target)) return { file, kept: undefined, isDone: false };
  const kept = `${file.temporary}-old`;
  try {
    fs.linkSync(file.target, kept);
  } catch {
    // Not every disk has hard links.
    fs.copyFileSync(file.target, kept);
  }
  return { file, kept, isDone: false };
}

function putBack({ file, kept, isDone }: Swap): void {
  if (!isDone) return;
  if (kept) fs.renameSync(kept, file.target);
  else fs.rmSync(file.target, { force: true });
}
