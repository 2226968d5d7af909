import { isMainThread } from 'node:worker_threads';
import { EngineFault, type DescribedValue, type EngineTensor, type Runner } from './engine.ts';
import { compareNetworks } from './compareNetworks.ts';
import { groupsWithin, outputBytes } from './outputGroups.ts';
import type {
  Answers,
  Envelope,
  NamedTensors,
  OpenSettings,
  Reply,
  Request,
  SentModel,
  ValueHead,
} from './protocol.ts';
import { serveReducers } from './tasks/reducerThread.ts';
import { TaskServer } from './tasks/taskServer.ts';

/** A network that is open in the child. Nothing else happens while it runs. */
export interface OpenNetwork {
  readonly inputs: readonly ValueHead[];
  /** What can be handed out. */
  readonly outputs: readonly ValueHead[];
  readonly runner: Runner;
  /**
   * Runs once; the outputs named (default: all the model's own) are given to `use`, and may be gone
   * after it.
   */
  run<T>(
    feeds: NamedTensors,
    wanted: readonly string[] | undefined,
    use: (outputs: ReadonlyMap<string, EngineTensor>) => T | Promise<T>,
  ): Promise<T>;
  release(): Promise<void>;
}

/** The library that runs networks, loaded. */
export interface ChildRuntime {
  readonly version: string;
  open(model: SentModel, settings: OpenSettings): Promise<OpenNetwork>;
}

/**
 * Answers the requests of the parent, one after the other; `load` is called with the first. The
 * child's own file is also what its thread runs: there it serves reducers.
 */
export function serveNetworks(load: () => Promise<ChildRuntime>): void {
  if (!isMainThread) {
    serveReducers();
    return;
  }
  const networks = new NetworkServer(load);
  let work = Promise.resolve();
  process.on('message', (message: Envelope) => {
    work = work.then(() => reply(networks, message));
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl+C goes to the whole group; what becomes of us is for the parent to decide.
  process.on('SIGINT', () => undefined);
}

/** Each message costs the parent a turn, and samples may take less time than that. */
const progressEveryMs = 50;

async function reply(networks: NetworkServer, { id, request }: Envelope): Promise<void> {
  try {
    let lastSentMs = performance.now();
    const progress = (done: number, total: number): void => {
      const nowMs = performance.now();
      if (nowMs - lastSentMs < progressEveryMs) return;
      lastSentMs = nowMs;
      send({ id, kind: 'progress', done, total });
    };
    send({ id, kind: 'answer', value: await networks.answer(request, progress) });
  } catch (thrown) {
    if (thrown instanceof EngineFault) {
      send({ id, kind: 'fault', code: thrown.code, message: thrown.message, where: thrown.where });
    } else {
      const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      send({ id, kind: 'bug', stack });
    }
  }
}

function send(message: Reply): void {
  process.send?.(message);
}

class NetworkServer {
  readonly #networks = new Map<number, OpenNetwork>();
  #lastSession = 0;
  readonly #tasks = new TaskServer();
  #runtime: ChildRuntime | undefined;

  constructor(private readonly load: () => Promise<ChildRuntime>) {}

  async answer(
    request: Request,
    progress: (done: number, total: number) => void,
  ): Promise<Answers[keyof Answers]> {
    const runtime = (this.#runtime ??= await this.load());
    switch (request.kind) {
      case 'hello':
        return { version: runtime.version };
      case 'open': {
        const network = await runtime.open(request.model, request.settings);
        this.#networks.set(++this.#lastSession, network);
        const { inputs, outputs, runner } = network;
        return { session: this.#lastSession, inputs, outputs, runner };
      }
      case 'run': {
        const network = this.#networks.get(request.session);
        if (!network) throw new Error(`no session ${request.session}`);
        return network.run(request.feeds, request.outputs, (outputs) =>
          [...outputs].map(([name, output]) => [name, copyOf(output)] as const),
        );
      }
      case 'release':
        await this.#networks.get(request.session)?.release();
        this.#networks.delete(request.session);
        return null;
      case 'describe':
        return describe(runtime, request);
      case 'compare':
        return compare(runtime, request, progress);
      default:
        return this.#tasks.answer(runtime, request, progress);
    }
  }
}

async function describe(
  runtime: ChildRuntime,
  { model, feeds, values, settings, budgetBytes }: Extract<Request, { kind: 'describe' }>,
): Promise<Answers['describe']> {
  const network = await runtime.open(model, settings);
  try {
    const fetched = new Set(network.outputs.map((head) => head.name));
    const names = values.filter((name) => fetched.has(name));
    const described: DescribedValue[] = [];
    for (const group of groupsWithin(names.map(outputBytes(network, feeds)), budgetBytes)) {
      const wanted = group.map((at) => names[at] ?? '');
      await network.run(feeds, wanted, (outputs) => {
        for (const [name, { type, dims }] of outputs) described.push({ name, type, dims });
      });
    }
    return described;
  } finally {
    await network.release();
  }
}

async function compare(
  runtime: ChildRuntime,
  request: Extract<Request, { kind: 'compare' }>,
  progress: (done: number, total: number) => void,
): Promise<Answers['compare']> {
  const before = await runtime.open(request.before, request.settings);
  try {
    const after = await runtime.open(request.after, request.settings);
    try {
      const { feeds, values, budgetBytes } = request;
      return await compareNetworks(before, after, feeds, values, budgetBytes, progress);
    } finally {
      await after.release();
    }
  } finally {
    await before.release();
  }
}

/** Elements that outlive the output they came from. */
const copyOf = (tensor: EngineTensor): EngineTensor => ({
  ...tensor,
  values: tensor.values.slice(),
});
