import { copyFileSync, linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve, sep } from 'node:path';

/** A temporary folder that stands for a model's own. `remove` deletes it. */
export interface LinkedFolder {
  readonly folder: string;
  remove(): void;
}

/**
 * A folder with hard links (copies where links are refused) to a model's external files, for a
 * runtime that cannot read them where they are: it refuses links, for one. Undefined when a file
 * leaves the model's folder or is not there; then the runtime's own refusal stands.
 */
export function linkExternalFiles(
  folder: string,
  files: readonly string[],
): LinkedFolder | undefined {
  if (files.length === 0 || folder === '') return undefined;
  const target = mkdtempSync(join(tmpdir(), 'rangefinder-run-'));
  const remove = (): void => rmSync(target, { recursive: true, force: true });
  try {
    const root = realpathSync(folder);
    for (const file of files) {
      const real = realpathSync(resolve(root, file));
      const place = join(target, normalize(file));
      if (!real.startsWith(root + sep) || !place.startsWith(target + sep)) throw new Error(file);
      mkdirSync(dirname(place), { recursive: true });
      linkOrCopy(real, place);
    }
    return { folder: target, remove };
  } catch {
    remove();
    return undefined;
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
