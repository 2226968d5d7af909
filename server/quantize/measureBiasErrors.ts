import { GraphDraft } from '../core/graph/draft.ts';
import type { Graph } from '../core/graph/graph.ts';
import { layersOf, type Layer } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { BiasError } from '../core/passes/correctBiases.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { addToBias } from '../core/sets/addToBias.ts';
import type { ReductionResult, ValueAt } from '../engines/sampleTask.ts';
import { simulateOptions } from './calibrate.ts';
import { encoded, type QuantizeContext } from './context.ts';
import { Frontier } from './frontier.ts';
import {
  meansOf,
  meansReduction,
  outputMeansReduction,
  pooledReduction,
  valueOfMeans,
} from './layerMeans.ts';
import { endsOf, isMostlyLeftOut, overflowsOf, withoutOverflows } from './overflows.ts';
import { poolMeans } from './pooledMeans.ts';
import { againAfterDeath, runKept, within } from './runKept.ts';
import {
  groupsOf,
  ranIn,
  runTask,
  type SampleFailure,
  type TaskOutcome,
  type TaskSamples,
} from './runTask.ts';

/** What the samples say of each layer's output. */
export interface MeasuredErrors {
  readonly errors: readonly BiasError[];
  readonly failures: readonly SampleFailure[];
  readonly count: number;
  /** The samples that counted. */
  readonly on: TaskSamples;
}

/**
 * Empirical bias correction (algorithms: section 5.1): the mean output of each layer, before its
 * activation, in the float network and in the rounded one in which the layers before it are
 * corrected already. `given` are corrections known beforehand (analytical ones): they are in force
 * from the start, and those layers are not measured.
 *
 * The float means come from one pass over the data. The rounded network is run layer by layer from
 * what is kept of the one before, so it too runs once in all, however many layers there are: what a
 * layer reads tells the mean of what it gives, so each runs when its own correction is known.
 */
export async function measureBiasErrors(
  context: QuantizeContext,
  encodings: EncodingSet,
  on: TaskSamples,
  layers: ReadonlySet<string>,
  given: readonly BiasError[],
  job: Job,
): Promise<MeasuredErrors> {
  const { graph } = context;
  const wanted = layersOf(graph, wiringOf(graph)).filter(({ name }) => layers.has(name));
  const half = (at: number): Job => ({
    checkpoint: (done, total, what) => job.checkpoint(at * total + done, 2 * total, what),
  });
  const ends = endsOf(graph, wanted);
  const failures: SampleFailure[] = [];
  // Both networks count the same samples: where one overflows, both begin again without it.
  for (let samples = on; ;) {
    const floats = await measureFloats(context, wanted, ends, samples, half(0));
    failures.push(...floats.failures);
    samples = ranIn(samples, floats);
    let overflows = overflowsOf([...wanted, ...ends], floats.results, samples);
    if (overflows.size === 0) {
      const walk = { wanted, given, encodings, floats, on: samples };
      const walked = await againAfterDeath(() => walkRounded(context, walk, half(1)));
      overflows = overflowsOf(wanted, walked.results, samples);
      const count = samples.indices.length;
      if (overflows.size === 0) return { errors: walked.errors, failures, count, on: samples };
    }
    const rest = withoutOverflows(samples, overflows);
    failures.push(...rest.failures);
    samples = rest.on;
  }
}

/** What the float network says of all layers. */
interface FloatMeans extends TaskOutcome {
  /** Means of the output of the layer at this place, before its activation. */
  readonly meansAt: (place: number) => Float64Array;
}

/** True where each run is of one sample, as the one was from which sizes are known. */
const isOneByOne = (on: TaskSamples): boolean =>
  (on.samples.fixedBatch ?? 1) === 1 && groupsOf(on).every(({ length }) => length === 1);

/** One pass over the samples, for all layers and for the outputs of those at the ends. */
async function measureFloats(
  context: QuantizeContext,
  wanted: readonly Layer[],
  ends: readonly Layer[],
  on: TaskSamples,
  job: Job,
): Promise<FloatMeans> {
  const { graph, document, engine } = context;
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  // What a layer reads of the model's inputs is at hand, and the rounded network reads the same.
  const inner = wanted.filter((layer) => !inputs.has(valueOfMeans(layer)));
  const pooled = poolMeans(context, inner, isOneByOne(on));
  const outputs = ends.map(({ output }) => output);
  const values = wanted.map((layer) => pooled.byLayer.get(layer)?.value ?? valueOfMeans(layer));
  const model = encoded({ document, graph: pooled.graph }, [...values, ...outputs]);
  const reductions = [
    ...wanted.map((layer, at) => {
      const of = { network: 0, value: values[at] as string };
      return pooled.byLayer.has(layer) ? pooledReduction(of) : meansReduction(layer, of, context);
    }),
    ...ends.map((layer) =>
      outputMeansReduction(layer, { network: 0, value: layer.output }, context),
    ),
  ];
  const task = { networks: [{ model }], reductions };
  const outcome = await runTask(engine, task, on, job, 'Measuring float means');
  const meansAt = (place: number): Float64Array => {
    const layer = wanted[place] as Layer;
    return meansOf(layer, outcome.results[place], pooled.byLayer.get(layer)?.isInput);
  };
  return { ...outcome, meansAt };
}

/** What the walk through the rounded network goes by. */
interface Walk {
  readonly wanted: readonly Layer[];
  readonly given: readonly BiasError[];
  readonly encodings: EncodingSet;
  readonly floats: FloatMeans;
  readonly on: TaskSamples;
}

/** Layer by layer, those before corrected; layers without a mean have errors that are not finite. */
async function walkRounded(
  context: QuantizeContext,
  { wanted, given, encodings, floats, on }: Walk,
  job: Job,
): Promise<{ errors: BiasError[]; results: (ReductionResult | undefined)[] }> {
  const { graph, engine } = context;
  const errors: BiasError[] = [];
  const results: (ReductionResult | undefined)[] = [];
  const simulation = simulateGraph(graph, encodings, simulateOptions(context));
  let rounded = simulation.graph;
  for (const { layer: name, error } of given) {
    const layer = layersOf(rounded, wiringOf(rounded)).find((one) => one.name === name);
    if (layer) rounded = corrected(rounded, layer, error);
  }
  const frontier = new Frontier(context.types);
  frontier.knowRounded(simulation.rounded);
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  try {
    for (const [done, layer] of wanted.entries()) {
      const step = within(job, done, wanted.length, `Correcting ${layer.name}`);
      await step.checkpoint(done, wanted.length);
      const own = layerIn(rounded, layer);
      // The model's input is what it is: nothing before it is rounded or corrected.
      const result = inputs.has(valueOfMeans(own))
        ? floats.results[done]
        : await measured(context, rounded, own, frontier, on, step);
      results.push(result);
      const hasMeans = ![floats.results[done], result].some((one) => isMostlyLeftOut(one, on));
      const error = hasMeans
        ? difference(meansOf(own, result), floats.meansAt(done))
        : new Array<number>(layer.outChannels).fill(NaN);
      errors.push({ layer: layer.name, error });
      rounded = corrected(rounded, own, error);
    }
  } finally {
    await frontier.end(engine);
  }
  return { errors, results };
}

const difference = (values: Float64Array, reference: Float64Array): number[] =>
  Array.from(values, (value, c) => value - (reference[c] ?? 0));

/** What is asked of a layer in the rounded network, computed from what is kept. */
async function measured(
  context: QuantizeContext,
  graph: Graph,
  layer: Layer,
  frontier: Frontier,
  on: TaskSamples,
  job: Job,
): Promise<ReductionResult | undefined> {
  const { engine, document } = context;
  const value = valueOfMeans(layer);
  const step = frontier.step(graph, graph.nodes.indexOf(layer.node));
  const keeps = step.compute.map((name) => ({ value: name, as: frontier.keptName(name) }));
  const isKept = frontier.kept.has(value) && !step.compute.includes(value);
  const run = isKept ? step.compute : [...new Set([...step.compute, value])];
  const cut = frontier.network(graph, run, { keeps });
  const ask = (of: ValueAt): ReturnType<typeof meansReduction> =>
    meansReduction(layer, of, context);
  if (!cut) {
    // A network with sub-graphs cannot be cut: it is run whole for this layer.
    const model = encoded({ document, graph }, [value]);
    const task = { networks: [{ model }], reductions: [ask({ network: 0, value })] };
    return (await runKept(engine, task, on, true, job))[0];
  }
  const drops = step.forget.map((name) => frontier.keptName(name));
  const task = {
    networks: run.length > 0 ? [cut.network] : [],
    reductions: [ask(isKept ? { kept: frontier.keptName(value) } : { network: 0, value })],
    drops,
  };
  const [result] = await runKept(engine, task, on, cut.needsFeeds, job);
  frontier.moved(step);
  return result;
}

/** The same layer in a graph in which the ones before it were corrected. */
function layerIn(graph: Graph, { node, name }: Layer): Layer {
  const layer = layersOf(graph, wiringOf(graph)).find((one) => one.node.id === node.id);
  if (!layer) throw new Error(`${name} is no layer any more`);
  return layer;
}

/**
 * The graph with `error` taken from a layer's output, one number a channel. A layer without a mean
 * stays as it is: the correction leaves it alone, too.
 */
function corrected(graph: Graph, layer: Layer, error: readonly number[]): Graph {
  if (!error.every(Number.isFinite)) return graph;
  const draft = new GraphDraft(graph);
  addToBias(
    draft,
    layer,
    Float64Array.from(error, (one) => -one),
  );
  return draft.close();
}
