import { setImmediate } from 'node:timers/promises';
import { GraphDraft } from '../core/graph/draft.ts';
import { isStandard, type Graph, type Node } from '../core/graph/graph.ts';
import { layerOf, layersOf, type Layer } from '../core/graph/layer.ts';
import { floatTensor } from '../core/graph/tensorValues.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { BiasError } from '../core/passes/correctBiases.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { addToBias } from '../core/sets/addToBias.ts';
import type { Reduction, ReductionResult } from '../engines/sampleTask.ts';
import { simulateOptions } from './calibrate.ts';
import { encoded, type QuantizeContext } from './context.ts';
import { Frontier, type FrontierStep } from './frontier.ts';
import { meansOf, meansReduction, pooledReduction, valueOfMeans } from './layerMeans.ts';
import { isMostlyLeftOut } from './overflows.ts';
import { insertPool, isMore, isPointwise, poolsOf, type Pool } from './pooledMeans.ts';
import { runKept, within } from './runKept.ts';
import { isOneByOne, type TaskSamples } from './runTask.ts';

/** What the walk through the rounded network goes by. */
export interface Walk {
  /** In the order of the network. */
  readonly wanted: readonly Layer[];
  /** Corrections known beforehand; they are in force from the start. */
  readonly given: readonly BiasError[];
  readonly encodings: EncodingSet;
  /** What the float network says of the layers, and its means of their outputs, by place. */
  readonly results: readonly (ReductionResult | undefined)[];
  readonly meansAt: (place: number) => Float64Array;
  readonly on: TaskSamples;
}

/** What it found: layers without a mean have errors that are not finite. */
export interface Walked {
  readonly errors: readonly BiasError[];
  readonly results: readonly (ReductionResult | undefined)[];
}

/**
 * Layer by layer through the rounded network, those before corrected. The walk stops before a layer
 * whose input tells its mean, and behind one whose output is no more to keep than its input: what is
 * kept is without the correction then, which is added when the walk goes on.
 */
export async function walkRounded(context: QuantizeContext, walk: Walk, job: Job): Promise<Walked> {
  const steps = new RoundedWalk(context, walk);
  const errors: BiasError[] = [];
  const results: (ReductionResult | undefined)[] = [];
  try {
    for (const [done, { name }] of walk.wanted.entries()) {
      const step = within(job, done, walk.wanted.length, `Correcting ${name}`);
      await step.checkpoint(done, walk.wanted.length);
      const { error, result } = await steps.correct(done, step);
      errors.push({ layer: name, error });
      results.push(result);
    }
  } finally {
    await steps.end();
  }
  return { errors, results };
}

interface Measured {
  readonly error: readonly number[];
  readonly result: ReductionResult | undefined;
}

type Means = Extract<ReductionResult, { kind: 'means' }>;

class RoundedWalk {
  #graph: Graph;
  readonly #frontier: Frontier;
  readonly #pools: ReadonlyMap<Layer, Pool>;
  /** What values were called before they were corrected. */
  readonly #origins = new Map<string, string>();
  /** Means of the channels of such values. */
  readonly #known = new Map<string, Means>();

  constructor(
    private readonly context: QuantizeContext,
    private readonly walk: Walk,
  ) {
    const { wanted, given, encodings, on } = walk;
    const simulation = simulateGraph(context.graph, encodings, simulateOptions(context));
    this.#graph = simulation.graph;
    for (const { layer: name, error } of given) {
      const layer = layersOf(this.#graph, wiringOf(this.#graph)).find((one) => one.name === name);
      if (layer) this.#graph = withBias(this.#graph, layer, error);
    }
    this.#frontier = new Frontier(context.types);
    this.#frontier.knowRounded(simulation.rounded);
    this.#pools = poolsOf(context, wanted, isOneByOne(on));
  }

  end(): Promise<void> {
    return this.#frontier.end(this.context.engine);
  }

  /** The error of the layer at this place, which is corrected from here on. */
  async correct(place: number, job: Job): Promise<Measured> {
    const layer = this.walk.wanted[place] as Layer;
    const node = this.#graph.nodes.find(({ id }) => id === layer.node.id);
    const own = node && layerOf(node, wiringOf(this.#graph));
    if (!own) throw new Error(`${layer.name} is no layer any more`);
    const pool = this.#poolBehind(layer);
    return pool ? this.#behind(own, place, pool, job) : this.#before(own, place, job);
  }

  /** Where what tells the mean is averaged, of a layer that the walk stops behind. */
  #poolBehind(layer: Layer): Pool | undefined {
    const { dimsOf, graph } = this.context;
    const isFed = graph.inputs.some(({ name }) => name === layer.input);
    const isWider = isMore(dimsOf(layer.output), dimsOf(layer.input));
    return isFed || isWider ? undefined : this.#pools.get(layer);
  }

  async #before(layer: Layer, place: number, job: Job): Promise<Measured> {
    const value = valueOfMeans(layer);
    const reference = this.#reference(place);
    const result = this.context.graph.inputs.some(({ name }) => name === value)
      ? // The model's input is what it is: nothing before it is rounded or corrected.
        this.walk.results[place]
      : ((isPointwise(layer) ? this.#known.get(value) : undefined) ??
        (await this.#measureBefore(layer, value, job)));
    const error = this.#errorOf(layer, place, result, await reference);
    this.#graph = withBias(this.#graph, layer, error);
    return { error, result };
  }

  async #measureBefore(
    layer: Layer,
    value: string,
    job: Job,
  ): Promise<ReductionResult | undefined> {
    const graph = this.#graph;
    const step = this.#frontier.step(graph, graph.nodes.indexOf(layer.node));
    const isKept = this.#frontier.kept.has(value) && !step.compute.includes(value);
    const of = isKept ? { kept: this.#frontier.keptName(value) } : { network: 0, value };
    const reduction = meansReduction(layer, of, this.context);
    return (await this.#run(graph, step, isKept ? [] : [value], [reduction], job))[0];
  }

  async #behind(layer: Layer, place: number, pool: Pool, job: Job): Promise<Measured> {
    const graph = this.#graph;
    const end = this.#endOf(layer, place);
    const told = new Set([pool.isInput ? layer.input : layer.output]);
    if (this.walk.wanted[place + 1]?.input === end.value) told.add(end.value);
    const pooled = withPools(graph, told, pool.kernel);
    const step = this.#frontier.step(graph, graph.nodes.indexOf(end.node) + 1);
    const reductions = pooled.values.map((value) => pooledReduction({ network: 0, value }));
    const running = this.#run(pooled.graph, step, pooled.values, reductions, job);
    const reference = this.#reference(place);
    const [result, ofEnd = told.has(end.value) ? result : undefined] = await running;
    const error = this.#errorOf(layer, place, result, await reference, pool.isInput);
    const isFinite = error.every(Number.isFinite);
    const name = isFinite ? this.#addBehind(end, layer, error) : end.value;
    if (ofEnd?.kind === 'means') this.#known.set(name, isFinite ? shifted(ofEnd, error) : ofEnd);
    return { error, result };
  }

  /**
   * Up to where an amount added to the layer's output may be added just as well: behind Adds of
   * values of the same size, as long as no other layer comes first.
   */
  #endOf({ node: first, output }: Layer, place: number): { node: Node; value: string } {
    const { nodes } = this.#graph;
    const wiring = wiringOf(this.#graph);
    const nextId = this.walk.wanted[place + 1]?.node.id;
    const limit = nextId === undefined ? 0 : nodes.findIndex(({ id }) => id === nextId);
    const dims = this.#dimsOf(output)?.join();
    let end = { node: first, value: output };
    for (;;) {
      const [user] = wiring.users(end.value);
      const isAlone = wiring.useCount(end.value) === 1 && user?.op === 'Add' && isStandard(user);
      if (!user || !isAlone || nodes.indexOf(user) > limit) return end;
      const [value = ''] = user.outputs;
      const isSame = (name: string): boolean => this.#dimsOf(name)?.join() === dims;
      if (![...user.inputs, value].every(isSame)) return end;
      end = { node: user, value };
    }
  }

  #dimsOf(value: string): readonly number[] | undefined {
    return this.context.dimsOf(this.#origins.get(value) ?? value);
  }

  /** Takes the error from a value that is kept; returns what it is called now. */
  #addBehind(end: { node: Node; value: string }, layer: Layer, error: readonly number[]): string {
    const draft = new GraphDraft(this.#graph);
    const { value, node } = end;
    const name = draft.freshName(`${value} corrected`);
    const amount = draft.freshName(`${value} correction`);
    const ones = layer.weight.dims.slice(2).fill(1);
    const values = Float64Array.from(error, (one) => -one);
    draft.setTensor(amount, floatTensor(amount, [error.length, ...ones], values, 'float32'));
    for (const user of draft.users(value)) {
      const inputs = user.inputs.map((input) => (input === value ? name : input));
      draft.setNode({ ...user, inputs });
    }
    const add = { op: 'Add', domain: '', attributes: new Map(), captures: [] };
    draft.insertNode(
      { ...add, name, inputs: [value, amount], outputs: [name] },
      draft.nextOf(node.id),
    );
    this.#graph = draft.close();
    this.#origins.set(name, this.#origins.get(value) ?? value);
    this.#frontier.knowName(name, value);
    return name;
  }

  /** The float means of a layer's output, computed while the engine runs. */
  async #reference(place: number): Promise<Float64Array> {
    await setImmediate();
    return this.walk.meansAt(place);
  }

  #errorOf(
    layer: Layer,
    place: number,
    result: ReductionResult | undefined,
    reference: Float64Array,
    isTold?: boolean,
  ): number[] {
    const { results, on } = this.walk;
    return [results[place], result].some((one) => isMostlyLeftOut(one, on))
      ? new Array<number>(layer.outChannels).fill(NaN)
      : difference(meansOf(layer, result, isTold), reference);
  }

  /** Computes what the step keeps, and the values that the reductions are of. */
  async #run(
    graph: Graph,
    step: FrontierStep,
    values: readonly string[],
    reductions: readonly Reduction[],
    job: Job,
  ): Promise<readonly ReductionResult[]> {
    const { engine, document } = this.context;
    const { on } = this.walk;
    const frontier = this.#frontier;
    const run = [...new Set([...step.compute, ...values])];
    const keeps = step.compute.map((value) => ({ value, as: frontier.keptName(value) }));
    const cut = frontier.network(graph, run, { keeps });
    if (!cut) {
      // A network with sub-graphs cannot be cut: it is run whole for this layer.
      const model = encoded({ document, graph }, values);
      return runKept(engine, { networks: [{ model }], reductions }, on, true, job);
    }
    const drops = step.forget.map((name) => frontier.keptName(name));
    const networks = run.length > 0 ? [cut.network] : [];
    const results = await runKept(engine, { networks, reductions, drops }, on, cut.needsFeeds, job);
    frontier.moved(step);
    return results;
  }
}

const difference = (values: Float64Array, reference: Float64Array): number[] =>
  Array.from(values, (value, c) => value - (reference[c] ?? 0));

/** Means of channels from which these amounts are taken. */
const shifted = (means: Means, amounts: readonly number[]): Means => ({
  ...means,
  sum: means.sum.map((sum, c) => sum - (amounts[c] ?? 0) * (means.count[c] ?? 0)),
});

/** The graph with blocks of values, all of one size, averaged at its end. */
function withPools(
  graph: Graph,
  values: ReadonlySet<string>,
  kernel: readonly number[],
): { graph: Graph; values: readonly string[] } {
  const draft = new GraphDraft(graph);
  const pooled = [...values].map((value) => insertPool(draft, value, kernel));
  return { graph: draft.close(), values: pooled };
}

/**
 * The graph with `error` taken from a layer's output, one number a channel. A layer without a mean
 * stays as it is: the correction leaves it alone, too.
 */
function withBias(graph: Graph, layer: Layer, error: readonly number[]): Graph {
  if (!error.every(Number.isFinite)) return graph;
  const draft = new GraphDraft(graph);
  addToBias(
    draft,
    layer,
    Float64Array.from(error, (one) => -one),
  );
  return draft.close();
}
