import { existsSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { checkSettings, type SettingsIssue } from './checkSettings.ts';
import { memberOf, type JsonNode } from './core/json/jsonTree.ts';
import { TextProblems, type TextProblem } from './core/json/textProblem.ts';
import { readWholeJson, valueOf } from './core/json/wholeJson.ts';
import { dataSettingNames, parseDataSettings, type DataSettings } from './data/dataSettings.ts';
import { isSynthetic } from './data/keptSettings.ts';
import { BadData } from './data/samples.ts';
import { BadFile } from './formats/badFile.ts';
import type { FormatFault } from './formats/format.ts';
import type { DataChoice } from './protocol/data.ts';
import type { ChosenPlaces, ModelSettings, SettingsFault } from './protocol/modelSettings.ts';
import { nothingChosen } from './session/chosenPlaces.ts';
import { isTargetPath, targetIn } from './settingsTarget.ts';
import { problemsIn, pairsIn, setsIn, settingsFileOf, settingsText } from './settingsFile.ts';

/**
 * What the settings file of a model says, field by field: what is wrong in one leaves the others.
 * Of a text with faults the members are read that are whole.
 */
export function modelSettings(model: string): ModelSettings {
  const path = settingsFileOf(model);
  if (path === undefined) return { problems: {}, dataText: '', chosen: nothingChosen, faults: [] };
  const read = settingsText(path);
  if (!read.ok) return unread(path, read.error);
  const text = read.value;
  const found = new TextProblems(text);
  const { value, root, hides } = readWhole(text, path, found);
  const ofText = found.list.length;
  const issues = root ? checkSettings(root) : [];
  const reader = new FieldReader(path, value, root, found, issues);
  const problems = {
    ...reader.read(['problems', 'ignore'], problemsIn),
    ...reader.read(['problems', 'weakLayerDb'], problemsIn),
  };
  const isItsOwn = isAbout(value['model'], path, model);
  const chosen = chosenIn(reader, path, found, ['pairs', 'sets'].some(hides));
  const target = targetOf(reader, path, found, hides('target'));
  const before = found.list.length;
  const data = dataSettingNames.reduce<DataSettings>(
    (all, name) => ({ ...all, ...reader.read([name], parseDataSettings) }),
    {},
  );
  const isRight =
    found.list.length === before &&
    !dataSettingNames.some((name) => hides(name) || reader.hasIssue(name));
  const list = [
    ...found.list.slice(0, ofText),
    ...problemsOf(text, issues),
    ...found.list.slice(ofText).filter((one) => !reader.told.has(one)),
  ];
  const choice = isRight && isItsOwn ? choiceOf(data, dirname(path)) : undefined;
  return {
    path,
    problems,
    ...(choice ? { data: choice } : {}),
    ...(isRight ? { dataText: JSON.stringify(data) } : {}),
    chosen: isItsOwn ? chosen : nothingChosen,
    ...target,
    ...targetFileIn(value, path),
    faults: list.map(faultOf),
  };
}

/**
 * Samples, pairs and sets are for the model that the file names (its `model`), and for what was made
 * of it and is called after it (`net.w8a8.onnx`); of no other. A name of nothing that is there binds
 * nothing.
 */
export function isAbout(named: unknown, path: string, model: string): boolean {
  if (typeof named !== 'string') return true;
  const own = resolve(dirname(path), named);
  const stem = own.slice(0, own.length - extname(own).length);
  return own === model || !existsSync(own) || model.startsWith(`${stem}.`);
}

/** Issues at their lines and columns. */
export function problemsOf(text: string, issues: readonly SettingsIssue[]): TextProblem[] {
  const found = new TextProblems(text);
  for (const { place, code, message } of issues) found.add(place, code, message);
  return found.list;
}

/** A problem as the panel of problems lists it. */
export const faultOf = ({ code, message, line, column, end }: TextProblem): SettingsFault => ({
  code,
  message,
  line,
  column,
  endLine: end.line,
  endColumn: end.column,
});

/** What is known of a file that cannot be read: a folder chooses nothing, a locked file may. */
function unread(path: string, { code, message, remedy }: FormatFault): ModelSettings {
  const why = [message, remedy].filter((one) => one !== undefined).join(' ');
  const hasChoice = code !== 'not-a-file' && code !== 'not-found';
  return {
    path,
    problems: {},
    chosen: hasChoice ? { ...nothingChosen, fault: message } : nothingChosen,
    ...(hasChoice ? { targetFault: message } : {}),
    faults: [{ code: 'bad-settings', message: why, line: 1, column: 1, endLine: 1, endColumn: 2 }],
  };
}

/** Pairs and sets; `isHidden`: some were left out with a fault of the text. */
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

/** The target; `isHidden`: it was left out with a fault of the text. */
function targetOf(
  reader: FieldReader,
  path: string,
  found: TextProblems,
  isHidden: boolean,
): Pick<ModelSettings, 'target' | 'targetFault'> {
  const [first] = found.list;
  const before = found.list.length;
  const target = reader.read(['target'], targetIn);
  const own = found.list[before];
  if (own) return { targetFault: own.message };
  if (isHidden && first) return { targetFault: `${path}, line ${first.line}: ${first.message}` };
  return target ? { target } : {};
}

/** Where the configuration lies that is named as the target. */
function targetFileIn({ target }: Fields, path: string): Pick<ModelSettings, 'targetFile'> {
  const isFile = typeof target === 'string' && isTargetPath(target);
  return isFile ? { targetFile: resolve(dirname(path), target) } : {};
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads fields one by one, so that each fault is told at its own place. */
class FieldReader {
  constructor(
    private readonly path: string,
    private readonly value: Fields,
    private readonly root: JsonNode | undefined,
    private readonly found: TextProblems,
    private readonly issues: readonly SettingsIssue[],
  ) {}

  /** Those of the faults that it found that the issues say more exactly. */
  readonly told = new Set<TextProblem>();

  /** Whether something in this member is not as it must be. */
  hasIssue(name: string): boolean {
    const at = memberOf(this.root, name);
    return (
      at !== undefined &&
      this.issues.some(({ place }) => place.start >= at.start && place.end <= at.end)
    );
  }

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
      this.#tell(thrown, node, first);
      return undefined;
    }
  }

  #tell(thrown: unknown, node: JsonNode | undefined, name: string): void {
    if (!(thrown instanceof BadData) && !(thrown instanceof BadFile)) throw thrown;
    const message = thrown instanceof BadData ? thrown.message : thrown.fault.message;
    const where = thrown instanceof BadData ? thrown.where : undefined;
    const inner = where === undefined ? undefined : memberOf(node, where);
    const place = inner ?? node ?? { start: 0, end: 1 };
    const isKnown = this.found.list.some((one) => one.message === message);
    if (!isKnown) this.found.add(place, 'bad-settings', message);
    const last = this.found.list.at(-1);
    if (last && !isKnown && this.hasIssue(name)) this.told.add(last);
  }
}

/** The object of a text, where its values stand, and what may be hidden by faults of the text. */
function readWhole(
  text: string,
  path: string,
  found: TextProblems,
): {
  readonly value: Fields;
  readonly root: JsonNode | undefined;
  /** The text speaks of this member somewhere where it is not whole, or not at the top. */
  readonly hides: (name: string) => boolean;
} {
  const { root, faults, lost } = readWholeJson(text, ['problems']);
  for (const fault of faults) found.addFault(fault);
  const value = root && valueOf(root);
  if (root && !isObject(value)) found.add(root, 'bad-settings', `${path} is not an object.`);
  const members = root?.kind === 'object' ? root.members : [];
  const hides = (name: string): boolean =>
    faults.length > 0 &&
    (new RegExp(`\\b${name}\\b`).test(lost) ||
      text.split(`"${name}"`).length - 1 > members.filter(({ key }) => key === name).length);
  return { value: isObject(value) ? value : {}, root: isObject(value) ? root : undefined, hides };
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
