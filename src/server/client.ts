import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { ModelState } from '../../server/protocol/model.ts';
import {
  requestFailed,
  stateChanged,
  type Fault,
  type Rpc,
} from '../../server/protocol/requests.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import { Emitter } from '../emitter.ts';
import { textSelector, watchedPatterns } from '../textFiles.ts';
import { Refused, ServerLost, Stopped } from './answers.ts';
import type { AskOptions, Report, Server } from './server.ts';
import { t } from '../l10n.ts';

/** JSON-RPC and LSP codes that mean "stopped": RequestCancelled, ServerCancelled. */
const cancelledCodes = new Set([-32800, -32802]);
/** Codes of a connection that went away: LSP ConnectionInactive and PendingResponseRejected. */
const lostCodes = new Set([-32096, -32097]);
/** More ends than this within a minute, and the server is left alone until the user asks. */
const restartsPerMinute = 5;

/** What the server is told when it starts. */
export interface StartOptions {
  /** `dist/server.mjs`, absolute. */
  readonly module: string;
  /** Read when the server starts, so that a restart takes new settings. */
  initializationOptions(): object;
  readonly log: vscode.LogOutputChannel;
}

/** The language server in a process of its own, started at the first question. */
export class ServerClient implements Server, Disposable {
  readonly #store = new DisposableStore();
  readonly #states = this.#store.add(new Emitter<ModelState>());
  readonly #restarts = this.#store.add(new Emitter<void>());
  readonly #options: StartOptions;
  #starting: Promise<LanguageClient> | undefined;
  /** They outlive a server that ends. */
  #watchers: vscode.FileSystemWatcher[] | undefined;
  #ends: number[] = [];
  #tokens = 0;

  readonly onState = this.#states.event;
  readonly onRestart = this.#restarts.event;

  constructor(options: StartOptions) {
    this.#options = options;
  }

  async ask<P, R>(rpc: Rpc<P, R>, params: P, options: AskOptions = {}): Promise<R> {
    const client = await this.#client();
    const { signal, report } = options;
    if (signal?.aborted) throw new Stopped();
    const store = new DisposableStore();
    const source = store.add(new vscode.CancellationTokenSource());
    const stop = (): void => source.cancel();
    signal?.addEventListener('abort', stop);
    const workDoneToken = report ? `rangefinder-${++this.#tokens}` : undefined;
    if (report && workDoneToken) store.add(await watchProgress(client, workDoneToken, report));
    const sent = workDoneToken === undefined ? params : { ...params, workDoneToken };
    try {
      return await client.sendRequest<R>(rpc.method, sent, source.token);
    } catch (thrown) {
      throw this.#meaning(thrown, client);
    } finally {
      signal?.removeEventListener('abort', stop);
      store.dispose();
    }
  }

  get isRunning(): boolean {
    return this.#starting !== undefined;
  }

  /** Starts the server where it is not running: for texts, which ask for nothing themselves. */
  begin(): void {
    // a failure is in the log, and told with the next question
    this.#client().catch(() => undefined);
  }

  /** Ends the server and starts it again; open models come back through their change logs. */
  async restart(): Promise<void> {
    this.#ends = [];
    await this.stop();
    await this.#client();
    this.#restarts.fire();
  }

  /** Ends the server in an orderly way. */
  async stop(): Promise<void> {
    const old = this.#starting;
    this.#starting = undefined;
    await old?.then((client) => client.dispose()).catch(() => undefined);
  }

  dispose(): void {
    void this.stop();
    this.#store.dispose();
  }

  #client(): Promise<LanguageClient> {
    this.#starting ??= this.#start().catch((thrown: unknown) => {
      this.#starting = undefined;
      this.#options.log.error(thrown instanceof Error ? thrown : String(thrown));
      throw new ServerLost(t('The model server could not be started.'));
    });
    return this.#starting;
  }

  async #start(): Promise<LanguageClient> {
    // Loaded here and not at the top: activation must not wait for it.
    const { LanguageClient, State, TransportKind, CloseAction, ErrorAction } =
      await import('vscode-languageclient/node');
    const { module, log } = this.#options;
    const run = { module, transport: TransportKind.ipc };
    const client = new LanguageClient(
      'rangefinder',
      'Rangefinder',
      { run, debug: run },
      {
        documentSelector: textSelector,
        synchronize: {
          fileEvents: (this.#watchers ??= watchedPatterns.map((pattern) =>
            this.#store.add(vscode.workspace.createFileSystemWatcher(pattern)),
          )),
        },
        outputChannel: log,
        initializationOptions: this.#options.initializationOptions(),
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => {
            const mayRestart = this.#countEnd();
            if (mayRestart) return { action: CloseAction.Restart, handled: true };
            this.#starting = undefined;
            const message = t(
              'Rangefinder’s model server ended several times in a row. Run “Quantization: Restart server” to try again.',
            );
            return { action: CloseAction.DoNotRestart, message };
          },
        },
      },
    );
    client.onNotification(stateChanged.method, (state: ModelState) => this.#states.fire(state));
    await client.start();
    let wasLost = false;
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped) wasLost = true;
      if (newState === State.Running && wasLost) {
        wasLost = false;
        this.#restarts.fire();
      }
    });
    return client;
  }

  #countEnd(): boolean {
    const now = Date.now();
    this.#ends = [...this.#ends.filter((end) => now - end < 60_000), now];
    return this.#ends.length <= restartsPerMinute;
  }

  #meaning(thrown: unknown, client: LanguageClient): unknown {
    if (!(thrown instanceof Error)) return thrown;
    const code = 'code' in thrown ? thrown.code : undefined;
    const data = 'data' in thrown ? thrown.data : undefined;
    if (code === requestFailed && isFault(data)) return new Refused(data);
    if (typeof code === 'number' && cancelledCodes.has(code)) return new Stopped();
    if (thrown instanceof vscode.CancellationError) return new Stopped();
    if ((typeof code === 'number' && lostCodes.has(code)) || !client.isRunning()) {
      return new ServerLost();
    }
    return thrown;
  }
}

async function watchProgress(
  client: LanguageClient,
  token: string,
  report: Report,
): Promise<Disposable> {
  const { WorkDoneProgress } = await import('vscode-languageclient/node');
  return client.onProgress(WorkDoneProgress.type, token, (value) => {
    if (value.kind === 'end') return;
    const share = value.percentage === undefined ? undefined : value.percentage / 100;
    const detail = value.message ?? '';
    if (share === undefined) report(detail);
    else report(detail, share);
  });
}

const isFault = (data: unknown): data is Fault =>
  typeof data === 'object' && data !== null && 'code' in data && 'message' in data;
