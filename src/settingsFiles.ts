import * as vscode from 'vscode';
import { readModelSettings, type ModelSettings } from '../server/protocol/modelSettings.ts';
import { DisposableStore, type Disposable } from './disposables.ts';
import { Emitter } from './emitter.ts';
import type { OpenModels } from './editor/openModels.ts';
import { Refused, toSentence } from './server/answers.ts';
import type { Server } from './server/server.ts';
import { settingsFolders } from './settingsFolders.ts';

/** What the settings of a folder that is not trusted come to: nothing of them is obeyed. */
const noSettings: ModelSettings = {
  problems: {},
  dataText: '',
  chosen: { pairs: [], sets: [] },
  faults: [],
};

/** What reading settings files uses of the extension. */
export interface SettingsFilesParts {
  readonly models: OpenModels;
  readonly server: Server;
  readonly log: (message: string) => void;
  /** What a fault in a settings file is, in words; the pages of its kinds lie beside it. */
  readonly page: vscode.Uri;
}

/** A model's settings were read for the first time, or are others now. */
export interface SettingsChange {
  readonly model: vscode.Uri;
  /** As they were known; absent: they were not. */
  readonly last: ModelSettings | undefined;
  /** The last that were right about samples; absent: they were not known before. */
  readonly before: ModelSettings | undefined;
  readonly now: ModelSettings;
}

/** True where other places are folded or scaled now; what a model was opened with is known to it. */
export const isOtherChoice = ({ last, now }: SettingsChange): boolean =>
  last !== undefined && JSON.stringify(last.chosen) !== JSON.stringify(now.chosen);

/**
 * The `rangefinder.json` of each open model, read again when it changes on disk and when the folder
 * is trusted. What is wrong in one is listed under Problems while it is not open as a text; then the
 * editor's own checks say it.
 */
export class SettingsFiles implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<SettingsChange>());
  readonly #list = this.#store.add(
    vscode.languages.createDiagnosticCollection('rangefinder.settings'),
  );
  readonly #known = new Map<string, ModelSettings>();
  /** The last that were right about samples: what is open was opened as they say. */
  readonly #obeyed = new Map<string, ModelSettings>();
  readonly #reading = new Map<string, Promise<ModelSettings>>();
  /** Where settings files of open models lie or may come outside of the workspace. */
  readonly #watched = new Map<string, vscode.Disposable>();

  readonly onDidChange = this.#changed.event;

  constructor(private readonly parts: SettingsFilesParts) {
    const { workspace } = vscode;
    this.#store.add(parts.models.onDidChange(() => this.#forgetClosed()));
    this.#watch('**/rangefinder.json');
    this.#store.add(workspace.onDidOpenTextDocument(() => this.#showFaults()));
    this.#store.add(workspace.onDidCloseTextDocument(() => this.#showFaults()));
    this.#store.add({
      dispose: () => {
        for (const watcher of this.#watched.values()) watcher.dispose();
      },
    });
  }

  /** What is known of a model's settings; nothing before they were read. */
  of(model: vscode.Uri): ModelSettings | undefined {
    return this.#known.get(model.toString());
  }

  /** The settings of a model, read where they are not known. */
  async read(model: vscode.Uri): Promise<ModelSettings> {
    const key = model.toString();
    const known = this.#known.get(key);
    if (known) return known;
    const reading = this.#reading.get(key) ?? this.#ask(model);
    this.#reading.set(key, reading);
    return reading;
  }

  /** Reads the settings of all open models again. */
  async refresh(): Promise<void> {
    await Promise.all(
      this.parts.models.all.map(async ({ uri }) => {
        // One that is under way may have read the file as it was.
        await this.#reading.get(uri.toString());
        await this.#ask(uri);
      }),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #ask(model: vscode.Uri): Promise<ModelSettings> {
    const key = model.toString();
    try {
      const now = await this.#askServer(key);
      if (this.parts.models.find(model)) this.#take(model, now);
      return now;
    } finally {
      this.#reading.delete(key);
    }
  }

  #take(model: vscode.Uri, now: ModelSettings): void {
    const key = model.toString();
    const last = this.#known.get(key);
    this.#known.set(key, now);
    if (JSON.stringify(now) === JSON.stringify(last)) return;
    const before = this.#obeyed.get(key);
    if (now.dataText !== undefined) this.#obeyed.set(key, now);
    else if (!before) this.#obeyed.set(key, noSettings);
    this.#watchOutside(model, now);
    this.#showFaults();
    this.#changed.fire({ model, last, before, now });
  }

  async #askServer(uri: string): Promise<ModelSettings> {
    if (!vscode.workspace.isTrusted || !uri.startsWith('file:')) return noSettings;
    try {
      return await this.parts.server.ask(readModelSettings, { uri });
    } catch (thrown) {
      const message = thrown instanceof Refused ? toSentence(thrown.fault) : String(thrown);
      this.parts.log(`rangefinder.json of ${uri}: ${message}`);
      return noSettings;
    }
  }

  #forgetClosed(): void {
    const open = new Set(this.parts.models.all.map(({ uri }) => uri.toString()));
    const closed = [...this.#known.keys()].filter((key) => !open.has(key));
    for (const key of closed) {
      this.#known.delete(key);
      this.#obeyed.delete(key);
      this.#watched.get(key)?.dispose();
      this.#watched.delete(key);
    }
    if (closed.length > 0) this.#showFaults();
  }

  #watchOutside(model: vscode.Uri, { path }: ModelSettings): void {
    const key = model.toString();
    this.#watched.get(key)?.dispose();
    this.#watched.delete(key);
    if (model.scheme !== 'file') return;
    const at = (folder: string): vscode.Uri => model.with({ path: folder });
    const folders = settingsFolders(
      model.path,
      path === undefined ? undefined : vscode.Uri.file(path).path,
      (folder) => vscode.workspace.getWorkspaceFolder(at(folder)) !== undefined,
    );
    const watchers = folders.map((folder) =>
      this.#watcher(new vscode.RelativePattern(at(folder), 'rangefinder.json')),
    );
    this.#watched.set(key, vscode.Disposable.from(...watchers));
  }

  #watch(pattern: vscode.GlobPattern): void {
    this.#store.add(this.#watcher(pattern));
  }

  #watcher(pattern: vscode.GlobPattern): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      event(() => void this.refresh());
    }
    return watcher;
  }

  #showFaults(): void {
    this.#list.clear();
    const texts = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
    for (const { path, faults } of this.#known.values()) {
      if (path === undefined || faults.length === 0) continue;
      const uri = vscode.Uri.file(path);
      if (texts.has(uri.toString())) continue;
      this.#list.set(
        uri,
        faults.map(({ code, message, line, column, endLine, endColumn }) => {
          const range = new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
          const diagnostic = new vscode.Diagnostic(range, message);
          diagnostic.source = 'Rangefinder';
          const target = vscode.Uri.joinPath(this.parts.page, '..', `${code}.md`);
          diagnostic.code = { value: code, target };
          return diagnostic;
        }),
      );
    }
  }
}
