import type { EngineTensor } from '../engine.ts';
import { moveChannels } from '../moveChannels.ts';
import type { NamedTensors, SentTask } from '../protocol.ts';
import type { ReductionResult, TaskNetwork, ValueAt } from '../sampleTask.ts';
import type { ChildRuntime, OpenNetwork } from '../serveNetworks.ts';
import type { KeptValues } from './keptValues.ts';
import { ReductionCheck } from './reducers.ts';
import { ReducerSet, type ReducingSide, type SourceValues } from './reducerSet.ts';
import type { ReducerThread } from './reducerThread.ts';
import { groupReductions, sourcesOf, type ReductionGroup } from './valuePlan.ts';

type Outputs = ReadonlyMap<string, EngineTensor>;

/** A task whose networks are loaded: their bytes are not needed any more. */
type Task = Omit<SentTask, 'networks'> & {
  readonly networks: readonly Omit<TaskNetwork, 'model'>[];
};

/** A task that is open in the child: its networks, and what was made of the samples so far. */
export class TaskRun {
  #reducing: ReducingSide | undefined;
  readonly #checks: readonly ReductionCheck[];
  #groups: { readonly forDims: string; readonly groups: readonly ReductionGroup[] } | undefined;

  private constructor(
    private readonly task: Task,
    private readonly networks: readonly OpenNetwork[],
    private readonly kept: KeptValues,
    private readonly thread: () => ReducerThread,
  ) {
    this.#checks = task.reductions.map((reduction) => new ReductionCheck(reduction));
  }

  /** `thread`: where values are reduced that take longer than they take to hand over. */
  static async open(
    runtime: ChildRuntime,
    task: SentTask,
    kept: KeptValues,
    thread: () => ReducerThread,
  ): Promise<TaskRun> {
    const networks: OpenNetwork[] = [];
    try {
      for (const { model, useIntegerKernels } of task.networks) {
        const settings = {
          optimization: 'all',
          threads: task.threads,
          keepQuantizePairs: !useIntegerKernels,
        } as const;
        networks.push(await runtime.open(model, settings));
      }
    } catch (thrown) {
      for (const network of networks) await network.release();
      throw thrown;
    }
    for (const name of keptNames(task)) kept.begin(name);
    return new TaskRun(withoutModels(task), networks, kept, thread);
  }

  /** Runs all networks on a sample, then adds it to everything; where one fails, to nothing. */
  async add(index: number, feeds: NamedTensors): Promise<void> {
    const given = new Map(feeds);
    const ofNetworks = this.task.networks.map(({ takes = [], reads = [] }, at) => {
      const own = new Map([
        ...reads.map(({ input, feed }) => [input, given.get(feed)] as const),
        ...takes.map(({ input, kept }) => [input, this.kept.get(kept, index)] as const),
      ]);
      const inputs = this.networks[at]?.inputs ?? [];
      return inputs.flatMap(({ name }) => {
        const tensor = own.get(name) ?? given.get(name);
        return tensor ? [[name, tensor] as const] : [];
      });
    });
    const fed = new Set(ofNetworks.flatMap((each) => each.map(([, { values }]) => values.buffer)));
    const [first, ...others] = this.#groupsFor(ofNetworks);
    if (!first) return;
    await this.#run(ofNetworks, first, true, async (outputs) => {
      this.#keep(index, outputs);
      try {
        await this.#reduce(index, first, outputs, fed);
      } catch (thrown) {
        this.kept.drop(index, keptNames(this.task));
        throw thrown;
      }
    });
    for (const group of others) {
      await this.#run(ofNetworks, group, false, (outputs) =>
        this.#reduce(index, group, outputs, fed),
      );
    }
    this.kept.drop(index, this.task.drops);
  }

  async results(): Promise<readonly ReductionResult[]> {
    this.#reducing ??= new ReducerSet(this.task.reductions);
    return this.#reducing.results();
  }

  async close(): Promise<void> {
    await this.#reducing?.close();
    for (const network of this.networks) await network.release();
  }

  #groupsFor(feeds: readonly NamedTensors[]): readonly ReductionGroup[] {
    const forDims = feeds
      .flatMap((each) => each.map(([name, { dims }]) => `${name}:${dims.join()}`))
      .join(';');
    if (this.#groups?.forDims !== forDims) {
      const keeps = this.task.networks.map((one) => (one.keeps ?? []).map(({ value }) => value));
      const { reductions, budgetBytes } = this.task;
      const groups = groupReductions(reductions, keeps, this.networks, feeds, budgetBytes);
      this.#groups = { forDims, groups };
    }
    return this.#groups.groups;
  }

  /** Runs the networks of which the group wants something, or all; then all outputs are there. */
  async #run(
    feeds: readonly NamedTensors[],
    { wanted }: ReductionGroup,
    runsAll: boolean,
    use: (outputs: readonly Outputs[]) => Promise<void>,
  ): Promise<void> {
    const runFrom = async (at: number, before: readonly Outputs[]): Promise<void> => {
      const network = this.networks[at];
      if (!network) {
        await use(before);
        return;
      }
      const fed = feeds[at] ?? [];
      const names = wanted[at] ?? [];
      const next = (outputs: Outputs): Promise<void> =>
        runFrom(at + 1, [...before, new Map([...fed, ...outputs])]);
      if (names.length > 0) await network.run(fed, names, next);
      else if (!runsAll) await next(new Map());
      else await network.run(fed, smallest(network), next);
    };
    await runFrom(0, []);
  }

  #keep(index: number, outputs: readonly Outputs[]): void {
    const values = new Map<string, EngineTensor>();
    for (const [at, { keeps = [] }] of this.task.networks.entries()) {
      for (const { value, as } of keeps) values.set(as, valueOf(outputs[at], value));
    }
    this.kept.keep(index, values);
  }

  async #reduce(
    index: number,
    group: ReductionGroup,
    outputs: readonly Outputs[],
    fed: ReadonlySet<ArrayBufferLike>,
  ): Promise<void> {
    const own = new Set<EngineTensor['values']>();
    const find = (at: ValueAt): EngineTensor => {
      if ('kept' in at) return this.kept.get(at.kept, index);
      const tensor = valueOf(outputs[at.network], at.value);
      const moved = at.move ? moveChannels(tensor, at.move) : tensor;
      if (!fed.has(moved.values.buffer)) own.add(moved.values);
      return moved;
    };
    const sources = group.reductions.map((at) => {
      const reduction = this.task.reductions[at];
      return { at, values: reduction ? sourcesOf(reduction).map(find) : [] };
    });
    const accept = sources.map(({ at, values }) => this.#checks[at]?.check(values));
    for (const each of accept) each?.();
    this.#reducing ??=
      sizeOf(sources) < threadedBytes
        ? new ReducerSet(this.task.reductions)
        : this.thread().begin(this.task.reductions);
    await this.#reducing.add(index, sources, own);
  }
}

/** Values of a sample from which on reducing them in a thread is worth its start. */
const threadedBytes = 2e6;

const sizeOf = (sources: SourceValues): number =>
  sources.reduce((sum, { values }) => sum + values.reduce((n, v) => n + v.values.byteLength, 0), 0);

const withoutModels = (task: SentTask): Task => ({
  ...task,
  networks: task.networks.map(({ takes = [], reads = [], keeps = [] }) => ({
    takes,
    reads,
    keeps,
  })),
});

const keptNames = (task: Pick<Task, 'networks'>): string[] =>
  task.networks.flatMap(({ keeps = [] }) => keeps.map(({ as }) => as));

function valueOf(outputs: Outputs | undefined, name: string): EngineTensor {
  const value = outputs?.get(name);
  if (!value) throw new Error(`${name} was not handed out`);
  return value;
}

/** An output to ask for where none is wanted. */
const smallest = (network: OpenNetwork): string[] =>
  network.outputs.slice(0, 1).map((head) => head.name);
