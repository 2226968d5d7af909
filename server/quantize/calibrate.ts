import { biasEncoding } from '../core/quant/biasEncodings.ts';
import { encodingOf, sharedGrids, type Encoding } from '../core/quant/grid.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { QuantizationPlan, Quantizer } from '../core/quant/plan.ts';
import { planQuantizers } from '../core/quant/planQuantizers.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { EncodingSet, TensorEncoding } from '../core/quant/tensorEncoding.ts';
import { weightEncoding } from '../core/quant/weightEncodings.ts';
import type { Job } from '../core/job.ts';
import { findGrid, histogramOf } from '../core/ranges/findGrid.ts';
import type { ValueStatistics } from '../core/ranges/statistics.ts';
import type { Reduction } from '../engines/sampleTask.ts';
import { encoded, type QuantizeContext } from './context.ts';
import { runTask, type SampleFailure, type TaskSamples } from './runTask.ts';

/** What calibration found: the statistics of every rounded value, and its grid. */
export interface Calibration {
  readonly plan: QuantizationPlan;
  readonly encodings: EncodingSet;
  /**
   * The same with values observed in the float network: the grids that a layer has when only it is
   * rounded. Those of a network that its weights have broken say nothing of a single layer.
   * Equal to `encodings` unless asked for (`alone`).
   */
  readonly alone: EncodingSet;
  /** Of the values that have a quantizer of their own. Empty without activation quantizers. */
  readonly statistics: ReadonlyMap<string, ValueStatistics>;
  readonly failures: readonly SampleFailure[];
  readonly count: number;
}

/** The plan of the context's target for its graph. */
export const planOf = ({
  graph,
  target,
  configuration,
  types,
}: QuantizeContext): QuantizationPlan =>
  planQuantizers(graph, target, { ...(configuration ? { configuration } : {}), types });

/** Grids of all constants that the plan rounds, biases left out: no data is needed. */
export async function weightEncodings(
  context: QuantizeContext,
  plan: QuantizationPlan,
  job: Job,
): Promise<EncodingSet> {
  const encodings = new Map<string, TensorEncoding>();
  const weights = plan.quantizers.filter(({ kind }) => kind === 'weight');
  for (const [done, quantizer] of weights.entries()) {
    await job.checkpoint(done, weights.length, quantizer.owner);
    const tensor = context.graph.tensors.get(quantizer.tensor);
    if (tensor) encodings.set(quantizer.tensor, weightEncoding(tensor, quantizer));
  }
  return encodings;
}

/**
 * Finds the grids of weights, values and biases. Values are observed with the weights already
 * rounded (algorithms: section 15.5). `frozen` encodings stay as they are. With `alone` values are
 * observed in the float network as well, in the same pass over the samples.
 */
export async function calibrate(
  context: QuantizeContext,
  on: TaskSamples | undefined,
  job: Job,
  frozen: EncodingSet = new Map(),
  options: { readonly alone?: boolean } = {},
): Promise<Calibration> {
  const { graph, document, engine } = context;
  const plan = planOf(context);
  const weights = new Map(await weightEncodings(context, plan, job));
  for (const [name, encoding] of frozen)
    if (encoding.kind === 'weight') weights.set(name, encoding);
  const { graph: rounded } = simulateGraph(graph, weights, simulateOptions(context));
  const measured = plan.quantizers.filter(
    ({ kind, tensor, tiedTo, fixed }) =>
      kind === 'activation' && tiedTo === undefined && !fixed && !frozen.has(tensor),
  );
  const known = { graph, plan, weights, frozen };
  if (!on || measured.length === 0) {
    const encodings = allGrids(known, new Map());
    return { plan, encodings, alone: encodings, statistics: new Map(), failures: [], count: 0 };
  }
  const values = measured.map(({ tensor }) => tensor);
  const observed = [rounded, ...(options.alone ? [graph] : [])];
  const reductions = observed.flatMap((_, network) =>
    measured.map(({ range, tensor }): Reduction => {
      const histogram = histogramOf(range);
      const of = { network, value: tensor };
      return { kind: 'statistics', of, ...(histogram ? { histogram } : {}) };
    }),
  );
  const networks = observed.map((one) => ({ model: encoded({ document, graph: one }, values) }));
  const ran = await runTask(engine, { networks, reductions }, on, job, 'Calibrating');
  const [statistics, float] = observed.map((_, network) => {
    const own = ran.results.slice(network * values.length, (network + 1) * values.length);
    return new Map(
      own.flatMap((result, at) =>
        result.kind === 'statistics' ? [[values[at] ?? '', result.statistics] as const] : [],
      ),
    );
  });
  if (!statistics) throw new Error('nothing was observed');
  const encodings = allGrids(known, statistics);
  const alone = float ? allGrids(known, float) : encodings;
  const { failures, count } = ran;
  return { plan, encodings, alone, statistics, failures, count };
}

/** The grids of everything that the plan rounds, of values from their statistics. */
function allGrids(
  {
    graph,
    plan,
    weights,
    frozen,
  }: {
    readonly graph: Graph;
    readonly plan: QuantizationPlan;
    readonly weights: EncodingSet;
    readonly frozen: EncodingSet;
  },
  statistics: ReadonlyMap<string, ValueStatistics>,
): EncodingSet {
  const encodings = new Map(weights);
  for (const quantizer of plan.quantizers) {
    if (quantizer.kind !== 'activation') continue;
    const grid = gridOf(quantizer, statistics);
    const kept = frozen.get(quantizer.tensor);
    if (kept) encodings.set(quantizer.tensor, kept);
    else if (grid) encodings.set(quantizer.tensor, activationEncoding(quantizer, grid));
  }
  for (const quantizer of plan.quantizers) {
    const source = quantizer.tiedTo === undefined ? undefined : encodings.get(quantizer.tiedTo);
    if (source) encodings.set(quantizer.tensor, { ...source, tensor: quantizer.tensor });
  }
  for (const quantizer of plan.quantizers) {
    const tensor = quantizer.kind === 'bias' ? graph.tensors.get(quantizer.tensor) : undefined;
    if (!tensor) continue;
    const { input, weight } = quantizer.bias ?? {};
    const scales = [input, weight].map((name) => encodings.get(name ?? ''));
    // 32 bits have the scale of the sums; without it the bias stays as it is.
    if (quantizer.format.bits === 32 && scales.includes(undefined)) continue;
    const frozenBias = frozen.get(quantizer.tensor);
    const found = frozenBias ?? biasEncoding(tensor, quantizer, scales[0], scales[1]);
    encodings.set(quantizer.tensor, found);
  }
  return encodings;
}

/** How the context's target rounds. */
export const simulateOptions = ({
  target,
  seed,
  types,
}: QuantizeContext): Parameters<typeof simulateGraph>[2] => ({
  rounding: target.rounding,
  seed,
  types: (value) => types.get(value),
});

function gridOf(
  { fixed, format, range, tensor, tiedTo }: Quantizer,
  statistics: ReadonlyMap<string, ValueStatistics>,
): Encoding | undefined {
  if (tiedTo !== undefined) return undefined;
  if (fixed) return encodingOf(fixed.min, fixed.max, format);
  const seen = statistics.get(tensor);
  return seen && findGrid(seen, range, format);
}

const activationEncoding = (quantizer: Quantizer, grid: Encoding): TensorEncoding => ({
  tensor: quantizer.tensor,
  kind: 'activation',
  axis: undefined,
  isSymmetric: quantizer.format.symmetry !== 'asymmetric',
  grids: sharedGrids(grid, 1),
});
