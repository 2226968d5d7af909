import { availableParallelism } from 'node:os';
import type { Job } from '../../core/job.ts';
import {
  EngineFault,
  type Engine,
  type EngineModel,
  type EngineSession,
  type Feeds,
} from '../engine.ts';
import { diedFault, EngineProcess, type Ask, type Generation } from './engineProcess.ts';
import type { Answers, NamedTensors, OpenSettings, Optimization } from './protocol.ts';

export interface OnnxRuntimeOptions {
  /** The child's entry: dist/engine.js, or child.ts when run from source. */
  readonly childPath: string;
  /** Node, or VS Code's own binary; default: the one that runs this. */
  readonly execPath?: string;
  /** Default: all cores but one. */
  readonly threads?: number;
  readonly log?: (line: string) => void;
  /** The child is ended when it was not used for so long; sessions come back when asked. */
  readonly idleMs?: number;
  /** Outputs of both networks together in memory while comparing. */
  readonly compareBudgetBytes?: number;
}

export interface OpenOptions {
  /** `all` is faster over many runs; `disabled` loads faster and keeps every operator as written. */
  readonly optimization?: Optimization;
}

/** Whether models can be run on this machine. */
export type Availability =
  | { readonly isAvailable: true; readonly version: string }
  | { readonly isAvailable: false; readonly reason: string };

export interface OnnxRuntimeEngine extends Engine {
  open(model: EngineModel, job: Job, options?: OpenOptions): Promise<EngineSession>;
  /** Whether the runtime can be loaded here; if not, callers go on without running anything. */
  available(job: Job): Promise<Availability>;
  describe: NonNullable<Engine['describe']>;
  /** The child's process id while it runs. */
  readonly pid: number | undefined;
}

/** ONNX Runtime in a child process of its own. */
export function createOnnxRuntimeEngine(options: OnnxRuntimeOptions): OnnxRuntimeEngine {
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const {
    childPath,
    execPath,
    log,
    idleMs = 120_000,
    compareBudgetBytes = 200 * 2 ** 20,
  } = options;
  const child = new EngineProcess({ childPath, execPath, log, idleMs });
  return {
    name: 'onnxruntime',
    get pid() {
      return child.pid;
    },
    async open(model, job, { optimization = 'disabled' } = {}) {
      const session = new Session(child, model, { optimization, threads }, job);
      await session.open();
      return session;
    },
    async compare(before, after, feeds, values, job) {
      const differences = await child.exclusively(job, (ask) =>
        ask(
          {
            kind: 'compare',
            before: bare(before),
            after: bare(after),
            feeds: feeds.map(named),
            values,
            settings: { optimization: 'disabled', threads },
            budgetBytes: compareBudgetBytes,
          },
          'Comparing outputs',
        ),
      );
      return [...differences];
    },
    async describe(model, feeds, values, job) {
      const settings = { optimization: 'disabled' as const, threads };
      return child.exclusively(job, (ask) =>
        ask(
          {
            kind: 'describe',
            model: bare(model),
            feeds: named(feeds),
            values,
            settings,
            budgetBytes: compareBudgetBytes,
          },
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
    dispose: () => child.dispose(),
  };
}

/** A network, reopened by itself in a new child when ours was ended by us and not by an accident. */
class Session implements EngineSession {
  #at: { readonly generation: Generation; readonly opened: Answers['open'] } | undefined;
  #isReleased = false;

  constructor(
    private readonly child: EngineProcess,
    private readonly model: EngineModel,
    private readonly settings: OpenSettings,
    private readonly job: Job,
  ) {}

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
      { kind: 'open', model: bare(this.model), settings: this.settings },
      'Loading the model',
    );
    const generation = this.child.current;
    if (!generation) throw diedFault();
    this.#at = { generation, opened };
    return opened.session;
  }
}

/** Only what crosses: an encoded model may carry more. */
const bare = ({ bytes, folder }: EngineModel): EngineModel => ({ bytes, folder });

const named = (feeds: Feeds): NamedTensors => [...feeds];
