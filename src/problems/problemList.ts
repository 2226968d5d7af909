import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { ModelDocument } from '../editor/modelDocument.ts';
import type { OpenModels } from '../editor/openModels.ts';
import type { SettingsFiles } from '../settingsFiles.ts';
import { problemsOf, type ProblemLimits } from './problems.ts';

/** What the list of problems uses of the extension. */
export interface ProblemParts {
  readonly models: OpenModels;
  /** What stands beside the models. */
  readonly settingsFiles: SettingsFiles;
  /** Where the pages about findings are. */
  readonly pages: vscode.Uri;
  readonly limits: (model: vscode.Uri) => ProblemLimits;
}

/**
 * The problems of the open models, in the Problems panel: as the model is, not as a preview would
 * have it. They go with the model's editor, and with its file.
 */
export class ProblemList implements Disposable {
  readonly #store = new DisposableStore();
  readonly #list = this.#store.add(vscode.languages.createDiagnosticCollection('rangefinder'));
  readonly #gone = new Set<string>();

  constructor(private readonly parts: ProblemParts) {
    const { models, settingsFiles } = parts;
    this.#store.add(models.onDidChange((document) => this.#changed(document)));
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('rangefinder.problems')) this.#showAll();
      }),
    );
    this.#store.add(
      settingsFiles.onDidChange(({ model }) => {
        const document = models.find(model);
        if (document) this.#show(document);
      }),
    );
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
    return { ...this.parts.limits(model), ...this.parts.settingsFiles.of(model)?.problems };
  }

  dispose(): void {
    this.#store.dispose();
  }

  #changed(document: ModelDocument | undefined): void {
    const open = new Set(this.parts.models.all.map(({ uri }) => uri.toString()));
    this.#list.forEach((uri) => {
      if (!open.has(uri.toString())) this.#list.delete(uri);
    });
    if (document) this.#show(document);
  }

  #showAll(): void {
    for (const document of this.parts.models.all) this.#show(document);
  }

  #show({ uri, state, fault }: ModelDocument): void {
    const key = uri.toString();
    if (!state || fault || this.#gone.has(key)) return this.#list.delete(uri);
    // Reading them tells when they are there.
    if (!this.parts.settingsFiles.of(uri)) return void this.parts.settingsFiles.read(uri);
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
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;
