import { nearest } from './cli/nearest.ts';
import { memberOf, type JsonMember, type JsonNode } from './core/json/jsonTree.ts';
import type { TextCode } from './core/json/textCodes.ts';
import { valueOf } from './core/json/wholeJson.ts';
import { parsePreprocessing } from './data/parsePreprocessing.ts';
import { BadData } from './data/samples.ts';
import { parseRange, type SampleRange } from './data/splitSamples.ts';
import { settingsRules, type SettingsRule } from './settingsRules.ts';

/** Something in `rangefinder.json` that is not as it must be. */
export interface SettingsIssue {
  /** What is marked: a value, or a name. */
  readonly place: { readonly start: number; readonly end: number };
  readonly code: TextCode;
  readonly message: string;
  /** What the marked text was meant to be, where that can be told. */
  readonly meant?: string;
  /** The member that has a name which means nothing. */
  readonly stranger?: JsonMember;
}

/** All that the text of `rangefinder.json` alone says to be wrong in it: each fault once. */
export function checkSettings(root: JsonNode): SettingsIssue[] {
  const issues: SettingsIssue[] = [];
  check(root, settingsRules, 'the file', issues);
  checkOverlap(root, issues);
  return issues;
}

function check(node: JsonNode, rule: SettingsRule, subject: string, issues: SettingsIssue[]): void {
  switch (node.kind) {
    case 'string':
      return checkText(node, rule, subject, issues);
    case 'number':
      return checkValue(node, rule, rule.number?.(node.value), subject, issues);
    case 'boolean':
      return checkValue(node, rule, rule.flag, subject, issues);
    case 'null':
      return checkValue(node, rule, undefined, subject, issues);
    case 'array': {
      const { entries } = rule;
      if (!entries) return checkValue(node, rule, rule.list?.(listOf(node)), subject, issues);
      for (const item of node.items) check(item, entries, `an entry of ${subject}`, issues);
      return;
    }
    case 'object':
      if (!rule.object) return checkValue(node, rule, undefined, subject, issues);
      checkMembers(node, rule.object, subject, issues);
  }
}

const listOf = (node: JsonNode): readonly unknown[] => {
  const value = valueOf(node);
  return Array.isArray(value) ? value : [];
};

type Value<Kind extends JsonNode['kind']> = Extract<JsonNode, { kind: Kind }>;

/** `isRight` is undefined where no value of this kind may stand. */
function checkValue(
  node: JsonNode,
  rule: SettingsRule,
  isRight: boolean | undefined,
  subject: string,
  issues: SettingsIssue[],
): void {
  if (isRight === true) return;
  const message = `${capital(subject)} is ${shown(node)}, not ${rule.wanted}.`;
  const code = isRight === undefined ? 'wrong-type' : 'wrong-value';
  issues.push({ place: node, code, message, ...meantBy(node, rule) });
}

/** What was meant by a number or flag in quotes, and by an entry without its list. */
function meantBy(node: JsonNode, rule: SettingsRule): { readonly meant?: string } {
  if (node.kind !== 'string') return {};
  const { value } = node;
  const isNumber = /^-?\d+(\.\d+)?$/.test(value) && rule.number?.(Number(value)) === true;
  if (isNumber || (rule.flag && /^(true|false)$/.test(value))) return { meant: value };
  const { entries } = rule;
  if (!entries) return {};
  const issues: SettingsIssue[] = [];
  check(node, entries, '', issues);
  return issues.length === 0 ? { meant: `[${JSON.stringify(value)}]` } : {};
}

function checkText(
  node: Value<'string'>,
  rule: SettingsRule,
  subject: string,
  issues: SettingsIssue[],
): void {
  const { value } = node;
  const { words, text } = rule;
  if (words?.all.includes(value) === true) return;
  const isRight = text?.(value) ?? (words ? false : undefined);
  if (words && isRight === false) {
    const close = nearest(value, words.all);
    const hint =
      close === undefined ? `There are ${words.all.join(', ')}.` : `Did you mean "${close}"?`;
    const message = `"${value}" is no ${words.noun}. ${hint}`;
    const meant = close === undefined ? {} : { meant: JSON.stringify(close) };
    issues.push({ place: node, code: 'wrong-value', message, ...meant });
    return;
  }
  checkValue(node, rule, isRight, subject, issues);
  const range = rule.isRange && parseRange(value);
  if (!range || range.from < range.until) return;
  const message = `${capital(subject)} is "${value}", which has no sample in it: the first number must be below the second.`;
  const { from, until } = range;
  const turned = from > until ? { meant: `"${until}..${from}"` } : {};
  issues.push({ place: node, code: 'empty-range', message, ...turned });
}

function checkMembers(
  node: Value<'object'>,
  { members, any }: NonNullable<SettingsRule['object']>,
  subject: string,
  issues: SettingsIssue[],
): void {
  const within = members === settingsRules.object.members ? '' : ` in ${subject}`;
  const before = issues.length;
  for (const member of node.members) {
    const { key, value } = member;
    const rule = Object.hasOwn(members, key) ? members[key] : any;
    if (rule) check(value, rule, `"${key}"${within}`, issues);
    else issues.push(stranger(member, Object.keys(members), within));
  }
  const isPreprocessing = members === settingsRules.object.members['preprocess']?.object?.members;
  if (isPreprocessing && issues.length === before) checkTogether(node, issues);
}

function stranger(member: JsonMember, known: readonly string[], within: string): SettingsIssue {
  const close = nearest(member.key, known);
  const hint = close === undefined ? `There are ${known.join(', ')}.` : `Did you mean "${close}"?`;
  return {
    place: { start: member.start, end: member.end },
    code: 'unknown-key',
    message: `There is no setting "${member.key}"${within}. ${hint}`,
    stranger: member,
    ...(close === undefined ? {} : { meant: JSON.stringify(close) }),
  };
}

/** Fields of preprocessing that are right by themselves, and do not go together. */
function checkTogether(node: Value<'object'>, issues: SettingsIssue[]): void {
  try {
    parsePreprocessing(valueOf(node));
  } catch (thrown) {
    if (!(thrown instanceof BadData)) throw thrown;
    const { message, where, remedy } = thrown;
    const place = (where === undefined ? undefined : memberOf(node, where)) ?? node;
    const text = remedy === undefined ? message : `${message} ${remedy}`;
    issues.push({ place, code: 'wrong-value', message: text });
  }
}

/** What is judged on serves nothing else; calibrating and correcting may share samples. */
function checkOverlap(root: JsonNode, issues: SettingsIssue[]): void {
  const judge = rangeIn(root, 'judge');
  for (const name of ['calibration', 'correction']) {
    const other = rangeIn(root, name);
    if (!judge || !other) continue;
    const from = Math.max(judge.from, other.from);
    const until = Math.min(judge.until, other.until);
    if (from >= until) continue;
    const message = `The samples ${from}..${until} serve both "judge" and "${name}": what is judged on must not have been used before.`;
    issues.push({ place: judge.node, code: 'overlap', message });
    return;
  }
}

/** The range of a purpose as it stands in the file; undefined where there is none, or a wrong one. */
export function rangeIn(
  root: JsonNode,
  purpose: string,
): (SampleRange & { readonly node: JsonNode }) | undefined {
  const node = memberOf(root, purpose);
  const range = node?.kind === 'string' ? parseRange(node.value) : undefined;
  return node && range ? { ...range, node } : undefined;
}

/** As it stands in the file, as far as a sentence can hold it. */
const shown = (node: JsonNode): string =>
  (node.kind === 'number' ? String(node.value) : JSON.stringify(valueOf(node))).slice(0, 60);

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
