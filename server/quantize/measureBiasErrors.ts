import { GraphDraft } from '../core/graph/draft.ts';
import type { Graph } from '../core/graph/graph.ts';
import { layersOf, type Layer } from '../core/graph/layer.ts';
import { floatTensor } from '../core/graph/tensorValues.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { BiasError } from '../core/passes/correctBiases.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import type { Reduction, ReductionResult } from '../engines/sampleTask.ts';
import { simulateOptions } from './calibrate.ts';
import { encoded, type QuantizeContext } from './context.ts';
import { Frontier } from './frontier.ts';
import { channelAxisOf } from './measureLayers.ts';
import { runKept, within } from './runKept.ts';
import { runTask, type SampleFailure, type TaskSamples } from './runTask.ts';

/** What the samples say of each layer's output. */
export interface MeasuredErrors {
  readonly errors: readonly BiasError[];
  /** Standard error of the mean, as a share of the layer's deviation, worst channel. */
  readonly failures: readonly SampleFailure[];
  readonly count: number;
}

/**
 * Empirical bias correction (algorithms: section 5.1): the mean output of each layer, before its
 * activation, in the float network and in the rounded one in which the layers before it are
 * corrected already. `given` are corrections known beforehand (analytical ones): they are in force
 * from the start, and those layers are not measured.
 *
 * The float means come from one pass over the data. The rounded network is run layer by layer from
 * what is kept of the one before, so it too runs once in all, however many layers there are.
 */
export async function measureBiasErrors(
  context: QuantizeContext,
  encodings: EncodingSet,
  on: TaskSamples,
  layers: ReadonlySet<string>,
  given: readonly BiasError[],
  job: Job,
): Promise<MeasuredErrors> {
  const { graph, document, engine } = context;
  const wanted = layersOf(graph, wiringOf(graph)).filter(({ name }) => layers.has(name));
  const model = encoded(
    { document, graph },
    wanted.map(({ output }) => output),
  );
  const reductions = wanted.map((layer) => meanOf(layer, context, 0, layer.output));
  const half = (at: number): Job => ({
    checkpoint: (done, total, what) => job.checkpoint(at * total + done, 2 * total, what),
  });
  const floats = await runTask(
    engine,
    { networks: [{ model }], reductions },
    on,
    half(0),
    'Measuring float means',
  );
  const failed = new Set(floats.failures.map(({ index }) => index));
  const usable = { ...on, indices: on.indices.filter((index) => !failed.has(index)) };
  const errors: BiasError[] = [];
  let rounded = simulateGraph(graph, encodings, simulateOptions(context)).graph;
  for (const { layer, error } of given) {
    const known = layersOf(rounded, wiringOf(rounded)).find(({ name }) => name === layer);
    if (known) rounded = shifted(rounded, known, error, channelAxis(known, context));
  }
  const frontier = new Frontier((value) => context.types.get(value));
  try {
    for (const [done, layer] of wanted.entries()) {
      const step = within(half(1), done, wanted.length, `Correcting ${layer.name}`);
      await step.checkpoint(done, wanted.length);
      const mean = await roundedMean(context, rounded, layer, frontier, usable, step);
      const float = means(floats.results[done]);
      const error = Array.from(mean, (value, c) => value - (float[c] ?? 0));
      errors.push({ layer: layer.name, error });
      rounded = shifted(rounded, layer, error, channelAxis(layer, context));
    }
  } finally {
    await frontier.end(engine);
  }
  return { errors, failures: floats.failures, count: floats.count };
}

/** The means of a layer's output in the rounded network, computed from what is kept. */
async function roundedMean(
  context: QuantizeContext,
  graph: Graph,
  layer: Layer,
  frontier: Frontier,
  on: TaskSamples,
  job: Job,
): Promise<Float64Array> {
  const position = graph.nodes.findIndex(({ outputs }) => outputs.includes(layer.output)) + 1;
  const step = frontier.step(graph, position);
  const keeps = step.compute.map((value) => ({ value, as: frontier.keptName(value) }));
  const wanted = [...new Set([...step.compute, layer.output])];
  const cut = frontier.network(graph, wanted, { keeps });
  const reductions = [meanOf(layer, context, 0, layer.output)];
  if (!cut) {
    // A network with sub-graphs cannot be cut: it is run whole for this layer.
    const model = encoded({ document: context.document, graph }, [layer.output]);
    const task = { networks: [{ model }], reductions };
    return means((await runKept(context.engine, task, on, true, job))[0]);
  }
  const task = { networks: [cut.network], reductions };
  const [result] = await runKept(context.engine, task, on, cut.needsFeeds, job);
  frontier.moved(step);
  if (step.forget.length > 0) {
    await context.engine.forget?.(step.forget.map((name) => frontier.keptName(name)));
  }
  return means(result);
}

const meanOf = (
  layer: Layer,
  context: QuantizeContext,
  network: number,
  value: string,
): Reduction => ({
  kind: 'means',
  of: { network, value },
  channelAxis: channelAxis(layer, context),
});

const channelAxis = (layer: Layer, { dimsOf }: QuantizeContext): number =>
  channelAxisOf({ layer }, dimsOf(layer.output)) ?? 1;

/** The means of the channels, in double. */
function means(result: ReductionResult | undefined): Float64Array {
  if (result?.kind !== 'means') throw new Error('no means of the channels');
  return result.sum.map((sum, c) => sum / (result.count[c] ?? 0));
}

/** The graph with `error` taken from a layer's output, one number a channel, before its users. */
function shifted(graph: Graph, layer: Layer, error: readonly number[], axis: number): Graph {
  const { output: value, kind, weight } = layer;
  const draft = new GraphDraft(graph);
  const maker = draft.maker(value);
  if (!maker) throw new Error(`nothing makes ${value}`);
  const users = draft.users(value);
  const output = draft.freshName(`${value}_corrected`);
  const constant = draft.freshName(`${value}_correction`);
  // Broadcasting aligns the last axes: convolutions need one axis of 1 for each spatial one.
  const isSpatial = axis === 1 && (kind === 'conv' || kind === 'convTranspose');
  const ones = Array.from({ length: isSpatial ? weight.dims.length - 2 : 0 }, () => 1);
  const shift = Float32Array.from(error, (one) => -one);
  draft.setTensor(constant, floatTensor(constant, [error.length, ...ones], shift, weight.type));
  draft.insertNode(
    {
      name: output,
      op: 'Add',
      domain: '',
      inputs: [value, constant],
      outputs: [output],
      attributes: new Map(),
      captures: [],
    },
    draft.nextOf(maker.id),
  );
  for (const user of users) {
    const inputs = user.inputs.map((name) => (name === value ? output : name));
    draft.setNode({ ...user, inputs });
  }
  return draft.close();
}
