import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { isFloat } from '../core/graph/tensor.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { AnalyticalErrors } from '../core/quant/analyticalErrors.ts';
import type { KnownMeans } from '../core/quant/expectedMeans.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { Reduction, ReductionResult } from '../engines/sampleTask.ts';
import { simulateOptions } from './calibrate.ts';
import { encoded, type QuantizeContext } from './context.ts';
import type { CorrectRequest } from './correct.ts';
import { channelAxisOf } from './measureLayers.ts';
import { runTask, type SampleFailure, type TaskSamples } from './runTask.ts';

/** What is left of a layer's error, how large its output is, and how far told means are off. */
export interface Remaining {
  readonly error: number;
  readonly deviation: number;
  readonly inputOff: number | undefined;
}

/** Errors that are left, and how much the outputs vary: one more run of both networks. */
export async function remainingErrors(
  context: QuantizeContext,
  corrected: Graph,
  { encodings, on }: CorrectRequest,
  names: readonly string[],
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
  if (!on || names.length === 0) return undefined;
  const { graph, document, engine } = context;
  const { graph: rounded } = simulateGraph(corrected, encodings, simulateOptions(context));
  const layers = layersOf(graph, wiringOf(graph)).filter(({ name }) => names.includes(name));
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
  const inputs = [...told].map(([layer, { value, mean }]) => {
    const dims = context.dimsOf(value);
    const axis = dims?.indexOf(mean.length, 1) ?? 1;
    return { layer, value, mean, axis };
  });
  const measured = inputs.filter(({ axis }) => axis > 0);
  reductions.push(...measured.map(({ value, axis }) => statisticsOf(value, axis)));
  const networks = [
    { model: encoded({ document, graph }, [...outputs, ...measured.map(({ value }) => value)]) },
    { model: encoded({ document, graph: rounded }, outputs) },
  ];
  const ran = await runTask(engine, { networks, reductions }, on, job, 'Measuring what is left');
  const left = new Map<string, Remaining>();
  const offs = new Map(
    measured.map(({ layer, mean }, at) => {
      const seen = meansIn(ran.results[layers.length + at]);
      return [layer, seen && shareOff(mean, seen)];
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
    const error = channelMeanError.reduce((sum, one) => sum + Math.abs(one), 0);
    left.set(name, {
      error: error / Math.max(1, channelMeanError.length),
      deviation: Math.sqrt(sumSquaredReference / Math.max(1, count)),
      inputOff: offs.get(name),
    });
  }
  return { layers: left, failures: ran.failures, count: ran.count };
}

/** The mean of each channel of the network's inputs: what no batch norm knows. */
export async function meansOfInputs(
  { graph, document, engine, dimsOf }: QuantizeContext,
  on: TaskSamples,
  job: Job,
): Promise<KnownMeans> {
  const values = graph.inputs
    .map(({ name, type }) => ({ name, type }))
    .filter(({ name, type }) => isFloat(type) && (dimsOf(name)?.length ?? 2) > 1)
    .map(({ name }) => name);
  const reductions = values.map((value) => statisticsOf(value, 1));
  const networks = [{ model: encoded({ document, graph }, values) }];
  const ran = await runTask(engine, { networks, reductions }, on, job, 'Measuring the input');
  return new Map(
    values.flatMap((value, at) => {
      const mean = meansIn(ran.results[at]);
      return mean ? [[value, mean] as const] : [];
    }),
  );
}

const statisticsOf = (value: string, channelAxis: number): Reduction => ({
  kind: 'statistics',
  of: { network: 0, value },
  channelAxis,
});

function meansIn(result: ReductionResult | undefined): Float64Array | undefined {
  const channels = result?.kind === 'statistics' ? result.statistics.channels : undefined;
  return channels?.sum.map((sum, c) => sum / Math.max(1, channels.count[c] ?? 0));
}

/** How far means are off measured ones, as a share of these. */
function shareOff(told: Float64Array, seen: Float64Array): number | undefined {
  if (told.length !== seen.length) return undefined;
  const size = seen.reduce((sum, one) => sum + Math.abs(one), 0);
  const off = seen.reduce((sum, one, c) => sum + Math.abs(one - (told[c] ?? NaN)), 0);
  return size > 0 ? off / size : undefined;
}
