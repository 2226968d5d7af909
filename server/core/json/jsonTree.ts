/** A place in a text, both counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

interface Span {
  /** Offsets in the text, the end behind the last character. */
  readonly start: number;
  readonly end: number;
}

/** A value of a JSON text, and where it stands. */
export type JsonNode =
  | (Span & { readonly kind: 'object'; readonly members: readonly JsonMember[] })
  | (Span & {
      readonly kind: 'array';
      readonly items: readonly JsonNode[];
      /** The values, where all are numbers; cheaper than the items, whose places are found late. */
      readonly numbers?: readonly number[];
      /** The values, where all are objects without objects or lists in them; cheaper too. */
      readonly records?: readonly JsonRecord[];
      /** The first item of `records`, found without the others. */
      readonly head?: JsonNode;
    })
  | (Span & { readonly kind: 'string'; readonly value: string })
  | (Span & { readonly kind: 'number'; readonly value: number })
  | (Span & { readonly kind: 'boolean'; readonly value: boolean })
  | (Span & { readonly kind: 'null' });

/** The values of an object by name, without their places. */
export type JsonRecord = Readonly<Record<string, string | number | boolean | null>>;

/** A name with its value. */
export interface JsonMember {
  readonly key: string;
  /** The name's own place, quotes included. */
  readonly start: number;
  readonly end: number;
  readonly value: JsonNode;
}

/** Why a text is no JSON, and at which offset. */
export interface JsonFault {
  readonly message: string;
  readonly offset: number;
}

/** Deeper nesting is no document but an attack on the reader. */
const maxDepth = 200;

/**
 * Reads a JSON text with the place of every value. No comments, no trailing commas; `NaN`,
 * `Infinity` and `-Infinity` are numbers, as Python writes them. Of a name given twice both stay.
 */
export function parseJsonTree(
  text: string,
): { readonly root: JsonNode; readonly fault?: undefined } | { readonly fault: JsonFault } {
  try {
    return { root: new TreeReader(text).document() };
  } catch (thrown) {
    if (thrown instanceof NotJson)
      return { fault: { message: thrown.message, offset: thrown.offset } };
    throw thrown;
  }
}

/** Where the comment ends that begins here, as in JavaScript; undefined where none does. */
export function commentAt(text: string, offset: number): number | undefined {
  if (text[offset] !== '/') return undefined;
  const isBlock = text[offset + 1] === '*';
  if (!isBlock && text[offset + 1] !== '/') return undefined;
  const end = text.indexOf(isBlock ? '*/' : '\n', offset + 2);
  return end < 0 ? text.length : end + (isBlock ? 2 : 0);
}

/** The value of a name; the last one where it is given twice. */
export const memberOf = (node: JsonNode | undefined, key: string): JsonNode | undefined =>
  node?.kind === 'object' ? node.members.findLast((one) => one.key === key)?.value : undefined;

/** Tells lines and columns of a text by offset. */
export function positionsOf(text: string): (offset: number) => TextPosition {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(text);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

class NotJson extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const plainNumbers = /^\[[\d\s,.eE+-]+\]$/;

/** A list of numbers that finds the places of its items when it is asked for them. */
class NumberList {
  readonly kind = 'array';
  #items: readonly JsonNode[] | undefined;

  constructor(
    private readonly text: string,
    readonly start: number,
    readonly end: number,
    readonly numbers: readonly number[],
  ) {}

  get items(): readonly JsonNode[] {
    this.#items ??= this.#find();
    return this.#items;
  }

  #find(): JsonNode[] {
    const inner = this.text.slice(this.start, this.end);
    return [...inner.matchAll(/[^\s,[\]]+/g)].map((found, at) => {
      const start = this.start + found.index;
      const value = this.numbers[at] ?? NaN;
      return { kind: 'number', start, end: start + found[0].length, value };
    });
  }
}

/** A list of flat objects that finds places when it is asked for them. */
class RecordList {
  readonly kind = 'array';
  #items: readonly JsonNode[] | undefined;
  #head: JsonNode | undefined;

  constructor(
    private readonly text: string,
    readonly start: number,
    readonly end: number,
    readonly records: readonly JsonRecord[],
  ) {}

  get items(): readonly JsonNode[] {
    this.#items ??= new TreeReader(this.text).itemsFrom(this.start);
    return this.#items;
  }

  get head(): JsonNode {
    this.#head ??= new TreeReader(this.text).firstFrom(this.start);
    return this.#head;
  }
}

const words = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
] as const;

/** How lists begin that are read as records; more white space makes them slower, not wrong. */
const recordsBegin = /^\[\s*\{/;
const mostSpace = 100;

const isFlat = (value: unknown): value is JsonRecord =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((one) => typeof one !== 'object' || one === null);

const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

class TreeReader {
  #at = 0;

  constructor(private readonly text: string) {}

  document(): JsonNode {
    if (this.text.charCodeAt(0) === 0xfeff) this.#at = 1;
    this.#skipSpace();
    const root = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.text.length) this.#fail('nothing may follow the end of the JSON value');
    return root;
  }

  /** The items of a list that begins here. */
  itemsFrom(start: number): readonly JsonNode[] {
    this.#at = start;
    return this.#items(0);
  }

  /** The first of them; there must be one. */
  firstFrom(start: number): JsonNode {
    this.#at = start + 1;
    this.#skipSpace();
    return this.#value(0);
  }

  #value(depth: number): JsonNode {
    if (depth > maxDepth) this.#fail(`it is nested more than ${maxDepth} levels deep`);
    const start = this.#at;
    switch (this.text[start]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"': {
        const value = this.#string();
        return { kind: 'string', start, end: this.#at, value };
      }
      default:
        return this.#plain();
    }
  }

  #object(depth: number): JsonNode {
    const start = this.#at;
    const members: JsonMember[] = [];
    while (this.#goesOn('}', members.length === 0)) {
      const from = this.#at;
      if (this.text[from] !== '"') this.#fail('a name in double quotes must stand here');
      const key = this.#string();
      const end = this.#at;
      this.#skipSpace();
      if (this.text[this.#at] !== ':') this.#fail('a colon must follow the name');
      this.#at++;
      this.#skipSpace();
      members.push({ key, start: from, end, value: this.#value(depth + 1) });
    }
    return { kind: 'object', start, end: this.#at, members };
  }

  #array(depth: number): JsonNode {
    const start = this.#at;
    const numbers = this.#numbers();
    if (numbers) return new NumberList(this.text, start, this.#at, numbers);
    const records = this.#records();
    if (records) return new RecordList(this.text, start, this.#at, records);
    const items = this.#items(depth);
    return { kind: 'array', start, end: this.#at, items };
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    while (this.#goesOn(']', items.length === 0)) items.push(this.#value(depth + 1));
    return items;
  }

  /** A list of flat objects at once: an old file of encodings has one for every channel. */
  #records(): JsonRecord[] | undefined {
    const start = this.#at;
    if (!recordsBegin.test(this.text.slice(start, start + mostSpace))) return undefined;
    const end = this.text.indexOf(']', start) + 1;
    const inner = this.text.slice(start, end);
    if (end === 0 || inner.includes('[', 1)) return undefined;
    try {
      // a bracket within a string leaves the string open, and that is no JSON
      const records = JSON.parse(inner) as unknown[];
      if (!records.every(isFlat)) return undefined;
      this.#at = end;
      return records;
    } catch {
      // no JSON, or NaN in it: reading it item by item tells
      return undefined;
    }
  }

  /** A list of plain numbers at once: files of encodings have hundreds of thousands of them. */
  #numbers(): number[] | undefined {
    const end = this.text.indexOf(']', this.#at) + 1;
    const inner = end > 0 ? this.text.slice(this.#at, end) : '';
    if (!plainNumbers.test(inner)) return undefined;
    try {
      const numbers = JSON.parse(inner) as number[];
      this.#at = end;
      return numbers;
    } catch {
      // no JSON: reading it item by item finds the place
      return undefined;
    }
  }

  /** Moves to the next member or item; false behind the closing bracket. */
  #goesOn(close: string, isFirst: boolean): boolean {
    if (isFirst) this.#at++;
    this.#skipSpace();
    const next = this.text[this.#at];
    if (next === close) {
      this.#at++;
      return false;
    }
    if (isFirst) return true;
    if (next !== ',') this.#fail(`a comma or ${close} must stand here`);
    this.#at++;
    this.#skipSpace();
    if (this.text[this.#at] === close) this.#fail(`no comma may stand before ${close}`);
    return true;
  }

  #string(): string {
    const start = this.#at++;
    let isPlain = true;
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code === 34) break;
      // charCodeAt gives NaN behind the end
      if (!(code >= 32)) this.#fail('this string has no closing quote on its line');
      if (code !== 92) this.#at++;
      else if (this.#match(escape) === undefined) this.#fail('this escape is none that JSON has');
      else isPlain = false;
    }
    this.#at++;
    return isPlain
      ? this.text.slice(start + 1, this.#at - 1)
      : (JSON.parse(this.text.slice(start, this.#at)) as string);
  }

  #plain(): JsonNode {
    const start = this.#at;
    const number = this.#match(numberForm);
    if (number !== undefined) {
      return { kind: 'number', start, end: this.#at, value: Number(number) };
    }
    for (const [word, value] of words) {
      if (!this.text.startsWith(word, start)) continue;
      this.#at += word.length;
      const end = this.#at;
      if (value === null) return { kind: 'null', start, end };
      return typeof value === 'boolean'
        ? { kind: 'boolean', start, end, value }
        : { kind: 'number', start, end, value };
    }
    return this.#fail(
      start >= this.text.length ? 'the text ends too early' : 'no JSON value stands here',
    );
  }

  /** What the form matches here; `test` makes no array, and there are many numbers. */
  #match(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    if (!form.test(this.text)) return undefined;
    const found = this.text.slice(this.#at, form.lastIndex);
    this.#at = form.lastIndex;
    return found;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }

  #fail(message: string): never {
    const isComment = commentAt(this.text, this.#at) !== undefined;
    throw new NotJson(isComment ? 'JSON has no comments: take it out' : message, this.#at);
  }
}
