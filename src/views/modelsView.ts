import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { ModelDocument } from '../editor/modelDocument.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { formatDb } from '../layerRank.ts';
import { layersModelPattern, modelPattern } from '../modelFiles.ts';
import { folderOf, sameNames } from '../sameNames.ts';
import { findModels } from './findModels.ts';

/** Files come and go in bursts. */
const settleMs = 500;

/** The models of the workspace, and those that are open from elsewhere. */
export class ModelsView implements vscode.TreeDataProvider<vscode.Uri>, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<undefined>());
  readonly #models: OpenModels;
  readonly #maximum: () => number;
  /** Paths of models that share their file name with another. */
  #twins: ReadonlySet<string> = new Set();
  #found: Promise<readonly vscode.Uri[]> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(models: OpenModels, maximum: () => number) {
    this.#models = models;
    this.#maximum = maximum;
    const again = (): void => this.#soon(true);
    for (const pattern of [modelPattern, layersModelPattern]) {
      const watcher = this.#store.add(
        vscode.workspace.createFileSystemWatcher(pattern, false, true, false),
      );
      this.#store.add(watcher.onDidCreate(again));
      this.#store.add(watcher.onDidDelete(again));
    }
    this.#store.add(vscode.workspace.onDidChangeWorkspaceFolders(again));
    this.#store.add(models.onDidChange(() => this.#soon(false)));
    this.#store.add({ dispose: () => clearTimeout(this.#timer) });
  }

  async getChildren(parent?: vscode.Uri): Promise<vscode.Uri[]> {
    if (parent) return [];
    this.#found ??= findModels(this.#maximum());
    const found = await this.#found;
    const seen = new Set(found.map(String));
    const others = this.#models.all.map(({ uri }) => uri).filter((uri) => !seen.has(String(uri)));
    const all = [...found, ...others].sort((a, b) => (a.path < b.path ? -1 : 1));
    this.#twins = sameNames(all.map(({ path }) => path));
    return all;
  }

  getTreeItem(uri: vscode.Uri): vscode.TreeItem {
    const item = new vscode.TreeItem(uri);
    const document = this.#models.find(uri);
    item.command = { command: 'rangefinder.openDiagnostics', title: 'Open', arguments: [uri] };
    item.contextValue = 'model';
    item.tooltip = vscode.workspace.asRelativePath(uri);
    const folder = this.#twins.has(uri.path) ? folderOf(vscode.workspace.asRelativePath(uri)) : '';
    if (folder !== '') item.description = folder;
    if (!document) return item;
    const summary = summaryOf(document);
    if (document.isDirty) item.iconPath = new vscode.ThemeIcon('circle-filled');
    item.description = folder === '' ? summary : `${summary} · ${folder}`;
    const unsaved = document.isDirty ? ', unsaved corrections' : '';
    item.accessibilityInformation = { label: `${document.name}, open${unsaved}, ${summary}` };
    return item;
  }

  dispose(): void {
    this.#store.dispose();
  }

  #soon(isNewSearch: boolean): void {
    if (isNewSearch) this.#found = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#changed.fire(undefined), settleMs);
  }
}

/** `6.6 → 37.0 dB`: the lowest weight SQNR as opened and now. */
function summaryOf({ state, fault }: ModelDocument): string {
  if (fault) return 'cannot be read';
  if (!state) return 'opening…';
  if (state.preview) return 'preview';
  const { kind, score } = state;
  if (!score) return kind === 'quantized' ? 'quantized' : 'no weighted layers';
  const [before, now] = [formatDb(score.opened), formatDb(score.now)];
  return before === now ? now : `${before.replace(' dB', '')} → ${now}`;
}
