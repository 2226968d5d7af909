import { basename } from 'node:path';
import { readBrokenJson } from '../core/json/brokenJson.ts';
import {
  memberOf,
  parseJsonTree,
  positionsOf,
  type JsonFault,
  type JsonNode,
} from '../core/json/jsonTree.ts';

/** The kinds of text that the editor is told about. */
export type TextKind = 'encodings' | 'quantsim' | 'settings' | 'layersModel';

/** What a text is: by its name, and JSON by what is in it; undefined for what is none of ours. */
export function kindOf(path: string, text: string): TextKind | undefined {
  const name = basename(path).toLowerCase();
  if (name.endsWith('.encodings')) return 'encodings';
  if (!name.endsWith('.json')) return undefined;
  if (name === 'rangefinder.json') return 'settings';
  if (text.includes('"modelTopology"') || text.includes('"weightsManifest"')) return 'layersModel';
  if (architectureBegin.test(text)) return 'layersModel';
  const hits = quantsimKeys.filter((key) => text.includes(`"${key}"`)).length;
  return hits >= 3 ? 'quantsim' : undefined;
}

/** How an architecture begins that Keras wrote without weights: what it is before what it holds. */
const architectureBegin =
  /^\uFEFF?\s*\{[^{}[\]]*"class_name"\s*:\s*"(?:Sequential|Functional|Model)"/;

/** Sections that no other kind of file has three of. */
const quantsimKeys = ['op_type', 'supergroups', 'model_input', 'model_output', 'defaults'];

/** True within a string that nothing closes: behind it, quotes come in pairs on its line. */
function isUnclosed(text: string, offset: number): boolean {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const quotes = (part: string): number => part.replace(/\\./g, '').split('"').length - 1;
  const after = text.slice(offset, lineEnd < 0 ? text.length : lineEnd);
  return quotes(text.slice(from, offset)) % 2 === 1 && quotes(after) % 2 === 0;
}

/** One version of a text that is open in an editor, read when it is asked about. */
export class OpenText {
  readonly position: ReturnType<typeof positionsOf>;
  #closedAt: number | undefined;
  #tree: { readonly root: JsonNode } | { readonly fault: JsonFault } | undefined;

  constructor(
    readonly path: string,
    readonly text: string,
    readonly kind: TextKind,
    /** The editor's own JSON support says what is wrong with the syntax. */
    readonly isJson: boolean,
    /** False: no path that it names is looked at. */
    readonly isTrusted = true,
  ) {
    this.position = positionsOf(text);
  }

  get name(): string {
    return basename(this.path);
  }

  /**
   * The text for completing at a place: as it is where it is JSON, else with the string closed that
   * is being written there, and read around whatever else is wrong with it.
   */
  forCompletingAt(offset: number): OpenText {
    if (this.root) return this;
    const isCut = isUnclosed(this.text, offset);
    const { path, text, kind, isJson, isTrusted } = this;
    const mended = isCut ? `${text.slice(0, offset)}"${text.slice(offset)}` : text;
    const other = new OpenText(path, mended, kind, isJson, isTrusted);
    const parsed = parseJsonTree(mended);
    other.#tree = { root: parsed.fault ? readBrokenJson(mended) : parsed.root };
    if (isCut) other.#closedAt = offset;
    return other;
  }

  /** Where the quote stands that the text itself has not. */
  get closedAt(): number | undefined {
    return this.#closedAt;
  }

  /** The JSON; undefined while it is none. */
  get root(): JsonNode | undefined {
    this.#tree ??= parseJsonTree(this.text);
    return 'root' in this.#tree ? this.#tree.root : undefined;
  }

  /** The value at a path of names. */
  at(...names: readonly string[]): JsonNode | undefined {
    return names.reduce<JsonNode | undefined>(memberOf, this.root);
  }
}
