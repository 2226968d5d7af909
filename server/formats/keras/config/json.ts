import { refuse } from '../../badFile.ts';

/** What JSON can say. Objects and arrays made by `parseJson` may be changed by their owner. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

/** Deeper nesting is no architecture but an attack on the reader. */
const MAX_DEPTH = 400;

/**
 * How numbers were spelled where JavaScript would spell them otherwise (`1.0`, `1e-03`), by the
 * object or array they are in. `formatJson` gives them back so.
 */
const spellings = new WeakMap<object, Map<string, string>>();

/** Reads JSON as Python writes it (NaN and Infinity are numbers); refuses with line and column. */
export function parseJson(text: string, where: string): Json {
  const reader = new JsonReader(text, where);
  return reader.document();
}

class JsonReader {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly where: string,
  ) {}

  document(): Json {
    if (this.text.charCodeAt(0) === 0xfeff) this.#at = 1;
    const value = this.#value(0)[0];
    this.#skipSpace();
    if (this.#at < this.text.length) this.#refuse('something follows the end');
    return value;
  }

  #value(depth: number): [value: Json, spelling?: string] {
    if (depth > MAX_DEPTH) this.#refuse(`it is nested more than ${MAX_DEPTH} levels deep`);
    this.#skipSpace();
    const next = this.text[this.#at];
    if (next === '{') return [this.#object(depth)];
    if (next === '[') return [this.#array(depth)];
    if (next === '"') return [this.#string()];
    for (const [word, value] of words) {
      if (this.text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return [value, word];
      }
    }
    return this.#number();
  }

  #object(depth: number): JsonObject {
    const out: JsonObject = {};
    this.#at++;
    for (let isFirst = true; !this.#ends('}', isFirst); isFirst = false) {
      this.#skipSpace();
      if (this.text[this.#at] !== '"') this.#refuse('a name in quotes is missing');
      const key = this.#string();
      this.#skipSpace();
      if (this.text[this.#at] !== ':') this.#refuse('a colon is missing');
      this.#at++;
      const [value, spelling] = this.#value(depth + 1);
      Object.defineProperty(out, key, { value, ...plain });
      if (spelling !== undefined && typeof value === 'number') spell(out, key, value, spelling);
    }
    return out;
  }

  #array(depth: number): Json[] {
    const out: Json[] = [];
    this.#at++;
    for (let isFirst = true; !this.#ends(']', isFirst); isFirst = false) {
      const [value, spelling] = this.#value(depth + 1);
      if (spelling !== undefined && typeof value === 'number') {
        spell(out, String(out.length), value, spelling);
      }
      out.push(value);
    }
    return out;
  }

  /** True at the end of an object or array; else goes behind the comma. */
  #ends(bracket: string, isFirst: boolean): boolean {
    this.#skipSpace();
    const next = this.text[this.#at];
    if (next === bracket) {
      this.#at++;
      return true;
    }
    if (isFirst) return false;
    if (next !== ',') this.#refuse(next === undefined ? 'it ends too early' : 'a comma is missing');
    this.#at++;
    return false;
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (Number.isNaN(code)) this.#refuse('it ends inside a text');
      if (code < 0x20) this.#refuse('a control character is in a text');
      this.#at += code === 0x5c ? 2 : 1;
      if (code === 0x22) break;
    }
    const quoted = this.text.slice(start, this.#at);
    if (!quoted.includes('\\')) return quoted.slice(1, -1);
    try {
      return String(JSON.parse(quoted));
    } catch {
      this.#at = start;
      return this.#refuse('a text has an escape that does not exist');
    }
  }

  #number(): [number, string] {
    numberPattern.lastIndex = this.#at;
    const spelling = numberPattern.exec(this.text)?.[0];
    if (spelling === undefined) {
      const isEnd = this.#at >= this.text.length;
      return this.#refuse(isEnd ? 'it ends too early' : 'a value is missing');
    }
    this.#at += spelling.length;
    return [Number(spelling), spelling];
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #refuse(what: string): never {
    const before = this.text.slice(0, this.#at).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    refuse({
      code: 'bad-json',
      message: `${this.where} is not valid JSON: at line ${line}, column ${column}, ${what}.`,
      where: this.where,
      remedy: 'The file is damaged or incomplete: fetch or export it again.',
    });
  }
}

const plain = { enumerable: true, writable: true, configurable: true } as const;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const words: readonly (readonly [string, Json])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];

function spell(holder: object, key: string, value: number, spelling: string): void {
  if (JSON.stringify(value) === spelling) return;
  const known = spellings.get(holder) ?? new Map<string, string>();
  known.set(key, spelling);
  spellings.set(holder, known);
}

/** A deep copy that remembers how numbers were spelled. */
export function cloneJson<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy: Json = Array.isArray(value)
    ? value.map(cloneJson)
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cloneJson(one ?? null)]));
  const known = spellings.get(value);
  if (known) spellings.set(copy, known);
  return copy as T;
}

/** Writes JSON in the style of `like`: spaces behind commas or not, other letters escaped or not. */
export function formatJson(value: Json, like: string): string {
  const isSpaced = /^[^"]*"(?:[^"\\]|\\.)*": /.test(like);
  // eslint-disable-next-line no-control-regex
  const isAscii = /^[\x00-\x7f]*$/.test(like);
  const [comma, colon] = isSpaced ? [', ', ': '] : [',', ':'];
  const text = (one: string): string => {
    const quoted = JSON.stringify(one);
    if (!isAscii) return quoted;
    return quoted.replace(
      /[\u007f-\uffff]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  };
  const write = (one: Json | undefined, holder?: object, key = ''): string => {
    if (typeof one === 'number') {
      const spelling = holder && spellings.get(holder)?.get(key);
      if (spelling !== undefined && Object.is(Number(spelling), one)) return spelling;
      return Number.isFinite(one) ? JSON.stringify(one) : (spelling ?? String(one));
    }
    if (typeof one === 'string') return text(one);
    if (typeof one !== 'object' || one === null) return String(one);
    if (Array.isArray(one)) {
      return `[${one.map((item, i) => write(item, one, String(i))).join(comma)}]`;
    }
    const entries = Object.entries(one).filter(([, item]) => item !== undefined);
    return `{${entries.map(([name, item]) => `${text(name)}${colon}${write(item, one, name)}`).join(comma)}}`;
  };
  return write(value);
}
