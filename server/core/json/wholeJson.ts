import { commentAt, parseJsonTree, type JsonFault, type JsonNode } from './jsonTree.ts';

/** What a text with faults still says. */
export interface WholeJson {
  /** The members that are whole, each at its own place; undefined where it is no object at all. */
  readonly root: JsonNode | undefined;
  readonly faults: readonly JsonFault[];
  /** What was left out, for looking for names in it. */
  readonly lost: string;
}

/** So many faults are gone round; a text with more is not read. */
const mostFaults = 100;

/**
 * Reads an object of JSON around its faults: a member with a fault in it is left out as a whole,
 * what stands before and after it counts. Of the members called `parted`, which are objects, the
 * whole members count as well. Faults are told in their order.
 */
export function readWholeJson(text: string, parted: readonly string[] = []): WholeJson {
  const faults: JsonFault[] = [];
  let lost = '';
  let mended = text;
  for (let round = 0; round < mostFaults; round++) {
    const parsed = parseJsonTree(mended);
    if (!parsed.fault) return { root: parsed.root, faults, lost };
    const { fault } = parsed;
    // That something is still open at the end follows from what was wrong before.
    if (faults.length === 0 || fault.offset < text.length) faults.push(fault);
    const cut = cutFor(mended, fault.offset, parted);
    if (!cut) break;
    const { start, end, instead = '' } = cut;
    lost += `${mended.slice(start, end)}\n`;
    // Blanks take its place, so that everything else keeps its own.
    mended = mended.slice(0, start) + instead.padEnd(end - start) + mended.slice(end);
  }
  return { root: undefined, faults, lost: text };
}

/** What is taken out of a text; `instead` comes in its place. */
interface Cut {
  readonly start: number;
  readonly end: number;
  readonly instead?: string;
}

/** A bracket that is open; of an object how far its member is, and where that begins. */
interface Open {
  readonly bracket: string;
  start?: number;
  awaits: 'name' | 'colon' | 'value' | 'comma';
}

const quoted = /"(?:[^"\\\n]|\\.)*"/y;
const memberName = /"(?:[^"\\\n]|\\.)*"\s*:/y;
const plainValue = /[^\s,:{}[\]"]+/y;

function cutFor(text: string, offset: number, parted: readonly string[]): Cut | undefined {
  const comment = commentAt(text, offset);
  if (comment !== undefined) return { start: offset, end: comment };
  const opened = openAt(text.slice(0, offset));
  const [root, second] = opened;
  if (!root) return text.trim() === '' ? undefined : { start: offset, end: text.length };
  if (root.bracket !== '{') return undefined;
  const isEnd = offset >= text.length;
  const last = lastBefore(text, offset);
  // A comma before a closing bracket.
  const isClosing = isEnd || text[offset] === '}' || text[offset] === ']';
  if (isClosing && text[last] === ',') return { start: last, end: last + 1 };
  const inner = opened.at(-1);
  const isBetween = inner?.bracket === '{' && inner.start === undefined;
  const isWhole = inner?.bracket === '{' && inner.awaits === 'comma';
  if (isEnd && (isBetween || isWhole)) return { start: offset, end: offset, instead: '}' };
  // A comma that is missing between two members; it takes the place of a blank.
  const isName = match(memberName, text, offset) !== undefined;
  if (isWhole && isName && last < offset - 1)
    return { start: offset - 1, end: offset, instead: ',' };
  const key = root.start === undefined ? undefined : match(quoted, text, root.start);
  const isParted = second?.bracket === '{' && parted.some((name) => key === JSON.stringify(name));
  const object = isParted ? second : root;
  const start = object.start ?? offset;
  const inside = opened.slice(isParted ? 2 : 1).map(({ bracket }) => bracket);
  // A colon in a list: the list was not closed before the name of the next member.
  const isOpen = inner?.bracket === '[' && text[offset] === ':';
  const from = isOpen ? text.lastIndexOf('"', lastBefore(text, offset) - 1) : offset;
  const end = endOf(text, from, inside);
  if (text[end] === ',') return { start, end: end + 1 };
  const before = lastBefore(text, start);
  const hasComma = text[before] === ',' && text[end] !== '"';
  return { start: hasComma ? before : start, end };
}

/** Place of the last character before an offset that is no white space. */
const lastBefore = (text: string, offset: number): number =>
  text.slice(0, offset).trimEnd().length - 1;

/** The brackets that are open behind a text. */
function openAt(head: string): Open[] {
  const opened: Open[] = [];
  for (let at = 0; at < head.length;) {
    const inner = opened.at(-1);
    const character = head[at] ?? '';
    const token = match(quoted, head, at) ?? match(plainValue, head, at) ?? character;
    if (character === '{' || character === '[') opened.push({ bracket: character, awaits: 'name' });
    else if (character === '}' || character === ']') {
      opened.pop();
      const outer = opened.at(-1);
      if (outer) outer.awaits = 'comma';
    } else if (inner && character === ',') {
      inner.awaits = 'name';
      delete inner.start;
    } else if (inner && character === ':') inner.awaits = 'value';
    else if (inner && token.trim() !== '') {
      const isName = inner.awaits === 'name';
      if (isName) inner.start = at;
      // a string without its end is no value
      const isCut = character === '"' && token.length === 1;
      if (isCut) return opened;
      inner.awaits = isName ? 'colon' : 'comma';
    }
    at += token.length;
  }
  return opened;
}

/** Where a member that has a fault ends: at a comma, the name of the next one, or its object's end. */
function endOf(text: string, offset: number, inside: string[]): number {
  for (let at = offset; at < text.length;) {
    const character = text[at] ?? '';
    if (character === '"') {
      if (!inside.includes('{') && match(memberName, text, at) !== undefined) return at;
      const lineEnd = text.indexOf('\n', at);
      const length = match(quoted, text, at)?.length;
      at = length === undefined ? (lineEnd < 0 ? text.length : lineEnd) : at + length;
      continue;
    }
    if (character === ',' && inside.length === 0) return at;
    if (character === '{' || character === '[') inside.push(character);
    else if (character === ']' && inside.at(-1) === '[') inside.pop();
    else if (character === '}') {
      const own = inside.lastIndexOf('{');
      if (own < 0) return at;
      inside.splice(own);
    }
    at++;
  }
  return text.length;
}

function match(form: RegExp, text: string, at: number): string | undefined {
  form.lastIndex = at;
  return form.exec(text)?.[0];
}

/** The value that a node stands for; of a name given twice the last. */
export function valueOf(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ key, value }) => [key, valueOf(value)]));
    case 'array':
      return node.items.map(valueOf);
    case 'null':
      return null;
    default:
      return node.value;
  }
}
