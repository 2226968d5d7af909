import type { EngineTensor } from '../engine.ts';
import type { NamedTensors, SentTask } from '../protocol.ts';
import type { ReductionResult, ValueAt } from '../sampleTask.ts';
import type { ChildRuntime, OpenNetwork } from '../serveNetworks.ts';
import type { KeptValues } from './keptValues.ts';
import { createReducer, ReductionCheck, type Reducer } from './reducers.ts';
import { groupReductions, sourcesOf, type ReductionGroup } from './valuePlan.ts';

type Outputs = ReadonlyMap<string, EngineTensor>;

/** A task that is open in the child: its networks, and what was made of the samples so far. */
export class TaskRun {
  readonly #reducers: readonly Reducer[];
  readonly #checks: readonly ReductionCheck[];
  #groups: { readonly forDims: string; readonly groups: readonly ReductionGroup[] } | undefined;

  private constructor(
    private readonly task: SentTask,
    private readonly networks: readonly OpenNetwork[],
    private readonly kept: KeptValues,
  ) {
    this.#reducers = task.reductions.map(createReducer);
    this.#checks = task.reductions.map((reduction) => new ReductionCheck(reduction));
  }

  static async open(runtime: ChildRuntime, task: SentTask, kept: KeptValues): Promise<TaskRun> {
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
    return new TaskRun(task, networks, kept);
  }

  /** Runs all networks on a sample, then adds it to everything; where one fails, to nothing. */
  async add(index: number, feeds: NamedTensors): Promise<void> {
    const given = new Map(feeds);
    const ofNetworks = this.task.networks.map(({ takes = [] }, at) => {
      const own = new Map(takes.map(({ input, kept }) => [input, this.kept.get(kept, index)]));
      const inputs = this.networks[at]?.inputs ?? [];
      return inputs.flatMap(({ name }) => {
        const tensor = own.get(name) ?? given.get(name);
        return tensor ? [[name, tensor] as const] : [];
      });
    });
    const [first, ...others] = this.#groupsFor(ofNetworks);
    if (!first) return;
    await this.#run(ofNetworks, first, true, (outputs) => {
      this.#keep(index, outputs);
      try {
        this.#reduce(index, first, outputs);
      } catch (thrown) {
        this.kept.drop(index, keptNames(this.task));
        throw thrown;
      }
    });
    for (const group of others) {
      await this.#run(ofNetworks, group, false, (outputs) => this.#reduce(index, group, outputs));
    }
  }

  results(): ReductionResult[] {
    return this.#reducers.map((reducer) => reducer.result());
  }

  async close(): Promise<void> {
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
    use: (outputs: readonly Outputs[]) => void,
  ): Promise<void> {
    const runFrom = async (at: number, before: readonly Outputs[]): Promise<void> => {
      const network = this.networks[at];
      if (!network) {
        use(before);
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

  #reduce(index: number, group: ReductionGroup, outputs: readonly Outputs[]): void {
    const find = (at: ValueAt): EngineTensor =>
      'kept' in at ? this.kept.get(at.kept, index) : valueOf(outputs[at.network], at.value);
    const values = group.reductions.map((at) => {
      const reduction = this.task.reductions[at];
      return reduction ? sourcesOf(reduction).map(find) : [];
    });
    const accept = group.reductions.map((at, i) => this.#checks[at]?.check(values[i] ?? []));
    for (const each of accept) each?.();
    for (const [i, at] of group.reductions.entries()) {
      this.#reducers[at]?.add(index, values[i] ?? []);
    }
  }
}

const keptNames = (task: SentTask): string[] =>
  task.networks.flatMap(({ keeps = [] }) => keeps.map(({ as }) => as));

function valueOf(outputs: Outputs | undefined, name: string): EngineTensor {
  const value = outputs?.get(name);
  if (!value) throw new Error(`${name} was not handed out`);
  return value;
}

/** An output to ask for where none is wanted. */
const smallest = (network: OpenNetwork): string[] =>
  network.outputs.slice(0, 1).map((head) => head.name);
