import * as vscode from 'vscode';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import { Stopped, toSentence } from '../server/answers.ts';
import type { Server } from '../server/server.ts';
import { Backup, type BackupPlace } from './backup.ts';
import { viewTypeOf } from '../modelFiles.ts';
import type { KeptLayers } from '../keptLayers.ts';
import { disk, watchFiles } from './disk.ts';
import { FirstSave } from './firstSave.ts';
import { ModelDocument } from './modelDocument.ts';
import type { Notice } from './notice.ts';
import type { ModelTargets } from './modelTargets.ts';
import { ModelPanel, type PanelActions } from './modelPanel.ts';
import type { OpenModels } from './openModels.ts';
import { showProgress } from './progress.ts';
import { Renames } from './renames.ts';
import { t } from '../l10n.ts';

/** What the editor is given by the extension. */
export interface EditorParts {
  readonly server: Server;
  readonly models: OpenModels;
  readonly actions: PanelActions;
  readonly extensionUri: vscode.Uri;
  readonly backups: BackupPlace;
  /** What was wished for single layers of a model. */
  readonly layers: KeptLayers;
  /** The target of a model before it is known what was chosen for it. */
  readonly target: (uri: vscode.Uri) => TargetSettings;
  readonly targets: ModelTargets;
  /** Opens the samples of a model by themselves. */
  readonly openSamples: (model: ModelDocument) => Promise<void>;
}

/** An edit, or the word that a model is not what is in its file. */
type CustomChange =
  | vscode.CustomDocumentEditEvent<ModelDocument>
  | vscode.CustomDocumentContentChangeEvent<ModelDocument>;

/** Opens model files as documents with real edits, and makes their panels. */
export class ModelEditor implements vscode.CustomEditorProvider<ModelDocument>, Disposable {
  readonly #parts: EditorParts;
  readonly #stores = new Map<ModelDocument, DisposableStore>();
  readonly #panels = new Map<ModelDocument, Set<ModelPanel>>();
  readonly #opening = new Map<ModelDocument, () => Promise<void>>();
  readonly #backups = new Map<ModelDocument, Backup>();
  /** Settles when what was undone or redone last is so. */
  readonly #moving = new WeakMap<ModelDocument, Promise<void>>();
  /** Saved for VS Code alone: there is nothing to write. */
  readonly #unmarking = new WeakSet<ModelDocument>();
  readonly #changed = new vscode.EventEmitter<CustomChange>();
  readonly onDidChangeCustomDocument = this.#changed.event as vscode.Event<
    vscode.CustomDocumentEditEvent<ModelDocument> // VS Code tells the two kinds apart by itself
  >;

  readonly #logFailure = (thrown: unknown): void => this.#parts.actions.log(String(thrown));
  readonly #renames: Renames;
  /** Asks before corrected biases go over a float model. */
  readonly firstSave = new FirstSave();

  constructor(parts: EditorParts) {
    this.#parts = parts;
    this.#renames = new Renames(parts.models);
  }

  /** The panels of a model, the one in front first. */
  panelsOf(document: ModelDocument): readonly ModelPanel[] {
    const panels = [...(this.#panels.get(document) ?? [])];
    return panels.sort((a, b) => Number(b.panel.active) - Number(a.panel.active));
  }

  /** Gives the document at once; the file is read when its first panel is there to say how far. */
  async openCustomDocument(
    uri: vscode.Uri,
    context: vscode.CustomDocumentOpenContext,
  ): Promise<ModelDocument> {
    const { server, models, target, targets, openSamples, layers } = this.#parts;
    const document = new ModelDocument(uri, target(uri), server, disk);
    const store = new DisposableStore();
    await this.#restoreLater(document, context.backupId);
    this.#watchDisk(document, store);
    store.add(
      document.onDidChange(() => {
        if (document.state) void layers.keep(uri, document.state);
        void targets.keep(document);
      }),
    );
    // VS Code refuses an undo while it waits for the one before: it is made to wait for none.
    const moving = (work: Promise<void>): void => void this.#moving.set(document, work);
    store.add(
      document.onDidEdit((edit) =>
        this.#changed.fire({
          document,
          label: edit.label,
          undo: () => moving(edit.undo()),
          redo: () => moving(edit.redo()),
        }),
      ),
    );
    store.add(document.onJob((job) => void this.#watch(document, job)));
    store.add(
      document.onNotice((notice) => {
        if (notice.kind === 'note') void tellNote(notice);
        if (notice.kind === 'failed')
          this.#parts.actions.log(`${document.name}: ${notice.title}: ${toSentence(notice.fault)}`);
      }),
    );
    this.#stores.set(document, store);
    this.#panels.set(document, new Set());
    this.#opening.set(document, async () => {
      const chosen = layers.targetOf(uri, await targets.of(uri));
      document.beginWith(chosen, layers.leftAlone(uri));
      await document.open();
      if (context.backupId !== undefined) await this.#unmark(document);
    });
    store.add(document.onDidRead(() => void openSamples(document)));
    models.add(document);
    document.onDidDispose(() => {
      models.remove(document);
      store.dispose();
      this.#stores.delete(document);
      this.#panels.delete(document);
      this.#opening.delete(document);
      // What is not done again yet may be what its user still waits for.
      if (!document.unrestored) this.#backups.get(document)?.remove().catch(this.#logFailure);
      this.#backups.delete(document);
    });
    return document;
  }

  resolveCustomEditor(document: ModelDocument, webviewPanel: vscode.WebviewPanel): void {
    const { models, actions, extensionUri } = this.#parts;
    const panel = new ModelPanel(document, webviewPanel, extensionUri, actions);
    this.#panels.get(document)?.add(panel);
    models.setActive(document, panel, webviewPanel.active);
    const store = new DisposableStore();
    store.add(panel);
    let isActive = webviewPanel.active;
    const follow = (now: boolean): void => {
      if (now !== isActive) models.setActive(document, panel, now);
      // Not every disk tells of its changes.
      if (now && !isActive) void document.checkDisk();
      isActive = now;
    };
    store.add(webviewPanel.onDidChangeViewState(() => follow(webviewPanel.active)));
    store.add(
      webviewPanel.onDidDispose(() => {
        this.#panels.get(document)?.delete(panel);
        follow(false);
        store.dispose();
      }),
    );
    const open = this.#opening.get(document);
    this.#opening.delete(document);
    void open?.();
  }

  async saveCustomDocument(
    document: ModelDocument,
    token: vscode.CancellationToken,
  ): Promise<void> {
    // Nothing is written that nobody asked for: an edit that came in between is told of again.
    if (this.#unmarking.has(document)) {
      await this.#moving.get(document);
      if (document.isDirty) setTimeout(() => this.#changed.fire({ document }));
      return;
    }
    await this.#moving.get(document);
    const refocus = (): void => {
      const front = this.panelsOf(document).find(({ panel }) => panel.active);
      front?.panel.reveal();
    };
    await this.firstSave.ask(document, refocus, toSignal(token));
    const moved = this.#moving.get(document);
    try {
      await document.save(toSignal(token));
      this.#backups.get(document)?.saved().catch(this.#logFailure);
    } catch (thrown) {
      // Another save took its place, or the window gave it up.
      if (thrown instanceof Stopped) throw new vscode.CancellationError();
      void this.#offerSaveAs(document);
      throw thrown;
    }
    // At the end of a save VS Code takes for saved what is applied then, also where that was undone
    // meanwhile.
    if (this.#moving.get(document) !== moved) setTimeout(() => this.#changed.fire({ document }));
  }

  async saveCustomDocumentAs(
    document: ModelDocument,
    destination: vscode.Uri,
    token: vscode.CancellationToken,
  ): Promise<void> {
    await document.saveAs(destination, toSignal(token));
  }

  async revertCustomDocument(document: ModelDocument): Promise<void> {
    await document.revert();
    if (!document.unrestored) await this.#backups.get(document)?.remove();
  }

  async backupCustomDocument(document: ModelDocument): Promise<vscode.CustomDocumentBackup> {
    const { changeLog } = document;
    const backup = this.#backups.get(document);
    if (!changeLog || !backup)
      throw new Error(t('{0} is not read yet, or cannot be read.', document.name));
    return backup.write(changeLog);
  }

  /** The window is closed, and VS Code has told what of it is to be opened again. */
  close(): void {
    for (const [document, backup] of this.#backups) if (!document.unrestored) backup.close();
  }

  dispose(): void {
    for (const store of this.#stores.values()) store.dispose();
    this.#renames.dispose();
    this.#changed.dispose();
  }

  /** Has what was not saved done again when the file is read, and keeps it on disk as long as it is not. */
  async #restoreLater(document: ModelDocument, backupId: string | undefined): Promise<void> {
    const backup = new Backup(document.uri.toString(), this.#parts.backups);
    this.#backups.set(document, backup);
    const kept = await backup.read(backupId);
    const renamed = this.#renames.take(document.uri);
    document.unrestored = renamed?.log ?? kept;
    if (renamed) {
      const old = this.#backups.get(renamed.from);
      this.#backups.delete(renamed.from);
      // Not waited for. The old address is let go when the new one has it: not on a full disk.
      const moved = backup.write(renamed.log).then(() => old?.remove());
      moved.catch(this.#logFailure);
    }
    let isAside = false;
    document.onDidChange(() => {
      const { state, unrestored, unfit, isDirty } = document;
      if (!state || unrestored || isDirty) return;
      if (unfit && !isAside) backup.setAside(unfit).catch(this.#logFailure);
      isAside ||= unfit !== undefined;
      backup.remove().catch(this.#logFailure);
    });
  }

  /**
   * VS Code marks a model as changed that it opens with a backup, also where that is gone since the
   * model was saved. It takes the mark away when it is told to save.
   */
  async #unmark(document: ModelDocument): Promise<void> {
    if (!document.state || document.isDirty || this.#hasOtherTabs(document)) return;
    this.#unmarking.add(document);
    try {
      await vscode.workspace.save(document.uri);
    } finally {
      this.#unmarking.delete(document);
    }
  }

  /** Whether another editor or a comparison shows the file too: they would be saved with it. */
  #hasOtherTabs(document: ModelDocument): boolean {
    const { path } = document.uri;
    const own = this.panelsOf(document).map(({ panel }) => panel.viewType);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    return tabs.some(({ input }) => {
      if (typeof input !== 'object' || input === null) return false;
      if (input instanceof vscode.TabInputCustom && own.includes(input.viewType)) return false;
      return Object.values(input).some(
        (value) => value instanceof vscode.Uri && value.path === path,
      );
    });
  }

  /** Follows the file, and the files beside it as soon as they are known. */
  #watchDisk(document: ModelDocument, store: DisposableStore): void {
    const check = (): void => void document.checkDisk();
    store.add(watchFiles([document.uri], check));
    let watched = '';
    let watching: vscode.Disposable | undefined;
    store.add(
      document.onDidChange(() => {
        if (document.siblings.join('\n') === watched) return;
        watched = document.siblings.join('\n');
        watching?.dispose();
        watching = watchFiles(
          document.siblings.map((path) => vscode.Uri.file(path)),
          check,
        );
      }),
    );
    store.add({ dispose: () => void watching?.dispose() });
  }

  /** VS Code says why a save failed; this is the way out of it. */
  async #offerSaveAs(document: ModelDocument): Promise<void> {
    const message = t('{0} could not be saved. Your corrections are still here.', document.name);
    const button = await vscode.window.showWarningMessage(message, t('Save as…'));
    if (!button) return;
    await vscode.commands.executeCommand('vscode.openWith', document.uri, viewTypeOf(document.uri));
    await vscode.commands.executeCommand('workbench.action.files.saveAs');
  }

  async #watch(document: ModelDocument, job: Parameters<typeof showProgress>[0]): Promise<void> {
    const isInView = (): boolean => this.panelsOf(document).some(({ panel }) => panel.visible);
    await showProgress(job, document.name, isInView);
  }
}

async function tellNote({ text, offers }: Extract<Notice, { kind: 'note' }>): Promise<void> {
  const buttons = [...(offers ? [t('Preview equalizing')] : []), t('Show ledger')];
  const button = await vscode.window.showInformationMessage(text, ...buttons);
  if (button === t('Show ledger')) await vscode.commands.executeCommand('rangefinder.showLedger');
  else if (button) await vscode.commands.executeCommand('rangefinder.previewEqualize');
}

function toSignal(token: vscode.CancellationToken): AbortSignal {
  const stop = new AbortController();
  if (token.isCancellationRequested) stop.abort();
  else token.onCancellationRequested(() => stop.abort());
  return stop.signal;
}
