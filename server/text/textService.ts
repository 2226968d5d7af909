import { basename } from 'node:path';
import {
  CodeActionKind,
  type CodeAction,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type Diagnostic,
  type ServerCapabilities,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { URI } from 'vscode-uri';
import { commentAt } from '../core/json/jsonTree.ts';
import { TextProblems, type TextProblem } from '../core/json/textProblem.ts';
import { readWholeJson } from '../core/json/wholeJson.ts';
import { BadFile } from '../formats/badFile.ts';
import type { Sessions } from '../sessions.ts';
import { modelBeside, type ModelChoice } from './modelBeside.ts';
import { ModelShelf } from './modelShelf.ts';
import { kindOf, OpenText } from './openText.ts';
import type { KnownModel, TextProvider } from './provider.ts';
import { actionOf, completionsOf, diagnosticOf, rangeOf, source, symbolOf } from './toEditor.ts';

/** What a server that knows about texts says it can do. */
export const textCapabilities: ServerCapabilities = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
  hoverProvider: true,
  documentSymbolProvider: true,
  completionProvider: { triggerCharacters: ['"'] },
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
};

/** So long after the last key a text is checked. */
const quietMs = 200;

/** Reading a text of more characters would keep the server from all else for seconds. */
const mostCharacters = 8e6;

/** An editor lists no more problems of a file: those that weigh most are sent. */
const mostProblems = 1000;

/** What was told of a text, and of which model. */
interface Told {
  readonly version: number;
  readonly graph: KnownModel['graph'] | undefined;
  readonly target: KnownModel['target'];
}

/** Answers what an editor asks about texts that are open, and keeps their diagnostics true. */
export class TextService {
  readonly #documents = new TextDocuments(TextDocument);
  readonly #shelf: ModelShelf;
  readonly #texts = new Map<
    string,
    { readonly version: number; readonly text: OpenText | undefined }
  >();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #told = new Map<string, Told>();

  constructor(
    private readonly connection: Connection,
    sessions: () => Sessions | undefined,
    /** Whether what texts name may be looked at: the workspace is trusted. */
    private readonly isTrusted: () => boolean,
  ) {
    this.#shelf = new ModelShelf(sessions);
    // opening one is a change too
    this.#documents.onDidChangeContent(({ document: { uri } }) =>
      this.#plan(uri, this.#texts.has(uri) ? quietMs : 0),
    );
    this.#documents.onDidClose(({ document }) => this.#forget(document.uri));
    this.#documents.listen(connection);
    connection.onDidChangeWatchedFiles(() => this.refresh(true));
    connection.onHover(({ textDocument: { uri }, position }) =>
      this.#answer(uri, (text, document, model, provider) => {
        const offset = document.offsetAt(position);
        const found = provider.hover(text, offset, model);
        if (!found) return null;
        return { contents: { kind: 'markdown', value: found.words }, range: rangeOf(text, found) };
      }),
    );
    connection.onDocumentSymbol(({ textDocument: { uri } }) =>
      this.#answer(uri, (text, _document, _model, provider) =>
        provider.outline(text).map((item) => symbolOf(text, item)),
      ),
    );
    connection.onCompletion(({ textDocument: { uri }, position }) =>
      this.#answer(uri, (text, document, model, provider) => {
        const offset = document.offsetAt(position);
        const readable = text.forCompletingAt(offset);
        const words = provider.complete(readable, offset, model);
        return completionsOf(readable, offset, words);
      }),
    );
    connection.onCodeAction(({ textDocument: { uri }, context: { diagnostics } }) =>
      this.#answer(uri, async (text, document, model, provider) => {
        const actions: CodeAction[] = [];
        for (const one of diagnostics.filter((each) => each.source === source)) {
          const place = { code: String(one.code), start: document.offsetAt(one.range.start) };
          const fixes = await provider.fixes(text, place, model);
          actions.push(...fixes.map((fix) => actionOf(text, uri, one, fix)));
        }
        return actions;
      }),
    );
  }

  /** Checks the open texts again whose model is not what it was; `isForced`: all of them. */
  refresh(isForced = false): void {
    for (const { uri } of this.#documents.all()) {
      if (isForced) this.#told.delete(uri);
      if (!this.#timers.has(uri)) this.#plan(uri, quietMs);
    }
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#shelf.dispose();
  }

  /** The text as it is now; undefined where it is none of ours. */
  #textOf(document: TextDocument): OpenText | undefined {
    const known = this.#texts.get(document.uri);
    if (known?.version === document.version) return known.text;
    const uri = URI.parse(document.uri);
    const content = document.getText();
    const isOurs = uri.scheme === 'file' && content.length <= mostCharacters;
    const kind = isOurs ? kindOf(uri.fsPath, content) : undefined;
    const isJson = document.languageId !== 'encodings';
    const text = kind && new OpenText(uri.fsPath, content, kind, isJson, this.isTrusted());
    this.#texts.set(document.uri, { version: document.version, text });
    return text;
  }

  async #answer<T>(
    uri: string,
    say: (
      text: OpenText,
      document: TextDocument,
      model: KnownModel | undefined,
      provider: TextProvider,
    ) => T | Promise<T>,
  ): Promise<T | null> {
    const document = this.#documents.get(uri);
    const text = document && this.#textOf(document);
    if (!text) return null;
    const [{ model }, provider] = await Promise.all([this.#modelOf(text), providerOf(text)]);
    // it may have been changed or closed meanwhile
    if (this.#documents.get(uri) !== document) return null;
    try {
      return await say(text, document, model, provider);
    } catch (thrown) {
      // the model's file was changed underneath; the next answer reads it anew
      if (thrown instanceof BadFile) return null;
      throw thrown;
    }
  }

  async #modelOf(text: OpenText): Promise<{ model?: KnownModel; why?: string }> {
    const choice: ModelChoice =
      text.kind === 'layersModel' ? { path: text.path } : modelBeside(text.path, text.isTrusted);
    if (choice.path === undefined) return { why: choice.why };
    const found = await this.#shelf.find(choice.path);
    if (found.ok) return { model: found.value };
    return { why: `The model ${choice.path} cannot be read: ${found.error}` };
  }

  #plan(uri: string, delay: number): void {
    clearTimeout(this.#timers.get(uri));
    const run = (): void => {
      this.#timers.delete(uri);
      this.#check(uri).catch((thrown: unknown) => {
        const what = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
        this.connection.console.error(`A bug of ours: ${what}`);
      });
    };
    this.#timers.set(uri, setTimeout(run, delay));
  }

  async #check(uri: string): Promise<void> {
    const document = this.#documents.get(uri);
    if (!document) return;
    const { version } = document;
    const text = this.#textOf(document);
    const { model, why } = text ? await this.#modelOf(text) : {};
    // it was closed, or another check is under way
    if (this.#documents.get(uri)?.version !== version) return;
    const told = this.#told.get(uri);
    const state = { version, graph: model?.graph, target: model?.target };
    const isSame = told?.graph === state.graph && told?.target === state.target;
    if (told?.version === version && isSame) return;
    const problems: TextProblem[] = text
      ? [...(await (await providerOf(text)).problems(text, model))]
      : [];
    if (this.#documents.get(uri)?.version !== version) return;
    if (text && document.languageId === 'jsonc') problems.unshift(...commentsIn(text));
    if (text?.kind === 'encodings' && why !== undefined) problems.unshift(unknownModel(why));
    const isTooLarge = !text && isEncodings(document) && document.getText().length > mostCharacters;
    if (isTooLarge) problems.push(tooLarge(URI.parse(uri).fsPath));
    if (!text && !told && !isTooLarge) return;
    this.#told.set(uri, state);
    await this.#send(uri, version, gravest(problems).map(diagnosticOf));
  }

  #forget(uri: string): void {
    clearTimeout(this.#timers.get(uri));
    this.#timers.delete(uri);
    this.#texts.delete(uri);
    if (this.#told.delete(uri)) void this.#send(uri, undefined, []);
  }

  /** A host that is gone does not need to know. */
  async #send(uri: string, version: number | undefined, diagnostics: Diagnostic[]): Promise<void> {
    const params = { uri, diagnostics, ...(version === undefined ? {} : { version }) };
    await this.connection.sendDiagnostics(params).catch(() => undefined);
  }
}

/** Loaded with the first text that is one of ours. */
async function providerOf({ kind }: OpenText): Promise<TextProvider> {
  const { textProviders } = await import('./providers.ts');
  return textProviders[kind];
}

/** The editor may take a text for JSON with comments; who else reads it does not. */
function commentsIn({ text }: OpenText): readonly TextProblem[] {
  const found = new TextProblems(text);
  for (const fault of readWholeJson(text).faults) {
    const end = commentAt(text, fault.offset);
    if (end !== undefined) found.addFault(fault, end);
  }
  return found.list;
}

const ofFile = (code: TextProblem['code'], message: string): TextProblem => ({
  code,
  severity: 'info',
  message,
  line: 1,
  column: 1,
  end: { line: 1, column: 2 },
});

const unknownModel = (message: string): TextProblem => ofFile('no-model', message);

const tooLarge = (path: string): TextProblem =>
  ofFile(
    'too-large',
    `More than ${mostCharacters / 1e6} MB are not checked while they are edited. Run: rangefinder encodings MODEL --check ${basename(path)}`,
  );

const isEncodings = ({ uri }: TextDocument): boolean => /\.encodings$/i.test(uri);

/** As many as an editor lists, errors before warnings before what is only to be known. */
function gravest(problems: readonly TextProblem[]): readonly TextProblem[] {
  if (problems.length <= mostProblems) return problems;
  const ranks = ['error', 'warning', 'info'];
  const rank = ({ severity }: TextProblem): number => ranks.indexOf(severity);
  return [...problems].sort((a, b) => rank(a) - rank(b)).slice(0, mostProblems);
}
