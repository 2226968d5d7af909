import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  CodeActionKind,
  CompletionItemKind,
  DiagnosticSeverity,
  SymbolKind,
  type CodeAction,
  type CompletionItem,
  type Diagnostic,
  type DocumentSymbol,
  type Range,
} from 'vscode-languageserver/node';
import { URI } from 'vscode-uri';
import type { TextProblem } from '../core/json/textProblem.ts';
import { stringAround } from './jsonPlaces.ts';
import type { OpenText } from './openText.ts';
import type { OutlineItem, Span, TextCompletion, TextFix } from './provider.ts';

/** Who diagnostics are from, as the Problems panel shows it. */
export const source = 'Rangefinder';

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/** A problem as a diagnostic; its code leads to its page. */
export function diagnosticOf({
  code,
  severity,
  message,
  line,
  column,
  end,
}: TextProblem): Diagnostic {
  const page = pageOf(code);
  return {
    source,
    code,
    ...(page === undefined ? {} : { codeDescription: { href: page } }),
    severity: severities[severity],
    message,
    range: {
      start: { line: line - 1, character: column - 1 },
      end: { line: end.line - 1, character: end.column - 1 },
    },
  };
}

/** The folder of the pages about codes: beside the bundle, or in the sources. */
const docs = [join(__dirname, '../docs'), join(__dirname, '../../docs')].find(existsSync);

function pageOf(code: string): string | undefined {
  const path = docs === undefined ? undefined : join(docs, `${code}.md`);
  return path !== undefined && existsSync(path) ? URI.file(path).toString() : undefined;
}

/** A place of a text as the editor counts it. */
export function rangeOf({ position }: OpenText, { start, end }: Span): Range {
  const at = (offset: number): Range['start'] => {
    const { line, column } = position(offset);
    return { line: line - 1, character: column - 1 };
  };
  return { start: at(start), end: at(end) };
}

const symbolKinds = {
  group: SymbolKind.Namespace,
  tensor: SymbolKind.Array,
  layer: SymbolKind.Class,
  setting: SymbolKind.Property,
};

/** An item of the outline. */
export const symbolOf = (text: OpenText, item: OutlineItem): DocumentSymbol => ({
  name: item.name,
  detail: item.detail,
  kind: symbolKinds[item.kind],
  range: rangeOf(text, item),
  selectionRange: rangeOf(text, item.namePlace),
  children: item.children.map((child) => symbolOf(text, child)),
});

/** Words for the string, or the part of a list in it, that the place is in. */
export function completionsOf(
  text: OpenText,
  offset: number,
  words: readonly TextCompletion[],
): CompletionItem[] {
  const place = stringAround(text, offset);
  if (!place) return [];
  const isClosed = place.end > offset && text.closedAt !== offset;
  let start = place.start + 1;
  let end = isClosed ? place.end - 1 : offset;
  if (text.kind === 'settings') {
    const before = text.text.slice(start, offset);
    start += Math.max(before.lastIndexOf(':'), before.lastIndexOf(',')) + 1;
    const next = text.text.slice(offset, end).search(/[:,]/);
    if (next >= 0) end = offset + next;
  }
  const range = rangeOf(text, { start, end });
  return words.map(({ label, detail }, at) => {
    const newText = JSON.stringify(label).slice(1, isClosed ? -1 : undefined);
    const sortText = String(at).padStart(6, '0');
    const kind = CompletionItemKind.Value;
    return { label, detail, kind, sortText, textEdit: { range, newText } };
  });
}

/** A fix as a quick fix of a diagnostic. */
export const actionOf = (
  text: OpenText,
  uri: string,
  diagnostic: Diagnostic,
  { title, isPreferred, edits }: TextFix,
): CodeAction => ({
  title,
  kind: CodeActionKind.QuickFix,
  diagnostics: [diagnostic],
  isPreferred,
  edit: {
    changes: {
      [uri]: edits.map((edit) => ({ range: rangeOf(text, edit), newText: edit.text })),
    },
  },
});
