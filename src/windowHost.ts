import * as vscode from 'vscode';
import type { DataChoice } from '../server/protocol/data.ts';
import type { RunStepId } from '../server/protocol/model.ts';
import type { Tab, ToPanel } from '../server/protocol/panel.ts';
import {
  listTargets,
  readTarget,
  type StepRequest,
  type TargetChoice,
} from '../server/protocol/requests.ts';
import type { TargetSettings } from '../server/protocol/target.ts';
import type { Settings } from './config.ts';
import { diffSidesOf, type DiffSides } from './diffSides.ts';
import { watchFiles } from './editor/disk.ts';
import type { ModelDocument } from './editor/modelDocument.ts';
import type { ModelEditor } from './editor/modelEditor.ts';
import { gitApi } from './git.ts';
import { GitRevisions } from './gitRevisions.ts';
import type { OpenModels } from './editor/openModels.ts';
import type { ActiveModel, Choice, Host } from './host.ts';
import { isModelName, modelFilters, viewTypeOf } from './modelFiles.ts';
import { replaceFile } from './editor/replaceFile.ts';
import type { UsualTarget } from './editor/modelTargets.ts';
import type { KeptChoices } from './keptChoices.ts';
import type { Problem } from './problems/problems.ts';
import { copySample } from './sample.ts';
import type { ServerClient } from './server/client.ts';
import { stepRequests } from './stepRequests.ts';
import { searchModels, type FoundModels } from './views/findModels.ts';
import { t } from './l10n.ts';

/** What the host of the window is made of. */
export interface HostParts {
  readonly context: vscode.ExtensionContext;
  readonly server: ServerClient;
  readonly models: OpenModels;
  readonly log: vscode.LogOutputChannel;
  readonly choices: KeptChoices;
  readonly usualTarget: (model: vscode.Uri) => UsualTarget;
  /** Of a file, or of the window. */
  readonly settings: (of?: vscode.Uri) => Settings;
  readonly editor: () => ModelEditor;
  readonly problems: (model: vscode.Uri) => readonly Problem[];
}

/** What commands use, as this window has it. */
export class WindowHost implements Host {
  readonly #parts: HostParts;
  readonly #selected = new WeakMap<ActiveModel, readonly number[]>();
  readonly revisions = new GitRevisions(gitApi, () => vscode.workspace.isTrusted);

  /** Settles when the last undo or redo that was asked for is VS Code's past. */
  #moving: Promise<void> = Promise.resolve();

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  get model(): ActiveModel | undefined {
    return this.#parts.models.shown;
  }

  get selection(): readonly number[] {
    return (this.model && this.#selected.get(this.model)) ?? [];
  }

  /** Layers were selected in the table of a model. */
  select(model: ActiveModel, layers: readonly number[]): void {
    this.#selected.set(model, layers);
  }

  async openModel(uri: vscode.Uri): Promise<ActiveModel | undefined> {
    await vscode.commands.executeCommand('vscode.openWith', uri, viewTypeOf(uri));
    const document = this.#parts.models.find(uri);
    if (!document || document.state || document.fault) return document;
    await new Promise<void>((resolve) => {
      const waiting = document.onDidChange(() => {
        if (!document.state && !document.fault) return;
        waiting.dispose();
        resolve();
      });
      document.onDidDispose(() => resolve());
    });
    return document;
  }

  async toFront({ uri }: ActiveModel): Promise<void> {
    if (!this.#inFront().some((document) => document.uri.toString() === uri.toString()))
      await this.openModel(uri);
  }

  move(way: 'undo' | 'redo'): Promise<void> {
    const { models } = this.#parts;
    const { active } = models;
    const mine = this.#moving.then(async () => {
      if (active && active === models.active) await vscode.commands.executeCommand(way);
    });
    this.#moving = mine.catch(() => undefined);
    return mine;
  }

  requests(steps: readonly RunStepId[], layers?: readonly number[]): readonly StepRequest[] {
    return stepRequests(this.#parts.settings(this.model?.uri), steps, layers);
  }

  showTab(tab: Tab): void {
    this.#post({ type: 'showTab', tab });
  }

  askForChart(): void {
    this.#post({ type: 'saveChart' });
  }

  writeFile(to: vscode.Uri, bytes: Uint8Array): Promise<void> {
    return replaceFile(to, bytes);
  }

  reveal(layer: number): void {
    this.#post({ type: 'reveal', layer });
  }

  targets(): Promise<readonly TargetChoice[]> {
    return this.#parts.server.ask(listTargets, null);
  }

  usualTarget(model: vscode.Uri): UsualTarget {
    return this.#parts.usualTarget(model);
  }

  problems(model: vscode.Uri): readonly Problem[] {
    return this.#parts.problems(model);
  }

  get seed(): number {
    return this.#parts.settings(this.model?.uri).seed;
  }

  readTarget({ fsPath }: vscode.Uri): Promise<TargetSettings> {
    return this.#parts.server.ask(readTarget, { path: fsPath });
  }

  async rememberData(model: vscode.Uri, data: DataChoice | undefined): Promise<void> {
    await this.#parts.choices.set(model, data);
  }

  async forgetData(model: vscode.Uri): Promise<void> {
    await this.#parts.choices.forget(model);
  }

  async saveModel(): Promise<void> {
    const { models, editor } = this.#parts;
    const { shown } = models;
    if (!shown) return;
    await this.toFront(shown);
    await editor().firstSave.save(shown);
  }

  restartServer(): Promise<void> {
    return this.#parts.server.restart();
  }

  showLog(): void {
    this.#parts.log.show();
  }

  copySample(): Promise<vscode.Uri | undefined> {
    return copySample(this.#parts.context);
  }

  async tell(message: string, ...buttons: readonly string[]): Promise<string | undefined> {
    return vscode.window.showInformationMessage(message, ...buttons);
  }

  async choose<T>(title: string, choices: readonly Choice<T>[]): Promise<T | undefined> {
    const pick = vscode.window.createQuickPick<Choice<T> & vscode.QuickPickItem>();
    pick.title = title;
    pick.matchOnDescription = pick.matchOnDetail = true;
    pick.items = withHeadings(choices);
    pick.activeItems = choices.filter(({ isCurrent }) => isCurrent === true);
    try {
      return await new Promise((resolve) => {
        pick.onDidAccept(() => resolve(pick.activeItems[0]?.value));
        pick.onDidHide(() => resolve(undefined));
        pick.show();
      });
    } finally {
      pick.dispose();
    }
  }

  async chooseMany<T>(
    title: string,
    choices: readonly Choice<T>[],
  ): Promise<readonly T[] | undefined> {
    const items = choices.map((choice) => ({ ...choice, picked: choice.isCurrent === true }));
    const picked = await vscode.window.showQuickPick(items, {
      title,
      canPickMany: true,
      matchOnDescription: true,
    });
    return picked?.map(({ value }) => value);
  }

  async askNumber(title: string, prompt: string): Promise<number | undefined> {
    const text = await vscode.window.showInputBox({
      title,
      prompt,
      placeHolder: '224',
      ignoreFocusOut: true,
      validateInput: (given) =>
        /^0*[1-9]\d{0,8}$/.test(given.trim()) ? undefined : t('A whole number from 1 on.'),
    });
    return text === undefined ? undefined : Number(text);
  }

  async pickModelFile(title: string): Promise<vscode.Uri | undefined> {
    const picked = await vscode.window.showOpenDialog({
      title,
      openLabel: t('Open'),
      filters: modelFilters,
    });
    return picked?.[0];
  }

  workspaceModels(): Promise<Pick<FoundModels, 'models' | 'isCut'>> {
    return searchModels();
  }

  folderOf(uri: vscode.Uri): string {
    const place = vscode.workspace.asRelativePath(uri);
    return place.slice(0, Math.max(0, place.lastIndexOf('/')));
  }

  isInWorkspace(uri: vscode.Uri): boolean {
    return vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  }

  /** VS Code hands files to the system of its window, which sees none of a remote machine. */
  get hasBrowser(): boolean {
    const { remoteName, uiKind } = vscode.env;
    return remoteName === undefined && uiKind === vscode.UIKind.Desktop;
  }

  async openOutside(uri: vscode.Uri): Promise<boolean> {
    return vscode.env.openExternal(uri);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return vscode.workspace.fs.readFile(uri);
  }

  watchFile(uri: vscode.Uri, changed: () => void): vscode.Disposable {
    return watchFiles([uri], changed, { withDeletes: true });
  }

  /** A diff of custom editors does not say its sides: they are the two that are seen in one group. */
  diffSides(primary?: vscode.Uri): DiffSides | undefined {
    const { activeTabGroup } = vscode.window.tabGroups;
    const { input, label = '' } = activeTabGroup.activeTab ?? {};
    if (input instanceof vscode.TabInputTextDiff) {
      return [input.original, input.modified].every(isModelName) ? input : undefined;
    }
    return diffSidesOf(
      this.#inFront().map(({ uri }) => uri),
      label,
      primary,
    );
  }

  async pickPath(
    title: string,
    kind: 'file' | 'folder',
    filters?: Record<string, string[]>,
  ): Promise<vscode.Uri | undefined> {
    const [picked] =
      (await vscode.window.showOpenDialog({
        title,
        openLabel: t('Choose'),
        canSelectFiles: kind === 'file',
        canSelectFolders: kind === 'folder',
        ...(filters ? { filters } : {}),
        ...(this.model ? { defaultUri: vscode.Uri.joinPath(this.model.uri, '..') } : {}),
      })) ?? [];
    return picked;
  }

  async pickSaveFile(
    title: string,
    proposed: vscode.Uri,
    filters: Record<string, string[]>,
  ): Promise<vscode.Uri | undefined> {
    return vscode.window.showSaveDialog({ title, defaultUri: proposed, filters });
  }

  async showText(content: string, language: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument({ content, language });
    await vscode.window.showTextDocument(document);
  }

  async execute(command: string, ...values: readonly unknown[]): Promise<void> {
    await vscode.commands.executeCommand(command, ...values);
  }

  /** The models that are seen in the active group: two in a diff. */
  #inFront(): readonly ModelDocument[] {
    const { models, editor } = this.#parts;
    const { viewColumn } = vscode.window.tabGroups.activeTabGroup;
    return models.all.filter((document) =>
      editor()
        .panelsOf(document)
        .some(({ panel }) => panel.visible && panel.viewColumn === viewColumn),
    );
  }

  /** To the page in front; brings one to the front where none is. */
  #post(message: ToPanel): void {
    const { models, editor } = this.#parts;
    const [panel] = models.shown ? editor().panelsOf(models.shown) : [];
    panel?.panel.reveal();
    panel?.post(message);
  }
}

type PickLine<T> = Choice<T> & vscode.QuickPickItem;

/** The lines of a quick pick, with a heading where a group of them begins. */
const withHeadings = <T>(choices: readonly Choice<T>[]): readonly PickLine<T>[] =>
  choices.flatMap((choice, at): readonly PickLine<T>[] => {
    const { group, value } = choice;
    if (group === undefined || choices[at - 1]?.group === group) return [choice];
    return [{ label: group, kind: vscode.QuickPickItemKind.Separator, value }, choice];
  });
