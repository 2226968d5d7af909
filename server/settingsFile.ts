import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { err, ok, type Result } from './core/result.ts';
import { isSystemError, readFault, refuse } from './formats/badFile.ts';
import type { FormatFault } from './formats/format.ts';
import { parseJson } from './formats/keras/config/json.ts';
import type { ChosenPlaces } from './protocol/modelSettings.ts';
import type { ProblemSettings } from './protocol/problems.ts';

/** What `rangefinder.json` says of the corrections of a model: what was chosen by hand. */
export type ChosenSettings = Pick<ChosenPlaces, 'pairs' | 'sets'>;

/** What settings say of the problems of models. Throws `BadFile`. */
export function problemsIn(settings: Settings, path: string): ProblemSettings {
  const given = settings['problems'];
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return bad(path, '"problems"', 'an object');
  }
  const { ignore, weakLayerDb } = given as Record<string, unknown>;
  if (ignore !== undefined && !(Array.isArray(ignore) && ignore.every(isText))) {
    return bad(path, '"ignore" of "problems"', 'a list of codes, such as ["weak-layer"]');
  }
  if (weakLayerDb !== undefined && !isDecibel(weakLayerDb)) {
    return bad(path, '"weakLayerDb" of "problems"', 'a number of dB from 0 to 100');
  }
  return {
    ...(ignore === undefined ? {} : { ignore }),
    ...(weakLayerDb === undefined ? {} : { weakLayerDb }),
  };
}

const isDecibel = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 100;

const isText = (value: unknown): value is string => typeof value === 'string';

const fileName = 'rangefinder.json';

/** The settings file of a model: beside it, or in the nearest folder above it. */
export function settingsFileOf(model: string): string | undefined {
  for (let folder = dirname(resolve(model)); ; folder = dirname(folder)) {
    const path = join(folder, fileName);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}

/** What stands in a settings file; a fault where it is a folder, or may not be read. */
export function settingsText(path: string): Result<string, FormatFault> {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
    const fault = readFault(thrown, path);
    const remedy = 'Put a file in its place, or give it another name.';
    return err(thrown.code === 'EISDIR' ? { ...fault, remedy } : fault);
  }
}

/** Pairs and sets that the settings file of a model names. Throws `BadFile`, with line and column. */
export function chosenSettings(model: string): ChosenSettings {
  const path = settingsFileOf(model);
  if (path === undefined) return { pairs: [], sets: [] };
  const settings = readSettings(path);
  return { pairs: pairsIn(settings, path), sets: setsIn(settings, path) };
}

type Settings = Readonly<Record<string, unknown>>;

/** The pairs that settings name. Throws `BadFile`. */
export const pairsIn = (settings: Settings, path: string): ChosenSettings['pairs'] =>
  listOf(settings['pairs'], path, 'pairs').map((one) => pairOf(one, path));

/** The sets that settings name. Throws `BadFile`. */
export const setsIn = (settings: Settings, path: string): ChosenSettings['sets'] =>
  listOf(settings['sets'], path, 'sets').map((one) => setOf(one, path));

function readSettings(path: string): Settings {
  const text = settingsText(path);
  if (!text.ok) return refuse(text.error);
  const value = parseJson(text.value, path);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? value : bad(path, fileName, 'an object');
}

function listOf(value: unknown, path: string, name: string): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : bad(path, `"${name}"`, 'a list');
}

function pairOf(value: unknown, path: string): readonly [string, string] {
  const parts = typeof value === 'string' ? value.split(':') : value;
  if (isNames(parts) && parts.length === 2) return [parts[0] ?? '', parts[1] ?? ''];
  return bad(path, 'an entry of "pairs"', 'a layer and a batch norm, such as "conv1:bn1"');
}

function setOf(value: unknown, path: string): readonly string[] {
  const parts = typeof value === 'string' ? value.split(',') : value;
  if (isNames(parts) && parts.length >= 2) return parts.map((name) => name.trim());
  return bad(path, 'an entry of "sets"', 'the names of at least two layers, such as ["a", "b"]');
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one.trim() !== '');

function bad(path: string, subject: string, wanted: string): never {
  return refuse({
    code: 'bad-settings',
    message: `${path}: ${subject} is not ${wanted}.`,
    where: path,
    remedy: 'Correct the file; the editor marks what is wrong in it.',
  });
}
