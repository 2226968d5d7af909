import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isBuiltInPlacement } from '../core/quant/placements/builtIn.ts';

/**
 * Sizes and times of what lies at a path: says whether it is still the same without reading it. Of a
 * folder those of the files in it and in its folders, which are classes; what is hidden counts nowhere.
 */
export function contentOf(path: string | undefined): string {
  const own = path === undefined ? undefined : statOf(path);
  if (path === undefined || !own) return '';
  if (!own.isDirectory()) return stampOf(own);
  const inside = stampsIn(path, (name, found) =>
    found?.isDirectory()
      ? [name, ...stampsIn(join(path, name), stampLine)]
      : [stampLine(name, found)],
  );
  return createHash('sha256').update(inside.flat().join('\n')).digest('hex');
}

/** The text of a quantsim configuration, shortened; nothing where the placement is built in. */
export function placementContent(placement: string): string | undefined {
  if (isBuiltInPlacement(placement)) return undefined;
  try {
    return createHash('sha256').update(readFileSync(placement)).digest('hex');
  } catch {
    return ''; // it cannot be read, which is told where it is needed
  }
}

function stampsIn<T>(folder: string, stamp: (name: string, found: Stats | undefined) => T): T[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !/^(thumbs\.db|desktop\.ini)$/i.test(name))
    .sort()
    .map((name) => stamp(name, statOf(join(folder, name))));
}

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

const stampOf = ({ size, mtimeMs }: Stats): string => `${size} ${mtimeMs}`;

const stampLine = (name: string, found: Stats | undefined): string =>
  `${name} ${found ? stampOf(found) : ''}`;
