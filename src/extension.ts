import './localize.ts'; // first: what follows has sentences in the language of the window
import * as vscode from 'vscode';
import { readTarget } from '../server/protocol/requests.ts';
import { takeSamples } from './commands/chooseSamples.ts';
import { pickSide } from './commands/compareWith.ts';
import { commands } from './commands/index.ts';
import { writeChart } from './commands/saveChart.ts';
import { readSettings, toServerOptions, toTarget, type Settings } from './config.ts';
import { ContextKeys } from './contextKeys.ts';
import { DisposableStore } from './disposables.ts';
import type { ModelDocument } from './editor/modelDocument.ts';
import type { BackupPlace } from './editor/backup.ts';
import { BesideFiles } from './editor/besideFiles.ts';
import { followSettings, openSamplesOf } from './editor/besideSamples.ts';
import { watchPath } from './editor/disk.ts';
import { backupFolder, removeOld } from './editor/keptLog.ts';
import { ModelEditor } from './editor/modelEditor.ts';
import type { PanelActions } from './editor/modelPanel.ts';
import { ModelTargets } from './editor/modelTargets.ts';
import { OpenModels } from './editor/openModels.ts';
import { KeptChoices } from './keptChoices.ts';
import { KeptLayers } from './keptLayers.ts';
import { layersModelType, viewType } from './modelFiles.ts';
import { openPage } from './openPage.ts';
import { panelCommands } from './panelCommands.ts';
import { toFault, toSentence } from './server/answers.ts';
import { ProblemList } from './problems/problemList.ts';
import { quickFixes } from './problems/quickFixes.ts';
import { ServerClient } from './server/client.ts';
import { ServerSettings } from './serverSettings.ts';
import { isOtherChoice, SettingsFiles } from './settingsFiles.ts';
import { stepRequests } from './stepRequests.ts';
import { TextFiles } from './textFiles.ts';
import { CorrectionsView } from './views/correctionsView.ts';
import { searchModels } from './views/findModels.ts';
import { LayersView } from './views/layersView.ts';
import { ModelsView } from './views/modelsView.ts';
import { StatusBar } from './views/statusBar.ts';
import { WindowHost } from './windowHost.ts';
import { t } from './l10n.ts';

/** What the extension gives to those who ask for its exports; the tests in the host do. */
export interface Api {
  readonly models: OpenModels;
  readonly server: ServerClient;
  /** The models of the workspace, as the side bar lists them. */
  readonly searchModels: typeof searchModels;
  readonly modelsView: ModelsView;
  /** CPU time that activation took: what a busy machine does not change. */
  readonly activationMs: number;
}

let running: ServerClient | undefined;
let editing: ModelEditor | undefined;

/** Lets the server close its files and remove what it spilled to disk. */
export async function deactivate(): Promise<void> {
  editing?.close();
  await running?.stop();
}

/** Registers the editor, the views and the commands. The server starts with the first model. */
export function activate(context: vscode.ExtensionContext): Api {
  const began = process.cpuUsage();
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const log = store.add(vscode.window.createOutputChannel('Rangefinder', { log: true }));
  const settings = (of?: vscode.Uri): Settings => {
    const configuration = vscode.workspace.getConfiguration('rangefinder', of ?? null);
    return readSettings(
      (name) => configuration.get(name),
      (message) => log.warn(message),
    );
  };
  const server = store.add(
    new ServerClient({
      module: context.asAbsolutePath('dist/server.mjs'),
      initializationOptions: () =>
        toServerOptions(serverSettings.take(settings()), context.globalStorageUri.fsPath, {
          isTrusted: vscode.workspace.isTrusted,
          folders: workspaceFolders(),
        }),
      log,
    }),
  );
  const serverSettings: ServerSettings = new ServerSettings({
    isRunning: () => server.isRunning,
    tell: (message, button) => host.tell(message, button),
    restart: () => server.restart(),
  });
  store.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('rangefinder')) return;
      serverSettings.follow(settings()).catch((thrown: unknown) => log.error(String(thrown)));
    }),
  );
  const models = store.add(new OpenModels());
  const choices = new KeptChoices(context.workspaceState);
  const layers = new KeptLayers(context.workspaceState);
  const pages = vscode.Uri.joinPath(context.extensionUri, 'docs');
  const host: WindowHost = new WindowHost({
    context,
    server,
    models,
    log,
    settings,
    choices,
    usualTarget: (uri) => targets.usual(uri),
    editor: () => editor,
    problems: (uri) => problems.of(uri),
  });
  const settingsFiles = store.add(
    new SettingsFiles({
      models,
      server,
      log: (message) => log.warn(message),
      page: vscode.Uri.joinPath(pages, 'bad-settings.md'),
    }),
  );
  const targets = new ModelTargets({
    memory: context.workspaceState,
    settings: (uri) => toTarget(settings(uri)),
    read: (uri) => settingsFiles.read(uri),
  });
  const openSamples = (model: ModelDocument): Promise<void> =>
    openSamplesOf(model, {
      choices,
      read: (uri) => settingsFiles.read(uri),
      isTrusted: () => vscode.workspace.isTrusted,
    });
  store.add(
    settingsFiles.onDidChange((change) => {
      const model = models.find(change.model);
      if (model) void followSettings(model, change, choices);
      if (model && change.last) void targets.follow(model, change.now);
      if (model && isOtherChoice(change)) void model.data.obeySettings();
    }),
  );
  const besideFiles = store.add(
    new BesideFiles<ModelDocument>({
      models,
      watch: watchPath,
      wished: ({ uri }) => (choices.has(uri) ? choices.get(uri) : settingsFiles.of(uri)?.data),
      openSamples,
      namedTarget: ({ uri }) => settingsFiles.of(uri)?.targetFile,
      usualTarget: ({ uri }) => targets.usual(uri),
      refreshSettings: () => settingsFiles.refresh(),
      readTarget: (path) => server.ask(readTarget, { path }),
      fail: ({ name }, message) => {
        log.error(`${name}: ${message}`);
        void vscode.window.showErrorMessage(t('{0}: {1}', name, message));
      },
    }),
  );
  store.add(settingsFiles.onDidChange(() => besideFiles.follow()));
  const problems = store.add(
    new ProblemList({
      models,
      settingsFiles,
      pages,
      limits: (uri) => {
        const { ignoredProblems: ignore, weakLayerDb } = settings(uri);
        return { ignore, weakLayerDb };
      },
    }),
  );
  store.add(quickFixes((uri) => problems.of(uri)));
  const actions: PanelActions = {
    run: (command, document) => {
      // In a diff neither page is the active editor: the one that was used says which is meant.
      models.look(document);
      void vscode.commands.executeCommand(panelCommands[command]);
    },
    dropData: (document, path) => void takeSamples(host, document, { path }),
    select: (document, layers) => host.select(document, layers),
    requests: (document, steps, layers, options) =>
      stepRequests(settings(document.uri), steps, layers, options),
    saveChart: (document, chart) =>
      void writeChart(host, document.uri, chart).catch((thrown: unknown) =>
        log.error(String(thrown)),
      ),
    pickSide: (document, slot, source) => void pickSide(host, document, slot, source),
    openPage: (code) => void openPage(context.extensionUri, code),
    targetFrom: (document) => targets.from(document),
    weakLayerDb: ({ uri }) => problems.limitsOf(uri).weakLayerDb,
    onDidChangeLimits: problems.onDidChangeLimits,
    log: (message) => log.error(message),
  };
  const editor: ModelEditor = store.add(
    new ModelEditor({
      server,
      models,
      actions,
      extensionUri: context.extensionUri,
      backups: backupPlace(context),
      layers,
      target: (uri) => toTarget(settings(uri)),
      targets,
      openSamples,
    }),
  );
  for (const type of [viewType, layersModelType]) {
    store.add(
      vscode.window.registerCustomEditorProvider(type, editor, {
        supportsMultipleEditorsPerDocument: true,
        webviewOptions: { retainContextWhenHidden: false, enableFindWidget: false },
      }),
    );
  }
  const { registerTreeDataProvider } = vscode.window;
  const modelsView = store.add(
    new ModelsView({
      models,
      maximum: () => settings().maximumModels,
      dropSamples: (model, path) => void takeSamples(host, model, { path }),
      open: (uri) => void host.openModel(uri),
    }),
  );
  const layersView = store.add(new LayersView(models));
  store.add(registerTreeDataProvider('rangefinder.layers', layersView));
  const correctionsView = store.add(new CorrectionsView(models));
  store.add(registerTreeDataProvider('rangefinder.corrections', correctionsView));
  store.add(new StatusBar(models));
  store.add(new ContextKeys(models, () => host.diffSides() !== undefined));
  for (const command of commands) {
    store.add(
      vscode.commands.registerCommand(command.id, async (argument: unknown, selected: unknown) => {
        try {
          await command.run(host, argument, selected);
        } catch (thrown) {
          log.error(thrown instanceof Error ? thrown : String(thrown));
          void vscode.window.showErrorMessage(toSentence(toFault(thrown)));
        }
      }),
    );
  }
  store.add(
    vscode.workspace.onDidGrantWorkspaceTrust(async () => {
      // The server takes trust when it starts; what is open comes back through its change log.
      if (server.isRunning) await server.restart();
      await settingsFiles.refresh();
      for (const model of models.all) await openSamples(model);
    }),
  );
  store.add(new TextFiles(() => server.begin()));
  running = server;
  editing = editor;
  const { user, system } = process.cpuUsage(began);
  return {
    models,
    server,
    modelsView,
    searchModels,
    activationMs: (user + system) / 1000,
  };
}

/**
 * Backups lie in the storage of all windows: that of a workspace is another one as long as the host
 * of a window lives on that lost its page. A browser asks nobody when its page is closed, and a
 * window on another machine may be gone before its host is; empty windows have nothing in common.
 */
function backupPlace({ globalStorageUri }: vscode.ExtensionContext): BackupPlace {
  const root = vscode.Uri.joinPath(globalStorageUri, 'unsaved').fsPath;
  void removeOld(root);
  const { workspaceFile, workspaceFolders: folders } = vscode.workspace;
  const workspace = workspaceFile ? [workspaceFile] : (folders ?? []).map(({ uri }) => uri);
  const folder = backupFolder(root, workspace.map(String));
  if (workspace.length === 0) return { folder, unnamed: 'never' };
  const isLocal = vscode.env.uiKind === vscode.UIKind.Desktop && !vscode.env.remoteName;
  return { folder, unnamed: isLocal ? 'afterCrash' : 'always' };
}

/** Folders of the workspace on a disk. */
const workspaceFolders = (): string[] =>
  (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
