import { layersOf, type Layer } from '../core/graph/layer.ts';
import { displayName, type Graph } from '../core/graph/graph.ts';
import { hasSubgraph } from '../core/graph/segment.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import {
  correctBiases,
  whyNotCorrected,
  type BiasCorrected,
} from '../core/passes/correctBiases.ts';
import type { PassResult, Skip } from '../core/passes/pass.ts';
import {
  analyticalErrors,
  givenErrors,
  type AnalyticalErrors,
} from '../core/quant/analyticalErrors.ts';
import type { KnownMeans } from '../core/quant/expectedMeans.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import type { QuantizeContext } from './context.ts';
import { measureBiasErrors } from './measureBiasErrors.ts';
import { meansOfInputs, remainingErrors } from './remainingErrors.ts';
import type { SampleFailure, TaskSamples } from './runTask.ts';

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
  /** Only the biases are wanted: what is left of the errors is not measured. */
  readonly isTrial?: boolean;
}

/** One layer of a correction. Errors are mean |mean error| over its channels, in output units. */
export interface LayerCorrection {
  readonly name: string;
  readonly method: Exclude<CorrectionMethod, 'mixed' | 'none'>;
  /** Measured on the samples of the correction; without, what the given or known means tell. */
  readonly errorBefore: number;
  /** Measured on the samples of the correction; undefined without samples. */
  readonly errorAfter: number | undefined;
  readonly biasAdded: boolean;
  readonly channels: number;
  /** Root mean square of the layer's output, to judge the errors by; undefined without samples. */
  readonly deviation: number | undefined;
  /**
   * How far the means of the input that the batch norms tell are off those of the samples, as a
   * share of these.
   */
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
  const skipped: Skip[] = method === 'none' ? [] : insideSubgraphs(graph);
  const wanted = new Map<string, Layer>();
  for (const layer of layersOf(graph, wiringOf(graph))) {
    if (!request.layers.has(layer.name) || method === 'none') continue;
    const why = whyNot(layer, graph, encodings);
    if (why) skipped.push(why);
    else wanted.set(layer.name, layer);
  }
  const part = (at: number, of: number): Job => ({
    checkpoint: (done, total, what) => job.checkpoint(at * total + done, of * total, what),
  });
  const inputs =
    method === 'analytical' && on ? await meansOfInputs(context, on, part(0, 2)) : undefined;
  const computed = computeErrors(context, request, wanted, inputs);
  const isMeasured = method === 'empirical' || method === 'mixed';
  const known = new Set(computed.errors.map(({ layer }) => layer));
  const open = new Set([...wanted.keys()].filter((name) => isMeasured && !known.has(name)));
  if (!isMeasured) skipped.push(...computed.skipped);
  const measured =
    on && open.size > 0
      ? await measureBiasErrors(context, encodings, on, open, computed.errors, part(0, 2))
      : undefined;
  const order = [...wanted.keys()];
  const errors = [...computed.errors, ...(measured?.errors ?? [])].sort(
    (a, b) => order.indexOf(a.layer) - order.indexOf(b.layer),
  );
  const result = await correctBiases.run(graph, { errors }, job);
  const corrected = new Set(result.applied.map(({ layer }) => layer));
  const after =
    on && !request.isTrial
      ? await remainingErrors(
          context,
          result.graph,
          { ...request, on: measured?.on ?? on },
          errors.filter(({ layer }) => corrected.has(layer)),
          computed.means,
          part(1, 2),
        )
      : undefined;
  return {
    result,
    layers: result.applied.map((applied): LayerCorrection => {
      const rest = after?.layers.get(applied.layer);
      const isTold = known.has(applied.layer);
      return {
        name: applied.layer,
        method: !isTold ? 'empirical' : method === 'given' ? 'given' : 'analytical',
        errorBefore: (isTold ? rest?.errorBefore : undefined) ?? applied.meanError,
        errorAfter: rest?.error,
        biasAdded: applied.biasAdded,
        channels: applied.channels,
        deviation: rest?.deviation,
        ...(rest?.inputOff === undefined ? {} : { analyticalOff: rest.inputOff }),
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
  inputs: KnownMeans | undefined,
): AnalyticalErrors {
  if (method === 'analytical' || method === 'mixed') {
    return analyticalErrors(graph, encodings, new Set(wanted.keys()), dimsOf, inputs);
  }
  const layers = method === 'given' ? [...wanted.values()] : [];
  const own = givenErrors(graph, layers, encodings, dimsOf, inputMeans ?? new Map());
  return { ...own, means: new Map() };
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
  const refused = whyNotCorrected(layer, graph, wiringOf(graph));
  return refused && { ...refused, ...place };
}

/** Places whose layers the graph does not know: nothing of them is rounded while errors are found. */
const insideSubgraphs = ({ nodes }: Graph): Skip[] =>
  nodes
    .filter((node) => ['If', 'Loop', 'Scan'].includes(node.op) && hasSubgraph(node))
    .map((node) => ({
      code: 'subgraph',
      place: displayName(node),
      node: node.id,
      reason: `Layers inside "${displayName(node)}" (${node.op}) are not corrected and count as float: what is in it is only copied.`,
    }));
