import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { ModelDocument } from '../editor/modelDocument.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { Emitter } from '../emitter.ts';
import type { SettingsFiles } from '../settingsFiles.ts';
import { exactly } from '../editor/disk.ts';
import { AppliedStates } from './appliedStates.ts';
import { layerPlace } from './layerPlace.ts';
import { problemsOf, type Problem, type ProblemLimits } from './problems.ts';

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
  readonly #applied = new AppliedStates();
  readonly #limitsChanged = new Emitter<void>();
  /** The limits of some model are others. */
  readonly onDidChangeLimits = this.#limitsChanged.event;
  /** Of models outside of the workspace, whose files nobody else watches. */
  readonly #watched = new Map<string, vscode.Disposable>();

  constructor(private readonly parts: ProblemParts) {
    const { models, settingsFiles } = parts;
    this.#store.add(models.onDidChange((document) => this.#changed(document)));
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('rangefinder.problems')) return;
        this.#showAll();
        this.#limitsChanged.fire();
      }),
    );
    this.#store.add(
      settingsFiles.onDidChange(({ model }) => {
        const document = models.find(model);
        if (!document) return;
        this.#show(document);
        this.#limitsChanged.fire();
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
    this.#store.add(files.onDidCreate((uri) => this.#found(uri)));
    this.#store.add({
      dispose: () => {
        for (const watchers of this.#watched.values()) watchers.dispose();
      },
    });
  }

  /** What is wrong with an open model as it is, whatever preview it shows. */
  of(model: vscode.Uri): readonly Problem[] {
    const document = this.parts.models.find(model);
    const state = document && this.#applied.of(document);
    return state ? problemsOf(state, this.limitsOf(model)) : [];
  }

  dispose(): void {
    this.#store.dispose();
  }

  #changed(document: ModelDocument | undefined): void {
    const open = new Set(this.parts.models.all.map(({ uri }) => uri.toString()));
    this.#list.forEach((uri) => {
      if (!open.has(uri.toString())) this.#list.delete(uri);
    });
    this.#watchOutside();
    if (document) this.#show(document);
  }

  /** By the settings, and by what stands beside the model where that was read. */
  limitsOf(model: vscode.Uri): ProblemLimits {
    return { ...this.parts.limits(model), ...this.parts.settingsFiles.of(model)?.problems };
  }

  /** The patterns above are of the workspace only. */
  #watchOutside(): void {
    const { models } = this.parts;
    for (const [key, watchers] of this.#watched) {
      if (models.all.some(({ uri }) => uri.toString() === key)) continue;
      watchers.dispose();
      this.#watched.delete(key);
    }
    for (const { uri } of models.all) {
      const key = uri.toString();
      const isSeen = uri.scheme !== 'file' || vscode.workspace.getWorkspaceFolder(uri);
      if (isSeen || this.#watched.has(key)) continue;
      const watchers = [uri, vscode.Uri.joinPath(uri, '..')].map((one) => {
        const watcher = vscode.workspace.createFileSystemWatcher(exactly(one), false, true, false);
        watcher.onDidDelete((gone) => this.#lost(gone));
        watcher.onDidCreate((found) => this.#found(found));
        return watcher;
      });
      this.#watched.set(key, vscode.Disposable.from(...watchers));
    }
  }

  #found(uri: vscode.Uri): void {
    if (this.#gone.delete(uri.toString())) this.#showAll();
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

  #show(document: ModelDocument): void {
    const { uri, state, fault } = document;
    const key = uri.toString();
    const applied = this.#applied.of(document);
    if (!state || fault || this.#gone.has(key)) return this.#list.delete(uri);
    // Reading them tells when they are there.
    if (!this.parts.settingsFiles.of(uri)) return void this.parts.settingsFiles.read(uri);
    if (!applied) return;
    const problems = problemsOf(applied, this.limitsOf(uri));
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
