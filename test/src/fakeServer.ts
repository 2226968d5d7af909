import type { ModelState } from '../../server/protocol/model.ts';
import type { Fault, LoggedChange, Rpc } from '../../server/protocol/requests.ts';
import { Emitter } from '../../src/emitter.ts';
import { Refused, ServerLost, Stopped } from '../../src/server/answers.ts';
import type { AskOptions, Server } from '../../src/server/server.ts';
import { modelState } from './modelStates.ts';

interface Sent {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A server that keeps change ids and revisions as the real one does, and fails when told to. */
export class FakeServer implements Server {
  readonly sent: Sent[] = [];
  readonly #states = new Emitter<ModelState>();
  readonly #restarts = new Emitter<void>();
  readonly onState = this.#states.event;
  readonly onRestart = this.#restarts.event;
  /** What the next requests of a method end with, in order. */
  readonly failures = new Map<string, Error[]>();
  /** Requests wait for it, where it is set. */
  gate: Promise<void> | undefined;
  /** The next answer waits for it after it was made, where it is set. */
  late: Promise<void> | undefined;
  /** What applying says. */
  notes: readonly string[] = [];
  /** What saving says. */
  saveNotes: readonly string[] = [];
  #isOpen = false;
  #revision = 0;
  #applied: LoggedChange[] = [];
  #known: LoggedChange[] = [];
  #saved: LoggedChange[] = [];
  #preview = false;

  /** The methods that were sent, without their common beginning and without reading the log. */
  get methods(): string[] {
    return this.sent.map(({ method }) => method).filter((method) => method !== 'log');
  }

  async ask<P, R>(rpc: Rpc<P, R>, params: P, options: AskOptions = {}): Promise<R> {
    const method = rpc.method.replace('rangefinder/', '');
    const given = params as Record<string, unknown>;
    this.sent.push({ method, params: given });
    await this.gate;
    await Promise.resolve();
    if (options.signal?.aborted) throw new Stopped();
    const failure = this.failures.get(method)?.shift();
    if (failure !== undefined) throw failure;
    const { late } = this;
    this.late = undefined;
    const answer = this.#answer(method, given) as R;
    await late;
    return answer;
  }

  failNext(method: string, fault: Partial<Fault> | Error): void {
    const thrown =
      fault instanceof Error ? fault : new Refused({ code: '', message: '', ...fault });
    this.failures.set(method, [...(this.failures.get(method) ?? []), thrown]);
  }

  /** The process ends: models are forgotten. With `isBack` it says that it runs again. */
  die({ isBack }: { readonly isBack: boolean }): void {
    this.#isOpen = false;
    this.#applied = this.#known = this.#saved = [];
    this.#revision = 0;
    if (isBack) this.#restarts.fire();
  }

  /** Sends a state that nobody asked for. */
  publish(more: Partial<ModelState>): void {
    this.#states.fire(this.#state(more));
  }

  #state(more: Partial<ModelState> = {}): ModelState {
    const changes = this.#applied.map(({ id, step, label }) => ({
      id,
      step,
      label,
      note: 'exact',
    }));
    const preview = this.#preview ? { preview: { title: 'Fold', steps: ['fold' as const] } } : {};
    return modelState({ revision: this.#revision, changes, ...preview, ...more });
  }

  #answer(method: string, params: Record<string, unknown>): unknown {
    if (method === 'open') return this.#open(params);
    if (!this.#isOpen) throw new Refused({ code: 'unknown-model', message: 'not open' });
    const isForAny = method === 'close' || method === 'log';
    if (!isForAny && params['revision'] !== this.#revision) {
      throw new Refused({ code: 'stale', message: `revision ${this.#revision}` });
    }
    switch (method) {
      case 'apply':
        return this.#apply(params['steps'] as { step: 'fold' }[]);
      case 'setChanges':
        return this.#setChanges(params['ids'] as number[]);
      case 'log':
        return this.#log();
      case 'save':
        if (params['to'] === undefined) this.#saved = this.#applied;
        this.#revision++;
        return { state: this.#state(), notes: this.saveNotes };
      case 'revert':
        this.#applied = this.#saved = [];
        break;
      case 'preview':
        this.#preview = true;
        break;
      case 'discardPreview':
      case 'setTarget':
        this.#preview = false;
        break;
      default:
    }
    if (method === 'close') return null;
    this.#revision++;
    return this.#state();
  }

  #open({ log }: Record<string, unknown>): ModelState {
    const given = log as { changes: LoggedChange[]; saved?: LoggedChange[] } | undefined;
    this.#isOpen = true;
    this.#saved = given?.saved ?? [];
    this.#applied = this.#known = [...this.#saved, ...(given?.changes ?? [])];
    this.#revision++;
    return this.#state();
  }

  #apply(steps: readonly { readonly step: 'fold' | 'equalize' | 'absorb' }[]): unknown {
    this.#preview = false;
    const first = Math.max(0, ...this.#known.map(({ id }) => id)) + 1;
    const changes = steps.map(({ step }, i) => ({ id: first + i, step, options: {}, label: step }));
    this.#applied = [...this.#applied, ...changes];
    this.#known = [...this.#known, ...changes];
    this.#revision++;
    return { state: this.#state(), changes, notes: this.notes };
  }

  #setChanges(ids: readonly number[]): ModelState {
    this.#applied = ids.map((id) => {
      const change = this.#known.find((one) => one.id === id);
      if (!change) throw new Refused({ code: 'unknown-change', message: `no change ${id}` });
      return change;
    });
    this.#revision++;
    return this.#state();
  }

  #log(): unknown {
    const isSaved = (change: LoggedChange): boolean =>
      this.#saved.some(({ id }) => id === change.id);
    const changes = this.#applied.filter((change) => !isSaved(change));
    return {
      version: 1,
      uri: 'file:///models/net.onnx',
      fileHash: 'hash',
      changes,
      saved: this.#saved,
    };
  }
}

/** What a request that was under way when the process ended is answered with. */
export const lost = (): Error => new ServerLost();
