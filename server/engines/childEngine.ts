import { availableParallelism } from 'node:os';
import type { Job } from '../core/job.ts';
import {
  EngineFault,
  type Engine,
  type EngineModel,
  type EngineSession,
  type Feeds,
} from './engine.ts';
import { diedFault, EngineProcess, type Ask, type Generation } from './engineProcess.ts';
import type { Answers, NamedTensors, OpenSettings, Optimization, SentModel } from './protocol.ts';
import { ChildTasks } from './tasks/childTasks.ts';

/** What an engine in a process of its own is made with. */
export interface ChildEngineOptions {
  /** The child's entry: a bundle, or its source when run from source. */
  readonly childPath: string;
  /** What the child is told on its command line. */
  readonly words?: readonly string[];
  /** Node, or VS Code's own binary; default: the one that runs this. */
  readonly execPath?: string;
  /** Default: all cores but one. */
  readonly threads?: number;
  readonly log?: (line: string) => void;
  /** The child is ended when it was not used for so long; sessions come back when asked. */
  readonly idleMs?: number;
  /** Outputs of both networks together in memory while comparing. */
  readonly compareBudgetBytes?: number;
  /** Values that tasks keep in memory for later ones; more goes to disk. */
  readonly keptLimitBytes?: number;
}

/** How a network is opened. */
export interface OpenOptions {
  /** `all` is faster over many runs; `disabled` loads faster and keeps every operator as written. */
  readonly optimization?: Optimization;
}

/** Whether models can be run on this machine. */
export type Availability =
  | { readonly isAvailable: true; readonly version: string }
  | { readonly isAvailable: false; readonly reason: string };

/** An engine in a process of its own. */
export interface ChildEngine extends Required<Omit<Engine, 'pair'>> {
  open(model: EngineModel, job: Job, options?: OpenOptions): Promise<EngineSession>;
  /** Whether the library can be loaded here; if not, callers go on without running anything. */
  available(job: Job): Promise<Availability>;
  /** The child's process id while it runs. */
  readonly pid: number | undefined;
}

/** An engine whose child is given what `send` makes of a model; that may throw EngineFault. */
export function createChildEngine(
  name: string,
  options: ChildEngineOptions,
  send: (model: EngineModel) => SentModel,
): ChildEngine {
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const {
    childPath,
    words,
    execPath,
    log,
    idleMs = 120_000,
    compareBudgetBytes: budgetBytes = 200 * 2 ** 20,
    keptLimitBytes = 500e6,
  } = options;
  const child = new EngineProcess({ childPath, words, execPath, log, idleMs });
  // Half: one set of outputs is reduced while the next is made.
  const taskSettings = { threads, budgetBytes: budgetBytes / 2, keptLimitBytes };
  const tasks = new ChildTasks(child, send, taskSettings);
  const settings: OpenSettings = { optimization: 'disabled', threads };
  return {
    name,
    get pid() {
      return child.pid;
    },
    async open(model, job, { optimization = 'disabled' } = {}) {
      const session = new Session(child, () => send(model), { optimization, threads }, job);
      await session.open();
      return session;
    },
    async compare(before, after, feeds, values, job) {
      const models = { before: send(before), after: send(after) };
      const differences = await child.exclusively(job, (ask) =>
        ask(
          { kind: 'compare', ...models, feeds: feeds.map(named), values, settings, budgetBytes },
          'Comparing outputs',
        ),
      );
      return [...differences];
    },
    async describe(model, feeds, values, job) {
      const sent = send(model);
      return child.exclusively(job, (ask) =>
        ask(
          { kind: 'describe', model: sent, feeds: named(feeds), values, settings, budgetBytes },
          'Finding shapes',
        ),
      );
    },
    async available(job) {
      try {
        const { version } = await child.exclusively(job, (ask) => ask({ kind: 'hello' }));
        return { isAvailable: true, version };
      } catch (thrown) {
        if (thrown instanceof EngineFault) return { isAvailable: false, reason: thrown.message };
        throw thrown;
      }
    },
    beginTask: (task, job) => tasks.beginTask(task, job),
    reduceKept: (task, indices, job) => tasks.reduceKept(task, indices, job),
    forget: (names) => tasks.forget(names),
    dispose: () => child.dispose(),
  };
}

/** A network, reopened by itself in a new child when ours was ended by us and not by an accident. */
class Session implements EngineSession {
  #at: { readonly generation: Generation; readonly opened: Answers['open'] } | undefined;
  #isReleased = false;

  constructor(
    private readonly child: EngineProcess,
    private readonly model: () => SentModel,
    private readonly settings: OpenSettings,
    private readonly job: Job,
  ) {}

  get runner(): EngineSession['runner'] {
    return this.#at?.opened.runner ?? { name: '', version: '', backend: '', notes: [] };
  }

  get inputs(): EngineSession['inputs'] {
    return (this.#at?.opened.inputs ?? []).map((head) => ({ ...head }));
  }

  get outputs(): EngineSession['outputs'] {
    return (this.#at?.opened.outputs ?? []).map((head) => ({ ...head }));
  }

  async open(): Promise<void> {
    await this.child.exclusively(this.job, (ask) => this.#open(ask));
  }

  async run(feeds: Feeds, outputs?: readonly string[]): ReturnType<EngineSession['run']> {
    const tensors = await this.child.exclusively(this.job, async (ask) => {
      const session = await this.#open(ask);
      return ask({ kind: 'run', session, feeds: named(feeds), outputs });
    });
    return new Map(tensors);
  }

  async release(): Promise<void> {
    const at = this.#at;
    this.#isReleased = true;
    this.#at = undefined;
    if (!at || at.generation.end) return;
    const patient: Job = { checkpoint: () => Promise.resolve() };
    await this.child.exclusively(patient, async (ask) => {
      if (at.generation.end) return;
      await ask({ kind: 'release', session: at.opened.session });
    });
  }

  async #open(ask: Ask): Promise<number> {
    if (this.#isReleased) throw new Error('the session was released');
    if (this.#at && !this.#at.generation.end) return this.#at.opened.session;
    if (this.#at?.generation.end === 'died') throw diedFault();
    const opened = await ask(
      { kind: 'open', model: this.model(), settings: this.settings },
      'Loading the model',
    );
    const generation = this.child.current;
    if (!generation) throw diedFault();
    this.#at = { generation, opened };
    return opened.session;
  }
}

const named = (feeds: Feeds): NamedTensors => [...feeds];
