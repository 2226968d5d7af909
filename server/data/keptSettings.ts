import { dirname, join, relative, resolve } from 'node:path';
import { BadFile, refuse } from '../formats/badFile.ts';
import { parseJson } from '../formats/keras/config/json.ts';
import { settingsFileOf, settingsText } from '../settingsFile.ts';
import { dataSettingNames, parseDataSettings, type DataSettings } from './dataSettings.ts';
import { BadData } from './samples.ts';
import { writeAtomically } from './writeAtomically.ts';

/**
 * What the settings file of a model says of its data (`rangefinder.json` beside it, or in the
 * nearest folder above); paths are absolute here. Throws `BadData`, with line and column.
 */
export function keptDataSettings(model: string): DataSettings {
  const path = settingsFileOf(model);
  if (path === undefined) return {};
  const settings = parseDataSettings(readSettings(path), path);
  const from = (given: string | undefined): string | undefined =>
    given === undefined || isSynthetic(given) ? given : resolve(dirname(path), given);
  const data = from(settings.data);
  const labels = from(settings.labels);
  return {
    ...settings,
    ...(data === undefined ? {} : { data }),
    ...(labels === undefined ? {} : { labels }),
  };
}

/**
 * Keeps what was chosen in the settings file of the model (one beside it where there is none); all
 * else in the file stays. A field that is `undefined` is taken out. Gives the file's path.
 */
export async function keepDataSettings(
  model: string,
  changes: { readonly [Name in keyof DataSettings]?: DataSettings[Name] | undefined },
): Promise<string> {
  const found = settingsFileOf(model);
  const path = found ?? join(dirname(resolve(model)), 'rangefinder.json');
  const fields: Record<string, unknown> = found === undefined ? {} : { ...readSettings(found) };
  for (const name of dataSettingNames) {
    if (!(name in changes)) continue;
    const value = changes[name];
    // JSON leaves out what is undefined.
    fields[name] = typeof value === 'string' && isPath(name, value) ? short(path, value) : value;
  }
  parseDataSettings(fields, path);
  const text = `${JSON.stringify(fields, undefined, 2)}\n`;
  await writeAtomically(path, (append) => append(new TextEncoder().encode(text)));
  return path;
}

/** True for data that is drawn, and lies nowhere. */
export const isSynthetic = (text: string): boolean => /^synthetic(:|$)/.test(text);

const isPath = (name: string, value: string): boolean =>
  name === 'labels' || (name === 'data' && !isSynthetic(value));

/** From the settings file on, with slashes, so that the folder can be moved to another machine. */
const short = (settings: string, path: string): string =>
  relative(dirname(settings), resolve(path)).replaceAll('\\', '/') || '.';

function readSettings(path: string): Readonly<Record<string, unknown>> {
  try {
    const text = settingsText(path);
    const value: unknown = text.ok ? parseJson(text.value, path) : refuse(text.error);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch (thrown) {
    if (!(thrown instanceof BadFile)) throw thrown;
    throw new BadData('bad-settings', thrown.fault.message, path, thrown.fault.remedy);
  }
  throw new BadData('bad-settings', `${path} is not an object.`, path);
}
