import type { JsonMember, JsonNode } from './jsonTree.ts';

/** Deeper nesting is no document but an attack on the reader. */
const maxDepth = 200;

/**
 * Reads what is there of a text that is no JSON yet, for telling where in it a place is: a member
 * without a value has null, a bracket that is missing is closed where the next one outside of it
 * stands, a string without its end goes to the end of its line, and what fits nowhere is left out.
 */
export const readBrokenJson = (text: string): JsonNode => new BrokenReader(text).document();

/** With its closing quote, or to the end of its line. */
const quoted = /"(?:[^"\\\n\r]|\\[^\n\r])*"?/y;
const plainWord = /[^\s,:{}[\]"]+/y;

class BrokenReader {
  #at = 0;
  /** Brackets that are open, the innermost last. */
  readonly #open: string[] = [];

  constructor(private readonly text: string) {}

  document(): JsonNode {
    while (this.#next() !== undefined) {
      const value = this.#value();
      if (value?.kind === 'object' || value?.kind === 'array') return value;
      if (!value) this.#at++;
    }
    return { kind: 'null', start: this.#at, end: this.#at };
  }

  /** The next character that is no white space; undefined at the end. */
  #next(): string | undefined {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return this.text[this.#at];
      this.#at++;
    }
  }

  /** Undefined where none begins; nothing is read then. */
  #value(): JsonNode | undefined {
    const next = this.#next();
    if (next === undefined || ',:}]'.includes(next)) return undefined;
    if (next === '"') return this.#string();
    if (next === '{' || next === '[') {
      if (this.#open.length >= maxDepth) return undefined;
      this.#open.push(next);
      const made = next === '{' ? this.#object() : this.#array();
      this.#open.pop();
      return made;
    }
    return this.#plain();
  }

  #object(): JsonNode {
    const start = this.#at++;
    const members: JsonMember[] = [];
    while (!this.#ends('}')) {
      const name = this.#value();
      if (!name) {
        this.#at++;
        continue;
      }
      if (name.kind !== 'string') continue;
      const hasValue = this.#next() === ':';
      if (hasValue) this.#at++;
      const value = hasValue ? this.#value() : undefined;
      const { start: from, end } = name;
      const none = hasValue ? this.#at : end;
      const nothing = { kind: 'null', start: none, end: none } as const;
      members.push({ key: name.value, start: from, end, value: value ?? nothing });
    }
    return { kind: 'object', start, end: this.#at, members };
  }

  #array(): JsonNode {
    const start = this.#at++;
    const items: JsonNode[] = [];
    while (!this.#ends(']')) {
      const item = this.#value();
      if (item?.kind === 'string' && this.#next() === ':' && this.#open.includes('{')) {
        // the name of the next member: the list was not closed before it
        this.#at = item.start;
        return { kind: 'array', start, end: this.#at, items };
      }
      if (item) items.push(item);
      else this.#at++;
    }
    return { kind: 'array', start, end: this.#at, items };
  }

  /** True behind the bracket that closes, at one that closes what is around, and at the end. */
  #ends(close: string): boolean {
    const next = this.#next();
    if (next === undefined) return true;
    if (next === close) {
      this.#at++;
      return true;
    }
    return (next === '}' && this.#open.includes('{')) || (next === ']' && this.#open.includes('['));
  }

  #string(): JsonNode & { readonly kind: 'string' } {
    const start = this.#at;
    quoted.lastIndex = start;
    const raw = quoted.exec(this.text)?.[0] ?? '"';
    this.#at += raw.length;
    return { kind: 'string', start, end: this.#at, value: unquoted(raw) };
  }

  #plain(): JsonNode {
    const start = this.#at;
    plainWord.lastIndex = start;
    const word = plainWord.exec(this.text)?.[0] ?? '';
    this.#at += Math.max(1, word.length);
    const end = this.#at;
    if (word === 'true' || word === 'false') {
      return { kind: 'boolean', start, end, value: word === 'true' };
    }
    const value = Number(word);
    return Number.isNaN(value)
      ? { kind: 'null', start, end }
      : { kind: 'number', start, end, value };
  }
}

function unquoted(raw: string): string {
  if (raw.length > 1 && raw.endsWith('"') && !raw.includes('\\')) return raw.slice(1, -1);
  try {
    return String(JSON.parse(raw));
  } catch {
    return raw.replace(/^"|"$/g, '');
  }
}
