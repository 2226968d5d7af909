import { biasEncoding } from '../core/quant/biasEncodings.ts';
import { encodingOf, sharedGrids, type Encoding } from '../core/quant/grid.ts';
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
 * rounded (algorithms: section 15.5). `frozen` encodings stay as they are.
 */
export async function calibrate(
  context: QuantizeContext,
  on: TaskSamples | undefined,
  job: Job,
  frozen: EncodingSet = new Map(),
): Promise<Calibration> {
  const { graph, document, engine } = context;
  const plan = planOf(context);
  const encodings = new Map(await weightEncodings(context, plan, job));
  for (const [name, encoding] of frozen)
    if (encoding.kind === 'weight') encodings.set(name, encoding);
  const { graph: observed } = simulateGraph(graph, encodings, simulateOptions(context));
  const own = plan.quantizers.filter(
    (one) => one.kind === 'activation' && one.tiedTo === undefined && !one.fixed,
  );
  const measured = own.filter(({ tensor }) => !frozen.has(tensor));
  const statistics = new Map<string, ValueStatistics>();
  let outcome = { failures: [] as readonly SampleFailure[], count: 0 };
  if (on && measured.length > 0) {
    const reductions = measured.map((quantizer): Reduction => {
      const histogram = histogramOf(quantizer.range);
      const of = { network: 0, value: quantizer.tensor };
      return { kind: 'statistics', of, ...(histogram ? { histogram } : {}) };
    });
    const model = encoded(
      { document, graph: observed },
      measured.map(({ tensor }) => tensor),
    );
    const ran = await runTask(
      engine,
      { networks: [{ model }], reductions },
      on,
      job,
      'Calibrating',
    );
    for (const [at, { tensor }] of measured.entries()) {
      const result = ran.results[at];
      if (result?.kind === 'statistics') statistics.set(tensor, result.statistics);
    }
    outcome = ran;
  }
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
  return { plan, encodings, statistics, failures: outcome.failures, count: outcome.count };
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
