/** A folder of the workspace with models somewhere below it. */
export interface ModelFolder<T> {
  /** From the workspace on. */
  readonly path: string;
  /** What its row says: from the folder above that has a row on. */
  readonly name: string;
  readonly folders: readonly ModelFolder<T>[];
  readonly models: readonly T[];
  /** Models in it and below. */
  readonly count: number;
}

/**
 * Models by folder, in order of their paths. A folder with nothing but one folder in it has no row
 * of its own.
 */
export function byFolder<T>(models: readonly T[], pathOf: (model: T) => string): ModelFolder<T> {
  const root: Growing<T> = { path: '', folders: new Map(), models: [] };
  for (const model of models) {
    const parts = pathOf(model).split('/').slice(0, -1);
    let at = root;
    parts.forEach((part, depth) => {
      const path = parts.slice(0, depth + 1).join('/');
      const next = at.folders.get(part) ?? { path, folders: new Map(), models: [] };
      at.folders.set(part, next);
      at = next;
    });
    at.models.push(model);
  }
  return finished(root, '');
}

interface Growing<T> {
  readonly path: string;
  readonly folders: Map<string, Growing<T>>;
  readonly models: T[];
}

function finished<T>(folder: Growing<T>, name: string): ModelFolder<T> {
  const [only] = folder.folders;
  if (only && folder.folders.size === 1 && folder.models.length === 0) {
    return finished(only[1], name === '' ? only[0] : `${name}/${only[0]}`);
  }
  const folders = [...folder.folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([part, inner]) => finished(inner, part));
  const below = folders.reduce((sum, { count }) => sum + count, 0);
  const { path, models } = folder;
  return { path, name, folders, models, count: below + models.length };
}
