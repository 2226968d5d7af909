import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Comparison, OtherSource } from '../../server/protocol/compare.ts';
import type { GraphView } from '../../server/protocol/graph.ts';
import type { ModelState, PanelCommand, RunStepId } from '../../server/protocol/model.ts';
import type { DrawnChart, FromPanel, ToPanel } from '../../server/protocol/panel.ts';
import type { StepRequest } from '../../server/protocol/requests.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import { droppedFiles } from '../droppedFiles.ts';
import { panelPage } from './html.ts';
import { asRestricted } from './restricted.ts';
import type { RunningJob } from './job.ts';
import type { ModelDocument } from './modelDocument.ts';
import type { Notice } from './notice.ts';
import { toFault } from '../server/answers.ts';

/** What a panel asks of the extension, besides what its document does. */
export interface PanelActions {
  run(command: PanelCommand, document: ModelDocument): void;
  /** Layers were selected in the table. */
  select(document: ModelDocument, layers: readonly number[]): void;
  /** The steps with their options, as the settings of the model's folder have them. */
  requests(
    document: ModelDocument,
    steps: readonly RunStepId[],
    layers?: readonly number[],
    options?: Readonly<Record<string, unknown>>,
  ): readonly StepRequest[];
  /** Samples were dropped on the page. */
  dropData(document: ModelDocument, path: string): void;
  /** A chart of the page is to be written to a file. */
  saveChart(document: ModelDocument, chart: DrawnChart): void;
  /** Another model is to stand on one side of the comparison. */
  pickSide(document: ModelDocument, slot: 0 | 1, source: OtherSource): void;
  /** Opens the page about a finding. */
  openPage(code: string): void;
  /** Where the target of the model comes from, if it was not chosen now. */
  targetFrom(document: ModelDocument): ModelState['targetFrom'];
  /** Below it a layer of the model is weak, in dB, as the settings have it. */
  weakLayerDb(document: ModelDocument): number;
  /** That limit of some model is another. */
  onDidChangeLimits(listener: () => void): Disposable;
  log(message: string): void;
}

/** One page on a model. It keeps nothing that the page could not get again by saying `ready`. */
export class ModelPanel implements Disposable {
  readonly #store = new DisposableStore();
  #isReady = false;
  /** Sent once the page is there. */
  #waiting: ToPanel[] = [];
  #isUpdatePending = false;
  /** The comparison that the page has. */
  #told: { readonly result: Comparison | undefined; readonly rest: string } | undefined;
  /** Stops the layout that was asked for last. */
  #graph: AbortController | undefined;
  /** How often a layer was asked about: an answer that a later one overtook is not shown. */
  #described = 0;

  constructor(
    readonly document: ModelDocument,
    readonly panel: vscode.WebviewPanel,
    extension: vscode.Uri,
    private readonly actions: PanelActions,
  ) {
    const { webview } = panel;
    const pages = vscode.Uri.joinPath(extension, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [pages] };
    const at = (file: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(pages, file)).toString();
    this.#store.add(webview.onDidReceiveMessage((message: FromPanel) => this.#receive(message)));
    this.#store.add(document.onDidChange(() => this.#update()));
    this.#store.add(actions.onDidChangeLimits(() => this.#update()));
    this.#store.add(document.comparison.onDidChange(() => this.#sendComparison()));
    this.#store.add(document.onNotice((notice) => this.#notice(notice)));
    this.#store.add(document.onJob((job) => this.#follow(job)));
    this.#store.add(panel.onDidChangeViewState(() => this.#seen()));
    webview.html = panelPage({
      title: document.name,
      script: at('model.js'),
      style: at('model.css'),
      source: webview.cspSource,
      nonce: randomBytes(16).toString('base64'),
    });
  }

  /** Sends a message now, or once the page is there. */
  post(message: ToPanel): void {
    if (this.#isReady) void this.panel.webview.postMessage(message);
    else this.#waiting.push(message);
  }

  /** What is told after this goes nowhere: a job may end later than its page. */
  dispose(): void {
    this.#isReady = false;
    this.#store.dispose();
  }

  /** A page that is hidden is thrown away; it says `ready` again when it is shown. */
  #seen(): void {
    if (!this.panel.visible) this.#isReady = false;
  }

  /** Several changes in one turn make one message: states are large. */
  #update(): void {
    if (this.#isUpdatePending) return;
    this.#isUpdatePending = true;
    setImmediate(() => {
      this.#isUpdatePending = false;
      if (this.#isReady) this.#sendAll();
    });
  }

  #sendAll(): void {
    const { state, fault, isDirty, isChangedOnDisk, name } = this.document;
    if (fault) this.post({ type: 'unreadable', name, fault });
    else if (state) {
      const targetFrom = this.actions.targetFrom(this.document);
      const told = targetFrom ? { ...state, targetFrom } : state;
      const shown = vscode.workspace.isTrusted ? told : asRestricted(told);
      const weakLayerDb = this.actions.weakLayerDb(this.document);
      this.post({ type: 'state', state: shown, isDirty, weakLayerDb });
    }
    if (isChangedOnDisk) this.post({ type: 'changedOnDisk' });
    this.#sendComparison();
    this.#sendJob();
  }

  /** A comparison is large: a page that has it is not sent it again with every state. */
  #sendComparison(): void {
    const { view: comparison } = this.document.comparison;
    const { result, ...rest } = comparison;
    const told = { result, rest: JSON.stringify(rest) };
    const isTold = this.#told?.result === result && this.#told?.rest === told.rest;
    if (!this.#isReady || isTold) return;
    this.#told = told;
    this.post({ type: 'comparison', comparison });
  }

  /** What runs now; a page that is not there yet asks by saying `ready`. */
  #sendJob(): void {
    const { job } = this.document;
    if (this.#isReady) this.post(job ? { type: 'busy', job } : { type: 'busy' });
  }

  #follow(job: RunningJob): void {
    const watching = this.#store.add(job.onChange(() => this.#sendJob()));
    this.#sendJob();
    void job.ended.then(() => {
      watching.dispose();
      this.#sendJob();
    });
  }

  #notice(notice: Notice): void {
    switch (notice.kind) {
      case 'failed':
      case 'stopped': {
        const { kind: type, ...what } = notice;
        return this.post({ type, ...what } as ToPanel); // a notice of these kinds is the message
      }
      case 'note':
        return;
    }
  }

  #receive(message: FromPanel): void {
    const { document, actions } = this;
    switch (message.type) {
      case 'ready':
        return this.#ready();
      case 'select':
        return actions.select(document, message.layers);
      case 'describe':
        return void this.#describe(message.layer);
      case 'preview':
        return void document.preview(
          actions.requests(document, message.steps, message.layers, message.options),
        );
      case 'apply':
        return void (document.state?.preview
          ? document.applyPreview()
          : document.apply(actions.requests(document, message.steps)));
      case 'discard':
        return void document.discardPreview();
      case 'undoLayer':
        return void document.undoLayer(message.layer);
      case 'setTarget':
        return void document.setTarget(message.target);
      case 'previewSample':
        return void this.#previewSample(message.index);
      case 'dropData': {
        const [uri] = droppedFiles(message.uris);
        return uri ? actions.dropData(document, uri.fsPath) : undefined;
      }
      case 'layoutGraph':
        return void this.#layoutGraph(message.view, message.around);
      case 'cancelGraph':
        return this.#graph?.abort();
      case 'compareSide':
        return void document.comparison.choose(message.slot, message.side);
      case 'comparePick':
        return actions.pickSide(document, message.slot, message.source);
      case 'compareAgain':
        return void document.comparison.again();
      case 'command':
        return actions.run(message.id, document);
      case 'openPage':
        return actions.openPage(message.code);
      case 'copy':
        return void vscode.env.clipboard.writeText(message.text);
      case 'discardMeasured':
        return void document.data.discardMeasured();
      case 'leaveAlone':
        return void document.data.leaveAlone(message.names);
      case 'saveChart':
        return actions.saveChart(document, message.chart);
      case 'cancel':
        return document.cancel();
      case 'error':
        return actions.log(`${document.name}: in the page: ${message.message}`);
    }
  }

  #ready(): void {
    this.#isReady = true;
    this.#told = undefined;
    this.#sendAll();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.post(message);
  }

  async #previewSample(index: number): Promise<void> {
    try {
      this.post({ type: 'sample', sample: await this.document.data.previewSample(index) });
    } catch (thrown) {
      this.post({ type: 'sample', fault: toFault(thrown) });
    }
  }

  async #layoutGraph(view: GraphView, around: number | undefined): Promise<void> {
    this.#graph?.abort();
    const mine = new AbortController();
    this.#graph = mine;
    const wish = around === undefined ? { view } : { view, around };
    const answer = await this.document.questions.layoutGraph(wish, mine.signal);
    if (this.#graph === mine) this.post({ type: 'graph', ...answer });
  }

  async #describe(layer: number): Promise<void> {
    const mine = ++this.#described;
    const cockpit = await this.document.questions.describe(layer);
    if (cockpit && mine === this.#described) this.post({ type: 'cockpit', cockpit });
  }
}
