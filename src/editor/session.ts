import type { ModelState } from '../../server/protocol/model.ts';
import type { DataChoice } from '../../server/protocol/data.ts';
import {
  chooseData,
  closeModel,
  openModel,
  previewRepair,
  previewSteps,
  readLog,
  type ChangeLog,
  type LoggedChange,
  type OnModel,
  type Rpc,
  type StepRequest,
} from '../../server/protocol/requests.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import { Refused, ServerLost, Stopped } from '../server/answers.ts';
import type { AskOptions, Server } from '../server/server.ts';

/**
 * One open model on the server. It keeps what is needed to open it again (target and change log),
 * so that a server that ended costs time and not work, and it puts requests that change something
 * in a row, so that each is sent with the revision that the one before left.
 */
export class Session {
  readonly uri: string;
  readonly #server: Server;
  /** Every change that was ever made here, to do it again after the server ended. */
  readonly #known = new Map<number, LoggedChange>();
  #target: TargetSettings;
  #log: ChangeLog | undefined;
  #revision = 0;
  #row: Promise<unknown> = Promise.resolve();
  #reopening: Promise<ModelState> | undefined;
  #isClosed = false;
  /** Settles with the next state of another revision. */
  #accepted: Promise<void>;
  #accept: () => void = () => undefined;
  /** Layers that corrections leave alone, by name. */
  leftAlone: readonly string[] = [];
  /** The samples that the server has open for it; to choose them again. */
  data: DataChoice | undefined;

  constructor(uri: string, target: TargetSettings, server: Server) {
    this.uri = uri;
    this.#target = target;
    this.#server = server;
    this.#accepted = this.#nextAccepted();
  }

  /** The change log as of the last change; absent before the model was opened. */
  get log(): ChangeLog | undefined {
    return this.#log;
  }

  set target(target: TargetSettings) {
    this.#target = target;
  }

  /** Opens the model, doing again what the log says. Throws what the server says. */
  open(log: ChangeLog | undefined, options: AskOptions): Promise<ModelState> {
    this.#log = log;
    return this.#inRow(() => this.#logged(() => this.#open(log, options)));
  }

  /** Sends a request that changes the model or its state; one after the other. */
  change<P extends OnModel, R>(
    rpc: Rpc<P, R>,
    params: Omit<P, keyof OnModel>,
    options: AskOptions,
  ): Promise<R> {
    return this.#inRow(() => this.#ask(rpc, params, options));
  }

  /**
   * Sends a request that makes, takes back or saves changes, and reads the log before anything else
   * is sent: a backup never waits for what comes next, and a reopening never has an older log.
   */
  edit<P extends OnModel, R>(
    rpc: Rpc<P, R>,
    params: Omit<P, keyof OnModel>,
    options: AskOptions,
  ): Promise<R> {
    return this.#inRow(() => this.#logged(() => this.#ask(rpc, params, options)));
  }

  /** Asks for the state as it would be after these steps, or after a repair. */
  preview(steps: readonly StepRequest[] | 'repair', options: AskOptions): Promise<ModelState> {
    return steps === 'repair'
      ? this.change(previewRepair, {}, options)
      : this.change(previewSteps, { steps }, options);
  }

  /**
   * Sends a request that only looks; it does not wait for the row, but for the answer to a change
   * that was faster on the server.
   */
  look<P extends OnModel, R>(
    rpc: Rpc<P, R>,
    params: Omit<P, keyof OnModel>,
    options: AskOptions = {},
  ): Promise<R> {
    return this.#ask(rpc, params, options, () => Promise.race([this.#accepted, this.#row]));
  }

  /**
   * Opens the model again after the server ended, with the changes of the last log; once for all
   * who need it. Who waits for another is not stopped with it.
   */
  async reopen(options: AskOptions = {}): Promise<ModelState> {
    const underWay = this.#reopening;
    if (underWay) {
      try {
        return await underWay;
      } catch (thrown) {
        if (!(thrown instanceof Stopped) || options.signal?.aborted) throw thrown;
        return this.reopen(options);
      }
    }
    this.#reopening = this.#open(this.#log, options).finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /** Opens the model again with exactly these changes, from the log and what was made here. */
  reopenWith(ids: readonly number[], options: AskOptions): Promise<ModelState> {
    return this.#inRow(() => {
      const log = this.#log;
      const inFile = new Set(log?.saved?.map(({ id }) => id));
      const changes = ids.flatMap((id) => (inFile.has(id) ? [] : (this.#known.get(id) ?? [])));
      return this.#logged(() => this.#open(log && { ...log, changes }, options));
    });
  }

  /** Nothing more is asked: a model that was closed must not be opened again by what waits. */
  close(): void {
    this.#isClosed = true;
    this.#server.ask(closeModel, { uri: this.uri }).catch(() => undefined);
  }

  /** Takes a state in: what the server sent is what the next request is about. */
  accept(state: ModelState): void {
    if (state.revision === this.#revision) return;
    this.#revision = state.revision;
    this.#accept();
    this.#accepted = this.#nextAccepted();
  }

  /** Remembers changes, so that undo and redo work across an end of the server. */
  remember(changes: readonly LoggedChange[]): void {
    for (const change of changes) this.#known.set(change.id, change);
  }

  /** Fetches the change log after the work: what a backup holds and what a reopening replays. */
  async #logged<R>(work: () => Promise<R>): Promise<R> {
    const reply = await work();
    this.#log = await this.#ask(readLog, {}, {});
    this.remember(this.#log.changes);
    return reply;
  }

  #nextAccepted(): Promise<void> {
    return new Promise((resolve) => (this.#accept = resolve));
  }

  async #open(log: ChangeLog | undefined, options: AskOptions): Promise<ModelState> {
    if (this.#isClosed) throw new Stopped();
    const again = log && log.changes.length > 0 ? { log: { ...log, uri: this.uri } } : {};
    const alone = this.leftAlone.length > 0 ? { leftAlone: this.leftAlone } : {};
    const params = { uri: this.uri, target: this.#target, ...again, ...alone };
    const state = await this.#server.ask(openModel, params, options);
    this.accept(state);
    if (log) this.remember(log.changes);
    return this.data === undefined ? state : this.#chooseAgain(this.data, state, options);
  }

  /** Samples that cannot be opened any more are let go: the model is there without them. */
  async #chooseAgain(
    data: DataChoice,
    state: ModelState,
    options: AskOptions,
  ): Promise<ModelState> {
    try {
      const params = { uri: this.uri, revision: state.revision, data };
      const again = await this.#server.ask(chooseData, params, options);
      this.accept(again);
      return again;
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown;
      this.data = undefined;
      return state;
    }
  }

  async #ask<P extends OnModel, R>(
    rpc: Rpc<P, R>,
    params: Omit<P, keyof OnModel>,
    options: AskOptions,
    newer: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<R> {
    const send = (): Promise<R> => {
      if (this.#isClosed) throw new Stopped();
      const full = { ...params, uri: this.uri, revision: this.#revision } as P; // what Omit took out
      return this.#server.ask(rpc, full, options);
    };
    for (let tries = 0; ; tries++) {
      const revision = this.#revision;
      try {
        // What is sent between its opening and the choice of its samples would cost it those.
        if (this.#reopening) await this.reopen(options);
        return await send();
      } catch (thrown) {
        const code = thrown instanceof Refused ? thrown.fault.code : undefined;
        if (code === 'stale') {
          if (revision === this.#revision) await newer();
          if (revision === this.#revision && tries > 0) throw thrown;
          continue;
        }
        if (!(thrown instanceof ServerLost) && code !== 'unknown-model') throw thrown;
        await this.reopen(options);
        return send();
      }
    }
  }

  #inRow<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#row.then(work, work);
    this.#row = turn.catch(() => undefined);
    return turn;
  }
}
