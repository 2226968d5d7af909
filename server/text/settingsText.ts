import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { nearest } from '../cli/nearest.ts';
import { checkRanges } from '../checkRanges.ts';
import { checkSettings, type SettingsIssue } from '../checkSettings.ts';
import { memberOf, type JsonNode } from '../core/json/jsonTree.ts';
import { TextProblems } from '../core/json/textProblem.ts';
import { valueOf } from '../core/json/wholeJson.ts';
import { defaultTarget } from '../core/quant/targets.ts';
import { operatorLabel } from '../core/reports/operatorLabel.ts';
import { withDimensions } from '../data/openDimensions.ts';
import { BadData } from '../data/samples.ts';
import { isAbout } from '../modelSettings.ts';
import { isTargetPath } from '../settingsTarget.ts';
import { readTargetFile } from '../targetFile.ts';
import { batchNormsBeside, setsWith, whyNoPair, whyNoSet } from './chosenPlaces.ts';
import { pathAt, stepsAt, stringAround, withComma } from './jsonPlaces.ts';
import { batchNormsIn, layersIn, layerWords, nameText } from './layerWords.ts';
import type { OpenText } from './openText.ts';
import type {
  KnownModel,
  OutlineItem,
  Span,
  TextCompletion,
  TextFix,
  TextHover,
  TextProvider,
} from './provider.ts';

/**
 * All that the editor is told of `rangefinder.json`: its JSON Schema is there to complete names and
 * to explain them, and finds nothing wrong, so that each fault is told once, with its page.
 */
export const settingsText: TextProvider = { problems, hover, outline, complete, fixes };

/** A name of a layer or batch norm in the settings, without quotes. */
interface NamePlace extends Span {
  readonly name: string;
}

async function problems(
  text: OpenText,
  model: KnownModel | undefined,
): Promise<TextProblems['list']> {
  const found = new TextProblems(text.text);
  const known = model ? namesOf(model) : undefined;
  for (const place of known ? namePlaces(text) : []) {
    if (known?.has(place.name) !== false) continue;
    const close = nearest(place.name, known);
    const hint = close === undefined ? '' : ` Did you mean "${close}"?`;
    found.add(place, 'unknown-layer', `The model has no layer "${place.name}".${hint}`);
  }
  for (const misfit of model && known ? misfits(text, model, known) : [])
    found.add(misfit.node, misfit.code, misfitText(misfit));
  if (model) tellDimensions(text, model, found);
  if (text.isTrusted) tellFiles(text, found);
  for (const { place, code, message } of await issuesOf(text, model))
    found.add(place, code, message);
  return found.list;
}

/** What is wrong in the file, whatever the model's layers are called. */
async function issuesOf(text: OpenText, model: KnownModel | undefined): Promise<SettingsIssue[]> {
  const { root, path } = text;
  if (!root) return [];
  // The editor says that these are no JSON; our reader takes them for numbers, as Python writes them.
  const isNoJson = ({ place: { start, end } }: SettingsIssue): boolean =>
    text.isJson && /^-?(NaN|Infinity)$/.test(text.text.slice(start, end));
  const issues = checkSettings(root).filter((one) => !isNoJson(one));
  if (!text.isTrusted) return issues;
  const named = memberOf(root, 'model');
  const isItsOwn = model !== undefined && isAbout(named && valueOf(named), path, model.path);
  return [
    ...issues,
    ...(await checkRanges(root, path, isItsOwn ? model.opened.inputs : undefined)),
  ];
}

/** Says of paths that nothing is there, and of a target that it cannot be read. */
function tellFiles(text: OpenText, found: TextProblems): void {
  for (const key of ['model', 'data', 'labels', 'target'] as const) {
    const node = text.at(key);
    if (node?.kind !== 'string' || node.value === '') continue;
    if (key === 'target' ? !isTargetPath(node.value) : /^synthetic(:|$)/.test(node.value)) continue;
    const path = resolve(dirname(text.path), node.value);
    if (!existsSync(path)) {
      found.add(node, 'no-file', `There is no file or folder ${path}.`, 'warning');
      continue;
    }
    const read = key === 'target' ? readTargetFile(path) : undefined;
    if (read && !read.ok) found.add(node, 'bad-settings', read.error.message);
  }
}

/** Says of a size that no input leaves it open. */
function tellDimensions(text: OpenText, { opened }: KnownModel, found: TextProblems): void {
  const dims = text.at('dims');
  for (const { key, start, end } of dims?.kind === 'object' ? dims.members : []) {
    try {
      withDimensions(opened.inputs, { [key]: 1 });
    } catch (thrown) {
      if (!(thrown instanceof BadData)) throw thrown;
      const { message, remedy = '' } = thrown;
      found.add({ start, end }, 'unknown-key', `${message} ${remedy}`.trim());
    }
  }
}

/** Settings are about the model in its file, whatever was folded since. */
const namesOf = ({ opened }: KnownModel): Set<string> =>
  new Set([...layersIn(opened).map(({ name }) => name), ...batchNormsIn(opened)]);

/** An entry of `pairs` or `sets`, in whichever way it is written. */
interface Entry {
  readonly list: 'pairs' | 'sets';
  readonly node: JsonNode;
  readonly names: readonly NamePlace[];
}

const entriesIn = (text: OpenText): Entry[] =>
  (['pairs', 'sets'] as const).flatMap((list) => {
    const node = text.at(list);
    const items = node?.kind === 'array' ? node.items : [];
    const separator = list === 'pairs' ? ':' : ',';
    return items.map((one) => ({ list, node: one, names: namesIn(one, separator, text.text) }));
  });

const namePlaces = (text: OpenText): NamePlace[] => entriesIn(text).flatMap(({ names }) => names);

/** Says of entries whose names the model has what they cannot be. */
function misfits(text: OpenText, { opened }: KnownModel, known: ReadonlySet<string>): Misfit[] {
  return entriesIn(text).flatMap(({ list, node, names: places }): Misfit[] => {
    const names = places.map(({ name }) => name);
    if (names.length < 2 || !names.every((name) => known.has(name))) return [];
    const [first = '', second = ''] = names;
    const isSet = list === 'sets';
    const why = isSet ? whyNoSet(names, opened) : whyNoPair(first, second, opened);
    if (why === undefined) return [];
    const others = isSet ? setsWith(first, opened) : besideOf(first, opened);
    return [{ code: isSet ? 'not-a-set' : 'not-a-pair', node, names, why, others }];
  });
}

const besideOf = (layer: string, opened: KnownModel['opened']): string[][] =>
  batchNormsBeside(layer, opened).map((batchNorm) => [layer, batchNorm]);

/** An entry that cannot be done, and what could be instead. */
interface Misfit {
  readonly code: 'not-a-set' | 'not-a-pair';
  readonly node: JsonNode;
  readonly names: readonly string[];
  readonly why: string;
  readonly others: readonly (readonly string[])[];
}

const misfitText = ({ code, names, why }: Misfit): string =>
  code === 'not-a-set'
    ? `${names.join(', ')} cannot be scaled together: ${why.replace(/\.$/, '')}.`
    : `${names.join(':')} cannot be folded: ${why.replace(/\.$/, '')}.`;

function namesIn(node: JsonNode, separator: string, text: string): NamePlace[] {
  if (node.kind === 'array') return node.items.flatMap((one) => namesIn(one, '', text));
  if (node.kind !== 'string') return [];
  const inner = text.slice(node.start + 1, node.end - 1);
  if (separator === '' || inner.includes('\\')) {
    return [{ name: node.value, start: node.start + 1, end: node.end - 1 }];
  }
  let at = node.start + 1;
  return inner.split(separator).map((part) => {
    const start = at + (part.length - part.trimStart().length);
    at += part.length + 1;
    return { name: part.trim(), start, end: start + part.trim().length };
  });
}

function hover(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): TextHover | undefined {
  const place = namePlaces(text).find(({ start, end }) => offset >= start && offset <= end);
  const layer = place && model && layersIn(model.graph).find(({ name }) => name === place.name);
  if (!place || !layer || !model) return undefined;
  const { start, end } = place;
  return { start, end, words: layerWords(layer, model.target ?? defaultTarget) };
}

function outline({ root }: OpenText): OutlineItem[] {
  if (root?.kind !== 'object') return [];
  return root.members.map(({ key, start, end, value }) => ({
    name: key || '(no name)',
    detail:
      value.kind === 'string' ? value.value : value.kind === 'array' ? `${value.items.length}` : '',
    kind: 'setting',
    start,
    end: value.end,
    namePlace: { start, end },
    children: [],
  }));
}

function complete(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): readonly TextCompletion[] {
  const [section] = pathAt(stepsAt(text.root, offset));
  if (!model || !stringAround(text, offset)) return [];
  const layers = layersIn(model.opened);
  const normal = layers.map((one) => ({ label: one.name, detail: operatorLabel(one.node, one) }));
  if (section === 'sets') return normal;
  if (section !== 'pairs') return [];
  return [
    ...normal,
    ...batchNormsIn(model.opened).map((label) => ({ label, detail: 'batch norm' })),
  ];
}

function fixes(
  text: OpenText,
  { code, start }: { readonly code: string; readonly start: number },
  model: KnownModel | undefined,
): Promise<readonly TextFix[]> | readonly TextFix[] {
  const misfit =
    model && misfits(text, model, namesOf(model)).find(({ node }) => node.start === start);
  if (misfit?.code === code) return otherPlaces(misfit);
  if (code !== 'unknown-layer') return issueFixes(text, code, start, model);
  const place = namePlaces(text).find((one) => one.start === start);
  const close = place && model && nearest(place.name, namesOf(model));
  if (!place || close === undefined) return [];
  const edits = [{ start: place.start, end: place.end, text: JSON.stringify(close).slice(1, -1) }];
  return [{ title: `Rename to ${nameText(close)}`.replaceAll('`', '"'), isPreferred: true, edits }];
}

/** Puts what was meant in the place of what stands there, or takes out a name that means nothing. */
async function issueFixes(
  text: OpenText,
  code: string,
  start: number,
  model: KnownModel | undefined,
): Promise<TextFix[]> {
  const issues = await issuesOf(text, model);
  const issue = issues.find((one) => one.code === code && one.place.start === start);
  if (!issue) return [];
  const { place, meant, stranger } = issue;
  const edits = meant === undefined ? [] : [{ start: place.start, end: place.end, text: meant }];
  const title = `${stranger ? 'Rename to' : 'Write'} ${meant ?? ''}`;
  const written = edits.length === 0 ? [] : [{ title, isPreferred: true, edits }];
  if (!stranger) return written;
  const whole = { start: stranger.start, end: stranger.value.end };
  const removed = [{ ...withComma(text.text, whole), text: '' }];
  return [...written, { title: `Remove "${stranger.key}"`, isPreferred: false, edits: removed }];
}

/** So many other places are offered. */
const mostOffered = 5;

/** Replaces an entry by what the model has, written as the entry is. */
const otherPlaces = ({ node, code, others }: Misfit): TextFix[] =>
  others.slice(0, mostOffered).map((names, at) => {
    const joined = names.join(code === 'not-a-set' ? ', ' : ':');
    const isList = node.kind === 'array';
    const text = isList
      ? `[${names.map((name) => JSON.stringify(name)).join(', ')}]`
      : JSON.stringify(joined);
    const edits = [{ start: node.start, end: node.end, text }];
    return { title: `Replace by "${joined}"`, isPreferred: at === 0, edits };
  });
