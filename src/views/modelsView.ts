import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';
import { droppedFiles } from '../droppedFiles.ts';
import type { ModelDocument } from '../editor/modelDocument.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { opensAsModel, layersModelPattern, modelPattern } from '../modelFiles.ts';
import { folderOf, sameNames } from '../sameNames.ts';
import { searchModels, type FoundModels } from './findModels.ts';
import { fitName } from './fitText.ts';
import { byFolder, type ModelFolder } from './modelFolders.ts';
import { fullSummary, modelSummary } from './modelSummary.ts';
import { t } from '../l10n.ts';

/** Files come and go in bursts. */
const settleMs = 500;

/** What an open model is measured for, and on; both are below it. */
interface Part {
  readonly part: 'target' | 'data';
  readonly model: ModelDocument;
}

/** Models that have no row. */
interface More {
  readonly more: number;
  readonly of: string;
}

/** A row: a model is its address, which the commands of its menu take. */
type Row = vscode.Uri | ModelFolder<vscode.Uri> | Part | More;

/** What the list of models uses of the extension. */
export interface ModelsViewParts {
  readonly models: OpenModels;
  /** Of one folder; more models than these are listed by folder. */
  readonly maximum: () => number;
  /** Samples were dropped on a model. */
  readonly dropSamples: (model: ModelDocument, path: string) => void;
  readonly open: (model: vscode.Uri) => void;
}

/**
 * The models that are open, with their target and samples, and below them those of the workspace.
 * Samples are dropped on an open model or its *Data*; a model file opens wherever it is dropped.
 */
export class ModelsView
  implements vscode.TreeDataProvider<Row>, vscode.TreeDragAndDropController<Row>, Disposable
{
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<undefined>());
  readonly #view: vscode.TreeView<Row>;
  /** Paths of models that share their file name with another. */
  #twins: ReadonlySet<string> = new Set();
  #found: Promise<FoundModels> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.#changed.event;
  readonly dragMimeTypes = [];
  readonly dropMimeTypes = ['text/uri-list'];

  constructor(private readonly parts: ModelsViewParts) {
    const { workspace } = vscode;
    const again = (): void => this.#soon(true);
    for (const pattern of [modelPattern, layersModelPattern, '**/.gitignore']) {
      const watcher = this.#store.add(
        workspace.createFileSystemWatcher(pattern, false, pattern !== '**/.gitignore', false),
      );
      this.#store.add(watcher.onDidCreate(again));
      this.#store.add(watcher.onDidChange(again));
      this.#store.add(watcher.onDidDelete(again));
    }
    this.#store.add(workspace.onDidChangeWorkspaceFolders(again));
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (searchSettings.some((name) => event.affectsConfiguration(name))) again();
      }),
    );
    this.#store.add(parts.models.onDidChange(() => this.#soon(false)));
    this.#store.add({ dispose: () => clearTimeout(this.#timer) });
    this.#view = this.#store.add(
      vscode.window.createTreeView('rangefinder.models', {
        treeDataProvider: this,
        dragAndDropController: this,
        showCollapseAll: true,
      }),
    );
  }

  async getChildren(parent?: Row): Promise<Row[]> {
    if (!parent) return this.#top();
    if (parent instanceof vscode.Uri) return this.#partsOf(parent);
    if (!('folders' in parent)) return [];
    return this.#inside(parent);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (row instanceof vscode.Uri) return this.#modelItem(row);
    if ('folders' in row) return folderItem(row);
    return 'part' in row ? partItem(row) : moreItem(row);
  }

  handleDrop(target: Row | undefined, dragged: vscode.DataTransfer): Promise<void> {
    const model = this.#modelOf(target) ?? this.parts.models.shown;
    return dropped(dragged, (uri) => {
      if (opensAsModel(uri)) this.parts.open(uri);
      else if (model?.state) this.parts.dropSamples(model, uri.fsPath);
    });
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #top(): Promise<Row[]> {
    const open = [...this.parts.models.all].map(({ uri }) => uri).sort(byPath);
    this.#found ??= searchModels();
    const found = await this.#found;
    setContext('rangefinder.hasIgnored', found.ignored > 0);
    setContext('rangefinder.hasSearched', true);
    const isOpen = new Set(open.map(String));
    const others = found.models.filter((uri) => !isOpen.has(uri.toString()));
    this.#tell(found);
    const maximum = this.parts.maximum();
    const isFlat = others.length <= maximum;
    const listed = isFlat ? [...open, ...others] : open;
    this.#twins = sameNames(listed.map(({ path }) => path));
    if (isFlat) return listed;
    return [...open, ...this.#inside(byFolder(others, pathIn))];
  }

  #inside({ folders, models, path }: ModelFolder<vscode.Uri>): Row[] {
    const maximum = this.parts.maximum();
    const more = models.length - maximum;
    const rows = [...folders, ...models.slice(0, maximum)];
    return more > 0 ? [...rows, { more, of: path }] : rows;
  }

  #partsOf(uri: vscode.Uri): Part[] {
    const model = this.parts.models.find(uri);
    if (!model?.state || model.state.kind === 'no-layers') return [];
    const target: Part = { part: 'target', model };
    return model.state.kind === 'float' ? [target, { part: 'data', model }] : [target];
  }

  #modelItem(uri: vscode.Uri): vscode.TreeItem {
    const document = this.parts.models.find(uri);
    const path = pathIn(uri);
    const folder = this.#twins.has(uri.path) ? folderOf(path) : '';
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const summary = document ? modelSummary(document) : '';
    const inFull = document ? fullSummary(document) : '';
    const item = new vscode.TreeItem(document ? fitName(name, summary, modelIndent) : name);
    item.resourceUri = uri;
    item.id = uri.toString();
    item.iconPath = vscode.ThemeIcon.File;
    item.command = { command: 'rangefinder.openDiagnostics', title: t('Open'), arguments: [uri] };
    item.contextValue = 'model';
    item.tooltip = [path, inFull].filter(Boolean).join('\n');
    item.description = [summary, folder].filter(Boolean).join(' · ');
    if (!document) return item;
    if (document.isDirty) item.iconPath = new vscode.ThemeIcon('circle-filled');
    if (this.#partsOf(uri).length > 0) {
      item.collapsibleState = vscode.TreeItemCollapsibleState.Expanded;
    }
    const unsaved = document.isDirty ? t(', unsaved corrections') : '';
    item.accessibilityInformation = {
      label: t('{0}, open{1}, {2}', document.name, unsaved, inFull),
    };
    return item;
  }

  #modelOf(row: Row | undefined): ModelDocument | undefined {
    if (row instanceof vscode.Uri) return this.parts.models.find(row);
    return row && 'part' in row ? row.model : undefined;
  }

  /** How many there are, where one cannot see it. */
  #tell({ models, ignored, isCut }: FoundModels): void {
    const count = models.length.toLocaleString('en');
    const isLong = models.length > this.parts.maximum();
    const words = [
      ...(isCut ? [t('more than {0}', count)] : isLong ? [count] : []),
      ...(ignored > 0 ? [t('{0} ignored by git', ignored.toLocaleString('en'))] : []),
    ];
    this.#view.description = words.join(', ');
  }

  #soon(isNewSearch: boolean): void {
    if (isNewSearch) this.#found = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#changed.fire(undefined), settleMs);
  }
}

/** Settings that decide what is found. */
const searchSettings = [
  'files.exclude',
  'search.exclude',
  'search.useIgnoreFiles',
  'rangefinder.sideBar.maximumModels',
];

/** Twistie and icon of a model's row, in characters. */
const modelIndent = 5;

const setContext = (key: string, value: boolean): void =>
  void vscode.commands.executeCommand('setContext', key, value);

const byPath = (a: vscode.Uri, b: vscode.Uri): number => (a.path < b.path ? -1 : 1);

const pathIn = (uri: vscode.Uri): string => vscode.workspace.asRelativePath(uri);

async function dropped(
  dragged: vscode.DataTransfer,
  take: (uri: vscode.Uri) => void,
): Promise<void> {
  const list = (await dragged.get('text/uri-list')?.asString()) ?? '';
  const [first] = droppedFiles(list.split(/\r?\n/).filter((line) => /^[^#]/.test(line)));
  if (first) take(first);
}

function folderItem({ name, path, count }: ModelFolder<vscode.Uri>): vscode.TreeItem {
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `folder:${path}`;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.description = count.toLocaleString('en');
  const models = count === 1 ? t('1 model') : t('{0} models', count.toLocaleString('en'));
  item.tooltip = `${path}: ${models}`;
  item.contextValue = 'folder';
  item.accessibilityInformation = { label: `${path}, ${models}` };
  return item;
}

function moreItem({ more, of }: More): vscode.TreeItem {
  const item = new vscode.TreeItem(t('{0} more', more.toLocaleString('en')));
  item.id = `more:${of}`;
  item.contextValue = 'more';
  item.tooltip = t(
    'They open from the explorer. Leave folders out by files.exclude or search.exclude, or raise rangefinder.sideBar.maximumModels.',
  );
  return item;
}

function partItem({ part, model }: Part): vscode.TreeItem {
  const { state } = model;
  const isTarget = part === 'target';
  const said = isTarget ? (state?.targetLabel ?? '') : (state?.data?.label ?? 'none');
  const item = new vscode.TreeItem(isTarget ? t('Target') : t('Data'));
  item.id = `${part}:${model.uri.toString()}`;
  item.description = said;
  item.iconPath = new vscode.ThemeIcon(isTarget ? 'target' : 'database');
  item.contextValue = part;
  item.tooltip = isTarget
    ? t('{0}. Click to choose another.', said)
    : t('{0}. Click to choose samples, or drop a file or folder of samples here.', said);
  const command = isTarget ? 'rangefinder.chooseTarget' : 'rangefinder.chooseSamples';
  item.command = { command, title: t('Choose'), arguments: [model.uri] };
  item.accessibilityInformation = { label: `${isTarget ? t('Target') : t('Data')}, ${said}` };
  return item;
}
