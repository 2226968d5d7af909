import * as vscode from 'vscode';
import { readProblemSettings, type ProblemSettings } from '../../server/protocol/problems.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { ModelDocument } from '../editor/modelDocument.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { Refused, toSentence } from '../server/answers.ts';
import type { Server } from '../server/server.ts';
import { problemsOf, type ProblemLimits } from './problems.ts';

/** What the list of problems uses of the extension. */
export interface ProblemParts {
  readonly models: OpenModels;
  readonly server: Server;
  /** Where the pages about findings are. */
  readonly pages: vscode.Uri;
  readonly limits: (model: vscode.Uri) => ProblemLimits;
  readonly log: (message: string) => void;
}

/**
 * The problems of the open models, in the Problems panel: as the model is, not as a preview would
 * have it. They go with the model's editor, and with its file.
 */
export class ProblemList implements Disposable {
  readonly #store = new DisposableStore();
  readonly #list = this.#store.add(vscode.languages.createDiagnosticCollection('rangefinder'));
  /** What the `rangefinder.json` of each open model says. */
  readonly #beside = new Map<string, ProblemSettings>();
  readonly #gone = new Set<string>();

  constructor(private readonly parts: ProblemParts) {
    const { models } = parts;
    this.#store.add(models.onDidChange((document) => this.#changed(document)));
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('rangefinder.problems')) this.#showAll();
      }),
    );
    this.#store.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#readAgain()));
    const watcher = this.#store.add(
      vscode.workspace.createFileSystemWatcher('**/rangefinder.json'),
    );
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      this.#store.add(event(() => this.#readAgain()));
    }
    const files = this.#store.add(
      vscode.workspace.createFileSystemWatcher('**/*.{onnx,h5,hdf5,keras,json}'),
    );
    this.#store.add(
      files.onDidDelete((uri) => {
        this.#gone.add(uri.toString());
        this.#list.delete(uri);
      }),
    );
    this.#store.add(
      files.onDidCreate((uri) => {
        if (this.#gone.delete(uri.toString())) this.#showAll();
      }),
    );
  }

  /** By the settings, and by what stands beside the model where that was read. */
  limitsOf(model: vscode.Uri): ProblemLimits {
    return { ...this.parts.limits(model), ...this.#beside.get(model.toString()) };
  }

  dispose(): void {
    this.#store.dispose();
  }

  #changed(document: ModelDocument | undefined): void {
    const open = new Set(this.parts.models.all.map(({ uri }) => uri.toString()));
    this.#list.forEach((uri) => {
      if (!open.has(uri.toString())) this.#list.delete(uri);
    });
    for (const key of this.#beside.keys()) if (!open.has(key)) this.#beside.delete(key);
    if (document) this.#show(document);
  }

  #showAll(): void {
    for (const document of this.parts.models.all) this.#show(document);
  }

  #readAgain(): void {
    this.#beside.clear();
    this.#showAll();
  }

  #show({ uri, state, fault }: ModelDocument): void {
    const key = uri.toString();
    if (!state || fault || this.#gone.has(key)) return this.#list.delete(uri);
    if (!this.#beside.has(key)) return this.#read(uri);
    // A preview changes nothing yet: what was said of the model stays true.
    if (state.preview) return;
    const problems = problemsOf(state, this.limitsOf(uri));
    this.#list.set(
      uri,
      problems.map(({ code, severity, message }) => {
        const start = new vscode.Range(0, 0, 0, 0);
        const diagnostic = new vscode.Diagnostic(start, message, severities[severity]);
        diagnostic.source = 'Rangefinder';
        const target = vscode.Uri.joinPath(this.parts.pages, `${code}.md`);
        diagnostic.code = { value: code, target };
        return diagnostic;
      }),
    );
  }

  /** Reads what stands beside a model; in a folder that is not trusted nothing of it is obeyed. */
  #read(uri: vscode.Uri): void {
    const key = uri.toString();
    const take = (settings: ProblemSettings): void => {
      this.#beside.set(key, settings);
      const document = this.parts.models.find(uri);
      if (document) this.#show(document);
      else this.#beside.delete(key);
    };
    if (!vscode.workspace.isTrusted) return take({});
    this.parts.server.ask(readProblemSettings, { uri: key }).then(take, (thrown: unknown) => {
      if (thrown instanceof Refused) this.parts.log(toSentence(thrown.fault));
      take({});
    });
  }
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;
