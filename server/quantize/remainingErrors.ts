import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { isFloat } from '../core/graph/tensor.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { BiasError } from '../core/passes/correctBiases.ts';
import type { AnalyticalErrors } from '../core/quant/analyticalErrors.ts';
import type { ExpectedMean, KnownMean, KnownMeans } from '../core/quant/expectedMeans.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { Reduction, ReductionResult } from '../engines/sampleTask.ts';
import { simulateOptions } from './calibrate.ts';
import { encoded, type QuantizeContext } from './context.ts';
import type { CorrectRequest } from './correct.ts';
import { channelAxisOf } from './measureLayers.ts';
import { runTask, type SampleFailure, type TaskSamples } from './runTask.ts';

/** What is left of a layer's error, how large its output is, and how far told means are off. */
export interface Remaining {
  /** Mean |mean error| over the channels. */
  readonly error: number;
  /** The same without the correction of this layer, those of the others in force. */
  readonly errorBefore: number;
  readonly deviation: number;
  readonly inputOff: number | undefined;
}

/** Errors that are left, and how much the outputs vary: one more run of both networks. */
export async function remainingErrors(
  context: QuantizeContext,
  corrected: Graph,
  { encodings, on }: CorrectRequest,
  taken: readonly BiasError[],
  told: AnalyticalErrors['means'],
  job: Job,
): Promise<
  | {
      readonly layers: ReadonlyMap<string, Remaining>;
      readonly failures: readonly SampleFailure[];
      readonly count: number;
    }
  | undefined
> {
  if (!on || taken.length === 0) return undefined;
  const { graph, document, engine } = context;
  const { graph: rounded } = simulateGraph(corrected, encodings, simulateOptions(context));
  const errors = new Map(taken.map(({ layer, error }) => [layer, error]));
  const layers = layersOf(graph, wiringOf(graph)).filter(({ name }) => errors.has(name));
  const reductions = layers.map((layer): Reduction => {
    const channelAxis = channelAxisOf({ layer }, context.dimsOf(layer.output)) ?? 1;
    return {
      kind: 'difference',
      reference: { network: 0, value: layer.output },
      actual: { network: 1, value: layer.output },
      channelAxis,
    };
  });
  const outputs = layers.map(({ output }) => output);
  const measured = [...told];
  reductions.push(...measured.map(([, { value, place }]) => meansAlong(value, place.axis)));
  const networks = [
    {
      model: encoded({ document, graph }, [...outputs, ...measured.map(([, { value }]) => value)]),
    },
    { model: encoded({ document, graph: rounded }, outputs) },
  ];
  const ran = await runTask(engine, { networks, reductions }, on, job, 'Measuring what is left');
  const left = new Map<string, Remaining>();
  const offs = new Map(
    measured.map(([layer, expected], at) => {
      const seen = meansIn(ran.results[layers.length + at]);
      return [layer, seen && shareOff(expected, seen)];
    }),
  );
  for (const [at, { name }] of layers.entries()) {
    const result = ran.results[at];
    if (result?.kind !== 'difference') continue;
    const {
      channelMeanError = new Float64Array(0),
      sumSquaredReference,
      count,
    } = result.difference;
    // The bias is added to each output, so what it takes off is missing in each mean.
    const before = errors.get(name)?.map((error, c) => (channelMeanError[c] ?? NaN) + error) ?? [];
    left.set(name, {
      error: meanSize(channelMeanError),
      errorBefore: meanSize(before),
      deviation: Math.sqrt(sumSquaredReference / Math.max(1, count)),
      inputOff: offs.get(name),
    });
  }
  return { layers: left, failures: ran.failures, count: ran.count };
}

const meanSize = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, one) => sum + Math.abs(one), 0) / Math.max(1, values.length);

/**
 * The means of the network's inputs, which no batch norm knows: along axis 1, and along the last
 * one too where there are matrix products, which sum over it.
 */
export async function meansOfInputs(
  { graph, document, engine, dimsOf }: QuantizeContext,
  on: TaskSamples,
  job: Job,
): Promise<KnownMeans> {
  const hasProducts = layersOf(graph, wiringOf(graph)).some(({ kind }) => kind === 'matMul');
  const wanted = graph.inputs.flatMap(({ name, type, shape }) => {
    const rank = (dimsOf(name) ?? shape)?.length ?? 2;
    if (!isFloat(type) || rank < 2) return [];
    const axes = rank > 2 && hasProducts ? [1, rank - 1] : [1];
    return axes.map((axis) => ({ name, axis }));
  });
  const reductions = wanted.map(({ name, axis }) => meansAlong(name, axis));
  const networks = [
    {
      model: encoded(
        { document, graph },
        wanted.map(({ name }) => name),
      ),
    },
  ];
  const ran = await runTask(engine, { networks, reductions }, on, job, 'Measuring the input');
  const means = new Map<string, KnownMean[]>();
  for (const [at, { name, axis }] of wanted.entries()) {
    const mean = meansIn(ran.results[at]);
    if (mean) means.set(name, [...(means.get(name) ?? []), { mean, axis }]);
  }
  return means;
}

const meansAlong = (value: string, channelAxis: number): Reduction => ({
  kind: 'means',
  of: { network: 0, value },
  channelAxis,
});

function meansIn(result: ReductionResult | undefined): Float64Array | undefined {
  if (result?.kind !== 'means') return undefined;
  return result.sum.map((sum, c) => sum / Math.max(1, result.count[c] ?? 0));
}

/** How far told means are off those of the positions that hold each channel, as a share of these. */
function shareOff({ mean, place }: ExpectedMean, positions: Float64Array): number | undefined {
  if (positions.length !== place.size) return undefined;
  const seen = new Float64Array(mean.length);
  const counts = new Float64Array(mean.length);
  for (const [at, one] of positions.entries()) {
    const channel = place.channelAt?.[at] ?? at;
    seen[channel] = (seen[channel] ?? 0) + one;
    counts[channel] = (counts[channel] ?? 0) + 1;
  }
  const means = seen.map((sum, c) => sum / Math.max(1, counts[c] ?? 0));
  const size = means.reduce((sum, one) => sum + Math.abs(one), 0);
  const off = means.reduce((sum, one, c) => sum + Math.abs(one - (mean[c] ?? NaN)), 0);
  return size > 0 ? off / size : undefined;
}
