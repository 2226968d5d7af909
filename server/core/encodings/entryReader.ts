import { memberOf, type JsonNode } from '../json/jsonTree.ts';
import type { TextCode } from '../json/textCodes.ts';
import type { TextProblems } from '../json/textProblem.ts';

/** Reads the values of one entry, and says of each what is wrong with it. */
export class EntryReader {
  /** False once something cannot be used. */
  isSound = true;

  constructor(
    private readonly entry: JsonNode,
    private readonly name: string,
    private readonly problems: TextProblems,
  ) {}

  /** The first of these names that is there; files of other tools have other names. */
  node(...names: readonly string[]): JsonNode | undefined {
    for (const name of names) {
      const found = memberOf(this.entry, name);
      if (found) return found;
    }
    return undefined;
  }

  fail(place: { start: number; end: number }, code: TextCode, message: string): undefined {
    this.isSound = false;
    this.problems.add(place, code, `"${this.name}": ${message}`);
    return undefined;
  }

  warn(place: { start: number; end: number }, code: TextCode, message: string): void {
    this.problems.add(place, code, `"${this.name}": ${message}`, 'warning');
  }

  /** Says that something is missing, at the entry's brace. */
  lacks(what: string): undefined {
    const { start } = this.entry;
    return this.fail({ start, end: start + 1 }, 'missing-field', `${what} is missing.`);
  }

  word(...names: readonly string[]): string | undefined {
    const node = this.node(...names);
    return node?.kind === 'string' ? node.value.toLowerCase() : undefined;
  }

  /** A boolean, also as the string that older versions write. */
  flag(...names: readonly string[]): boolean | undefined {
    const node = this.node(...names);
    if (!node) return undefined;
    if (node.kind === 'boolean') return node.value;
    const word = node.kind === 'string' ? node.value.toLowerCase() : '';
    if (word === 'true' || word === 'false') return word === 'true';
    return this.fail(node, 'wrong-type', 'this must be true or false.');
  }

  /** A whole number within bounds. */
  integer(
    node: JsonNode | undefined,
    what: string,
    least: number,
    most: number,
  ): number | undefined {
    if (!node) return undefined;
    if (node.kind === 'number' && Number.isInteger(node.value)) {
      if (node.value >= least && node.value <= most) return node.value;
    }
    const text = `${what} must be a whole number from ${least} to ${most}.`;
    return this.fail(node, 'wrong-value', text);
  }

  /** Scales: above zero and finite. */
  scales(node: JsonNode | undefined, what: string): Float64Array | undefined {
    if (!node) return this.lacks(what);
    const values = numbersOf(node);
    const at = values.findIndex((value) => !(value > 0) || value === Infinity);
    if (at >= 0) {
      const item = flat(node)[at] ?? node;
      return item.kind === 'number'
        ? this.fail(item, 'bad-scale', `a scale of ${item.value} is none: it must be above 0.`)
        : this.fail(item, 'wrong-type', 'a scale must be a number.');
    }
    if (values.length === 0) return this.fail(node, 'bad-length', `${what} has no entry.`);
    return Float64Array.from(values);
  }

  /**
   * Offsets or zero points: whole numbers, written as floats too (AIMET issue 854), within what the
   * integers can hold, else zero would not be on the grid.
   */
  wholes(
    node: JsonNode,
    what: string,
    count: number,
    [least, most]: readonly [number, number],
  ): Float64Array | undefined {
    const values = numbersOf(node);
    if (values.length !== count && values.length !== 1) {
      const text = `${what} has ${values.length} entries for ${count} scales.`;
      return this.fail(node, 'bad-length', text);
    }
    const at = values.findIndex(
      (value) => !Number.isInteger(value) || value < least || value > most,
    );
    if (at < 0) {
      return values.length === count
        ? Float64Array.from(values)
        : new Float64Array(count).fill(values[0] ?? 0);
    }
    const [value = NaN, place = node] = [values[at], flat(node)[at]];
    if (value === -0.5) {
      const text = 'grids that are shifted by half a step (2 bits) are not read.';
      return this.fail(place, 'not-understood', text);
    }
    if (!Number.isInteger(value)) {
      return this.fail(place, 'not-whole', `${what} must be a whole number.`);
    }
    const text = `${what} of ${value} puts zero off the grid: it must be from ${least} to ${most}.`;
    return this.fail(place, 'zero-off-grid', text);
  }
}

/** The numbers of a number, a list, or a list of lists; NaN for what is none. */
function numbersOf(node: JsonNode): readonly number[] {
  if (node.kind === 'array' && node.numbers) return node.numbers;
  return flat(node).map((item) => (item.kind === 'number' ? item.value : NaN));
}

/** The items of a number, a list, or a list of lists, in order. */
export function flat(node: JsonNode): JsonNode[] {
  return node.kind === 'array' ? node.items.flatMap(flat) : [node];
}
