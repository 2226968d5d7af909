import { layersOf, type Layer } from '../core/graph/layer.ts';
import type { Graph } from '../core/graph/graph.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import {
  correctBiases,
  whyNotCorrected,
  type BiasCorrected,
  type BiasError,
} from '../core/passes/correctBiases.ts';
import type { PassResult, Skip } from '../core/passes/pass.ts';
import { analyticalErrors } from '../core/quant/analyticalErrors.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import type { Reduction } from '../engines/sampleTask.ts';
import { simulateOptions } from './calibrate.ts';
import { encoded, type QuantizeContext } from './context.ts';
import { measureBiasErrors } from './measureBiasErrors.ts';
import { channelAxisOf } from './measureLayers.ts';
import { runTask, type SampleFailure, type TaskSamples } from './runTask.ts';

/** Where the errors come from. */
export type CorrectionMethod = 'empirical' | 'mixed' | 'analytical' | 'given' | 'none';

export interface CorrectRequest {
  readonly method: CorrectionMethod;
  /** Layers to correct; the others keep their biases. */
  readonly layers: ReadonlySet<string>;
  /**
   * What is rounded while errors are measured: the weights of all layers, and the values too where
   * activations are to be quantized.
   */
  readonly encodings: EncodingSet;
  /** Undefined for methods that need none. */
  readonly on: TaskSamples | undefined;
  /** Mean of each input channel of a layer, by the layer's name, for `given`. */
  readonly inputMeans?: ReadonlyMap<string, Float64Array>;
  /** Layers whose bias the format of the file has no place for, and why. */
  readonly whyNoBias?: (layer: Layer) => Skip | undefined;
}

/** One layer of a correction. Errors are mean |mean error| over its channels, in output units. */
export interface LayerCorrection {
  readonly name: string;
  readonly method: Exclude<CorrectionMethod, 'mixed' | 'none'>;
  readonly errorBefore: number;
  /** Measured on the samples of the correction; undefined without samples. */
  readonly errorAfter: number | undefined;
  readonly biasAdded: boolean;
  readonly channels: number;
  /** Standard deviation of the layer's output, to judge the errors by; undefined without samples. */
  readonly deviation: number | undefined;
  /** How far the analytical mean of the output is off, as a share of that deviation. */
  readonly analyticalOff?: number;
}

export interface Correction {
  readonly result: PassResult<BiasCorrected>;
  readonly layers: readonly LayerCorrection[];
  readonly skipped: readonly Skip[];
  readonly failures: readonly SampleFailure[];
  readonly count: number;
}

/**
 * Corrects the biases of the context's graph for the grid of its encodings (algorithms: section 5).
 * Errors are found by the method asked for, put into the biases, and measured again afterwards.
 */
export async function correct(
  context: QuantizeContext,
  request: CorrectRequest,
  job: Job,
): Promise<Correction> {
  const { graph } = context;
  const { method, encodings, on } = request;
  const skipped: Skip[] = [];
  const wanted = new Map<string, Layer>();
  for (const layer of layersOf(graph, wiringOf(graph))) {
    if (!request.layers.has(layer.name) || method === 'none') continue;
    const why = whyNot(layer, graph, encodings) ?? request.whyNoBias?.(layer);
    if (why) skipped.push(why);
    else wanted.set(layer.name, layer);
  }
  const computed = computeErrors(context, request, wanted);
  const isMeasured = method === 'empirical' || method === 'mixed';
  const known = new Set(computed.errors.map(({ layer }) => layer));
  const open = new Set([...wanted.keys()].filter((name) => isMeasured && !known.has(name)));
  if (!isMeasured) skipped.push(...computed.skipped);
  const part = (at: number, of: number): Job => ({
    checkpoint: (done, total, what) => job.checkpoint(at * total + done, of * total, what),
  });
  const measured =
    on && open.size > 0
      ? await measureBiasErrors(context, encodings, on, open, computed.errors, part(0, 2))
      : undefined;
  const order = [...wanted.keys()];
  const errors = [...computed.errors, ...(measured?.errors ?? [])].sort(
    (a, b) => order.indexOf(a.layer) - order.indexOf(b.layer),
  );
  const result = await correctBiases.run(graph, { errors }, job);
  const corrected = result.applied.map(({ layer }) => layer);
  const after = on
    ? await remaining(context, result.graph, request, corrected, part(1, 2))
    : undefined;
  return {
    result,
    layers: result.applied.map((applied): LayerCorrection => {
      const rest = after?.layers.get(applied.layer);
      return {
        name: applied.layer,
        method: known.has(applied.layer)
          ? method === 'given'
            ? 'given'
            : 'analytical'
          : 'empirical',
        errorBefore: applied.meanError,
        errorAfter: rest?.error,
        biasAdded: applied.biasAdded,
        channels: applied.channels,
        deviation: rest?.deviation,
        ...(known.has(applied.layer) && rest && rest.deviation > 0
          ? { analyticalOff: rest.error / rest.deviation }
          : {}),
      };
    }),
    skipped: [...skipped, ...result.skipped],
    failures: measured?.failures ?? after?.failures ?? [],
    count: measured?.count ?? after?.count ?? 0,
  };
}

/** Errors that need no run: from batch-norm statistics, or from means that were given. */
function computeErrors(
  { graph, dimsOf }: QuantizeContext,
  { method, encodings, inputMeans }: CorrectRequest,
  wanted: ReadonlyMap<string, Layer>,
): { readonly errors: readonly BiasError[]; readonly skipped: readonly Skip[] } {
  if (method === 'analytical' || method === 'mixed') {
    return analyticalErrors(graph, encodings, new Set(wanted.keys()), dimsOf);
  }
  if (method !== 'given') return { errors: [], skipped: [] };
  const given = new Map<string, Float64Array>();
  for (const [name, mean] of inputMeans ?? []) {
    const layer = wanted.get(name);
    if (layer) given.set(layer.input, mean);
  }
  const named = new Set([...wanted.keys()].filter((name) => inputMeans?.has(name)));
  return analyticalErrors(graph, encodings, named, dimsOf, given);
}

/** Errors that are left, and how much the outputs vary: one more run of both networks. */
async function remaining(
  context: QuantizeContext,
  corrected: Graph,
  { encodings, on }: CorrectRequest,
  names: readonly string[],
  job: Job,
): Promise<
  | {
      readonly layers: ReadonlyMap<string, { readonly error: number; readonly deviation: number }>;
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
  const networks = [
    { model: encoded({ document, graph }, outputs) },
    { model: encoded({ document, graph: rounded }, outputs) },
  ];
  const ran = await runTask(engine, { networks, reductions }, on, job, 'Measuring what is left');
  const left = new Map<string, { error: number; deviation: number }>();
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
    });
  }
  return { layers: left, failures: ran.failures, count: ran.count };
}

function whyNot(layer: Layer, graph: Graph, encodings: EncodingSet): Skip | undefined {
  const place = { place: layer.name, node: layer.node.id };
  if (!encodings.has(layer.weight.name)) {
    return {
      ...place,
      code: 'not-quantized',
      reason: `The target does not round the weight of "${layer.name}".`,
    };
  }
  const refused = whyNotCorrected(layer, wiringOf(graph));
  return refused && { ...refused, ...place };
}
