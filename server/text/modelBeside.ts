import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { memberOf, parseJsonTree } from '../core/json/jsonTree.ts';
import { settingsFileOf } from '../settingsFile.ts';

/** Which model a text is about, or why none can be told. */
export type ModelChoice =
  { readonly path: string } | { readonly path?: undefined; readonly why: string };

const modelEndings = ['.onnx', '.h5', '.hdf5', '.keras'];

/**
 * The model of a text: the one beside it that is called the same, else the one that
 * `rangefinder.json` names, else the only one in its folder. Where the workspace is not trusted that
 * file is not read, and no link followed.
 */
export function modelBeside(path: string, isTrusted = true): ModelChoice {
  const folder = dirname(path);
  const isThere = isTrusted ? existsSync : isOwnFile;
  const stem = basename(path).replace(/\.(encodings|json)$/i, '');
  for (const name of new Set([stem, stem.replace(/\.v2$/, '')])) {
    const found = modelEndings.map((ending) => join(folder, name + ending)).find(isThere);
    if (found !== undefined) return { path: found };
  }
  const named = isTrusted ? modelInSettings(path) : undefined;
  if (named !== undefined) {
    if (existsSync(named)) return { path: named };
    return { why: `rangefinder.json names the model ${named}, which is not there.` };
  }
  const all = modelsIn(folder).filter(isThere);
  const [only] = all;
  if (only !== undefined && all.length === 1) return { path: only };
  const other = isTrusted ? ', or name it as "model" in rangefinder.json' : '';
  const remedy = `call it ${stem}.onnx (or .h5, .keras)${other}.`;
  const why = all.length === 0 ? 'no model lies beside it' : `${all.length} models lie beside it`;
  return { why: `It is not known which model this belongs to: ${why}. To tell, ${remedy}` };
}

const isOwnFile = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** The file that `"model"` of the nearest `rangefinder.json` names. */
function modelInSettings(path: string): string | undefined {
  const settings = settingsFileOf(path);
  if (settings === undefined) return undefined;
  try {
    const parsed = parseJsonTree(readFileSync(settings, 'utf8'));
    const model = parsed.fault ? undefined : memberOf(parsed.root, 'model');
    return model?.kind === 'string' ? resolve(dirname(settings), model.value) : undefined;
  } catch {
    return undefined; // it went away
  }
}

function modelsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => modelEndings.some((ending) => name.toLowerCase().endsWith(ending)))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
