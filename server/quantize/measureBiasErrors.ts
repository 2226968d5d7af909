import { layersOf, type Layer } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import type { BiasError } from '../core/passes/correctBiases.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import { encoded, type QuantizeContext } from './context.ts';
import {
  meansOf,
  meansReduction,
  outputMeansReduction,
  pooledReduction,
  valueOfMeans,
} from './layerMeans.ts';
import { endsOf, overflowsOf, withoutOverflows } from './overflows.ts';
import { poolMeans } from './pooledMeans.ts';
import { againAfterDeath } from './runKept.ts';
import {
  isOneByOne,
  ranIn,
  runTask,
  type SampleFailure,
  type TaskOutcome,
  type TaskSamples,
} from './runTask.ts';
import { walkRounded } from './walkRounded.ts';

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
      const { results, meansAt } = floats;
      const walk = { wanted, given, encodings, results, meansAt, on: samples };
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
