import { dirname, resolve } from 'node:path';
import { memberOf, parseJsonTree, type JsonNode } from './core/json/jsonTree.ts';
import { TextProblems } from './core/json/textProblem.ts';
import { dataSettingNames, parseDataSettings, type DataSettings } from './data/dataSettings.ts';
import { isSynthetic } from './data/keptSettings.ts';
import { BadData } from './data/samples.ts';
import { BadFile } from './formats/badFile.ts';
import type { FormatFault } from './formats/format.ts';
import { parseJson } from './formats/keras/config/json.ts';
import type { DataChoice } from './protocol/data.ts';
import type { ChosenPlaces, ModelSettings } from './protocol/modelSettings.ts';
import { nothingChosen } from './session/chosenPlaces.ts';
import { problemsIn, pairsIn, setsIn, settingsFileOf, settingsText } from './settingsFile.ts';
import { tellStrangers } from './strangeSettings.ts';

/**
 * What the settings file of a model says, field by field: what is wrong in one leaves the others.
 * Of a text that is no JSON, what stands before the fault is read.
 */
export function modelSettings(model: string): ModelSettings {
  const path = settingsFileOf(model);
  if (path === undefined) return { problems: {}, dataText: '', chosen: nothingChosen, faults: [] };
  const read = settingsText(path);
  if (!read.ok) return unread(path, read.error);
  const text = read.value;
  const found = new TextProblems(text);
  const { value, root } = readWhole(text, path, found);
  // What follows a fault of the syntax may be of samples.
  const isBroken = found.hasErrors;
  const reader = new FieldReader(path, value, root, found);
  const problems = {
    ...reader.read(['problems', 'ignore'], problemsIn),
    ...reader.read(['problems', 'weakLayerDb'], problemsIn),
  };
  const chosen = chosenIn(reader, path, found, isBroken && /"(pairs|sets)"/.test(text));
  const before = found.list.length;
  const data = dataSettingNames.reduce<DataSettings>(
    (all, name) => ({ ...all, ...reader.read([name], parseDataSettings) }),
    {},
  );
  const isRight = found.list.length === before && !isBroken;
  tellStrangers(root, found);
  const choice = isRight ? choiceOf(data, dirname(path)) : undefined;
  return {
    path,
    problems,
    ...(choice ? { data: choice } : {}),
    ...(isRight ? { dataText: JSON.stringify(data) } : {}),
    chosen,
    faults: found.list.map(({ message, line, column, end }) => {
      return { message, line, column, endLine: end.line, endColumn: end.column };
    }),
  };
}

/** What is known of a file that cannot be read: a folder chooses nothing, a locked file may. */
function unread(path: string, { code, message, remedy }: FormatFault): ModelSettings {
  const why = [message, remedy].filter((one) => one !== undefined).join(' ');
  const hasChoice = code !== 'not-a-file' && code !== 'not-found';
  return {
    path,
    problems: {},
    chosen: hasChoice ? { ...nothingChosen, fault: message } : nothingChosen,
    faults: [{ message: why, line: 1, column: 1, endLine: 1, endColumn: 2 }],
  };
}

/** Pairs and sets; `isHidden`: some may stand behind the fault of a text that is no JSON. */
function chosenIn(
  reader: FieldReader,
  path: string,
  found: TextProblems,
  isHidden: boolean,
): ChosenPlaces {
  const [first] = found.list;
  const before = found.list.length;
  const pairs = reader.read(['pairs'], pairsIn) ?? [];
  const sets = reader.read(['sets'], setsIn) ?? [];
  const own = found.list[before];
  const fault = own ?? (isHidden ? first : undefined);
  if (!fault) return { pairs, sets };
  const { message, line, column } = fault;
  const why = own ? message : `${path}: ${message}`;
  return { ...nothingChosen, fault: `${why.replace(/\.$/, '')} (line ${line}, column ${column}).` };
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads fields one by one, so that each fault is told at its own place. */
class FieldReader {
  constructor(
    private readonly path: string,
    private readonly value: Fields,
    private readonly root: JsonNode | undefined,
    private readonly found: TextProblems,
  ) {}

  /** What `parse` makes of a file that has this field alone; nothing where that is wrong. */
  read<T>(names: readonly string[], parse: (settings: Fields, path: string) => T): T | undefined {
    const value = names.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), {
      ...this.value,
    });
    const [first = ''] = names;
    const outer = this.value[first];
    const isMisplaced = names.length > 1 && outer !== undefined && !isObject(outer);
    if (value === undefined && !isMisplaced) return undefined;
    const alone = isMisplaced
      ? { [first]: outer }
      : names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    try {
      return parse(alone as Fields, this.path); // it was made on the lines before
    } catch (thrown) {
      const node = names.reduce<JsonNode | undefined>(
        (at, name) => memberOf(at, name) ?? at,
        this.root,
      );
      this.#tell(thrown, node);
      return undefined;
    }
  }

  #tell(thrown: unknown, node: JsonNode | undefined): void {
    if (!(thrown instanceof BadData) && !(thrown instanceof BadFile)) throw thrown;
    const message = thrown instanceof BadData ? thrown.message : thrown.fault.message;
    const where = thrown instanceof BadData ? thrown.where : undefined;
    const inner = where === undefined ? undefined : memberOf(node, where);
    const place = inner ?? node ?? { start: 0, end: 1 };
    const isKnown = this.found.list.some((one) => one.message === message);
    if (!isKnown) this.found.add(place, 'bad-settings', message);
  }
}

/** The object of a text, and where its values stand; of a broken one, what stands before the fault. */
function readWhole(
  text: string,
  path: string,
  found: TextProblems,
): { readonly value: Fields; readonly root: JsonNode | undefined } {
  let whole = text;
  const first = parseJsonTree(text);
  if (first.fault) {
    found.addFault(first.fault);
    whole = membersBefore(text, first.fault.offset);
  }
  const read = first.fault ? parseJsonTree(whole) : first;
  if (read.fault) return { value: {}, root: undefined };
  if (read.root.kind !== 'object') {
    found.add(read.root, 'bad-settings', `${path} is not an object.`);
    return { value: {}, root: undefined };
  }
  return { value: parseJson(whole, path) as Fields, root: read.root }; // the tree says that it is one
}

/** The object of a text up to the last whole member before an offset; `{}` where there is none. */
function membersBefore(text: string, offset: number): string {
  let depth = 0;
  let end = 0;
  let isString = false;
  for (let at = 0; at < offset; at++) {
    const character = text[at];
    if (isString) {
      if (character === '\\') at++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === ',' && depth === 1) end = at;
  }
  return end === 0 ? '{}' : `${text.slice(0, end)}}`;
}

/** Samples as the editor chooses them; what is made of them is read with the samples. */
function choiceOf(settings: DataSettings, folder: string): DataChoice | undefined {
  const { data, labels, calibration, correction, judge } = settings;
  if (data === undefined) return undefined;
  return {
    path: isSynthetic(data) ? data : resolve(folder, data),
    ...(labels === undefined ? {} : { labels: resolve(folder, labels) }),
    ...(calibration === undefined ? {} : { calibration }),
    ...(correction === undefined ? {} : { correction }),
    ...(judge === undefined ? {} : { judge }),
  };
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
