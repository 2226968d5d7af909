import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { ModelDocument } from '../editor/modelDocument.ts';
import type { OpenModels } from '../editor/openModels.ts';
import type { SettingsFiles } from '../settingsFiles.ts';
import { layerPlace } from './layerPlace.ts';
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
      vscode.workspace.createFileSystemWatcher('**/*.{onnx,h5,hdf5,keras,json}', false, true, true),
    );
    // A folder that goes takes its models with it, and is all that is told.
    const anything = this.#store.add(
      vscode.workspace.createFileSystemWatcher('**/*', true, true, false),
    );
    this.#store.add(anything.onDidDelete((uri) => this.#lost(uri)));
    this.#store.add(vscode.workspace.onDidOpenTextDocument(({ uri }) => this.#showText(uri)));
    this.#store.add(
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#showText(document.uri)),
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

  #lost(gone: vscode.Uri): void {
    for (const { uri } of this.parts.models.all) {
      if (uri.path !== gone.path && !uri.path.startsWith(`${gone.path}/`)) continue;
      this.#gone.add(uri.toString());
      this.#list.delete(uri);
    }
  }

  /** In a model that is open as a text too, problems stand at their layers. */
  #showText(uri: vscode.Uri): void {
    const document = this.parts.models.find(uri);
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
    const text = vscode.workspace.textDocuments.find((one) => one.uri.toString() === key);
    this.#list.set(
      uri,
      problems.map(({ code, severity, message, layer }) => {
        const place = rangeIn(text, layer);
        const diagnostic = new vscode.Diagnostic(place, message, severities[severity]);
        diagnostic.source = 'Rangefinder';
        const target = vscode.Uri.joinPath(this.parts.pages, `${code}.md`);
        diagnostic.code = { value: code, target };
        return diagnostic;
      }),
    );
  }
}

/** Where the text names the layer; the beginning of the file where there is no text. */
function rangeIn(text: vscode.TextDocument | undefined, layer: string | undefined): vscode.Range {
  const place = text && layer !== undefined ? layerPlace(text.getText(), layer) : undefined;
  if (!text || !place) return new vscode.Range(0, 0, 0, 0);
  const { offset, length } = place;
  return new vscode.Range(text.positionAt(offset), text.positionAt(offset + length));
}

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;
