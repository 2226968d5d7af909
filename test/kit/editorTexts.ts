import { setTimeout as wait } from 'node:timers/promises';
import type {
  CodeAction,
  CompletionItem,
  Diagnostic,
  DocumentSymbol,
  Hover,
  ProtocolConnection,
  PublishDiagnosticsParams,
} from 'vscode-languageserver/node';
import { URI } from 'vscode-uri';

/** Only what is never said takes that long. */
const patienceMs = 120_000;

/** Texts in an editor at the other end of a connection. */
export class EditorTexts {
  readonly #published = new Map<string, Diagnostic[]>();
  readonly #count = new Map<string, number>();
  #version = 1;

  constructor(private readonly connection: ProtocolConnection) {
    connection.onNotification(
      'textDocument/publishDiagnostics',
      ({ uri, diagnostics }: PublishDiagnosticsParams) => {
        this.#published.set(uri, diagnostics);
        this.#count.set(uri, this.countOf(uri) + 1);
      },
    );
  }

  countOf(uri: string): number {
    return this.#count.get(uri) ?? 0;
  }

  /** Opens a text, and gives what is said of it. */
  async open(path: string, text: string, languageId = 'encodings'): Promise<Diagnostic[]> {
    const uri = URI.file(path).toString();
    const before = this.countOf(uri);
    const textDocument = { uri, languageId, version: this.#version, text };
    await this.connection.sendNotification('textDocument/didOpen', { textDocument });
    return this.next(path, before);
  }

  /** Replaces one string of the text, as a user types it. */
  async replace(path: string, text: string, from: string, to: string): Promise<Diagnostic[]> {
    const uri = URI.file(path).toString();
    const before = this.countOf(uri);
    const at = text.indexOf(from);
    const contentChanges = [
      { range: { start: place(text, at), end: place(text, at + from.length) }, text: to },
    ];
    const textDocument = { uri, version: ++this.#version };
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument,
      contentChanges,
    });
    return this.next(path, before);
  }

  async close(path: string): Promise<Diagnostic[]> {
    const uri = URI.file(path).toString();
    const before = this.countOf(uri);
    await this.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    return this.next(path, before);
  }

  /** What is said after `before` messages about the file. */
  async next(path: string, before: number): Promise<Diagnostic[]> {
    const uri = URI.file(path).toString();
    const end = Date.now() + patienceMs;
    while (Date.now() < end) {
      if (this.countOf(uri) > before) {
        const found = this.#published.get(uri) ?? [];
        const bare = found.find(({ codeDescription }) => codeDescription === undefined);
        if (bare) throw new Error(`docs has no page about ${bare.code ?? 'nothing'}`);
        return found;
      }
      await wait(5);
    }
    throw new Error(`nothing was said of ${path}`);
  }

  hover(path: string, text: string, at: string): Promise<Hover | null> {
    return this.#ask('hover', path, text, at);
  }

  async complete(path: string, text: string, at: string): Promise<CompletionItem[]> {
    return (await this.#ask<CompletionItem[] | null>('completion', path, text, at)) ?? [];
  }

  async symbols(path: string): Promise<DocumentSymbol[]> {
    const textDocument = { uri: URI.file(path).toString() };
    return this.connection.sendRequest('textDocument/documentSymbol', { textDocument });
  }

  /** The quick fixes of a diagnostic, and the text after each. */
  async fixes(
    path: string,
    text: string,
    diagnostic: Diagnostic | undefined,
  ): Promise<{ title: string; text: string }[]> {
    const uri = URI.file(path).toString();
    const actions = await this.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: diagnostic?.range,
      context: { diagnostics: [diagnostic] },
    });
    return actions.map(({ title, edit }) => {
      const edits = [...(edit?.changes?.[uri] ?? [])].reverse();
      const after = edits.reduce(
        (now, { range, newText }) =>
          now.slice(0, offsetOf(text, range.start)) +
          newText +
          now.slice(offsetOf(text, range.end)),
        text,
      );
      return { title, text: after };
    });
  }

  #ask<T>(what: string, path: string, text: string, at: string): Promise<T> {
    const textDocument = { uri: URI.file(path).toString() };
    const position = place(text, text.indexOf(at) + 1);
    return this.connection.sendRequest(`textDocument/${what}`, { textDocument, position });
  }
}

function place(text: string, offset: number): { line: number; character: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

function offsetOf(text: string, { line, character }: { line: number; character: number }): number {
  const lines = text.split('\n').slice(0, line);
  return lines.reduce((sum, one) => sum + one.length + 1, 0) + character;
}

/** Code, line and column (from 1) of diagnostics. */
export const placesOf = (diagnostics: readonly Diagnostic[]): unknown[] =>
  diagnostics.map(({ code, range: { start } }) => [code, start.line + 1, start.character + 1]);

/** The words of a hover. */
export const wordsOf = (hover: Hover | null): string => {
  const contents = hover?.contents;
  return contents && typeof contents === 'object' && 'value' in contents ? contents.value : '';
};

/** The sentence of a diagnostic. */
export const messageOf = (diagnostic: Diagnostic | undefined): string => {
  const message = diagnostic?.message ?? '';
  return typeof message === 'string' ? message : message.value;
};
