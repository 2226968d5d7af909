import { isFloat } from '../core/graph/tensor.ts';
import type { Job } from '../core/job.ts';
import type { EncodingSet } from '../core/quant/tensorEncoding.ts';
import type { QdqGraph } from '../core/quant/qdqGraph.ts';
import type { Simulation } from '../core/quant/simulateGraph.ts';
import type { DifferenceTotals, Reduction } from '../engines/sampleTask.ts';
import { encoded, type QuantizeContext } from './context.ts';
import { runTask, type TaskSamples } from './runTask.ts';
import { errorScores } from './scores.ts';

/** How far a quantized graph is from the float simulation of the same grids. */
export interface QdqAgreement {
  /** SQNR of its outputs against those of the simulation; Infinity: equal. */
  readonly sqnrDb: number;
  /** For each rounded value the largest difference in steps of its grid, in model order. */
  readonly values: readonly { readonly name: string; readonly steps: number }[];
  /** The largest of them; 0 where no value is rounded. */
  readonly mostSteps: number;
  readonly samples: number;
}

/**
 * Runs both on the same samples and compares every rounded value, and the outputs. With integer
 * kernels the runtime computes what it can between the roundings in integers.
 */
export async function qdqAgreement(
  { document, engine }: Pick<QuantizeContext, 'document' | 'engine'>,
  qdq: QdqGraph,
  simulated: Simulation,
  encodings: EncodingSet,
  on: TaskSamples,
  job: Job,
  useIntegerKernels = false,
): Promise<QdqAgreement> {
  const names = [...simulated.rounded.keys()].filter((name) => qdq.rounded.has(name));
  const outputs = simulated.graph.outputs
    .filter(({ type }) => isFloat(type) || type === 'other')
    .map(({ name }) => name);
  const pairs = [...names, ...outputs].map((name) => ({
    simulated: simulated.rounded.get(name) ?? name,
    qdq: qdq.rounded.get(name) ?? name,
  }));
  const reductions = pairs.map((pair): Reduction => ({
    kind: 'difference',
    reference: { network: 0, value: pair.simulated },
    actual: { network: 1, value: pair.qdq },
  }));
  const wanted = (of: 'simulated' | 'qdq'): string[] => pairs.map((pair) => pair[of]);
  const networks = [
    { model: encoded({ document, graph: simulated.graph }, wanted('simulated')) },
    { model: encoded({ document, graph: qdq.graph }, wanted('qdq')), useIntegerKernels },
  ];
  const what = 'Comparing with the simulation';
  const ran = await runTask(engine, { networks, reductions }, on, job, what);
  const differences = ran.results.map((result): DifferenceTotals => {
    if (result.kind !== 'difference') throw new Error('not a difference');
    return result.difference;
  });
  const values = names.map((name, at) => ({
    name,
    steps: (differences[at]?.maxAbsError ?? 0) / (encodings.get(name)?.grids.scale[0] ?? 1),
  }));
  return {
    sqnrDb: errorScores(differences.slice(names.length)).sqnrDb,
    values,
    mostSteps: values.reduce((most, { steps }) => Math.max(most, steps), 0),
    samples: ran.count,
  };
}
