import { layerUnits } from '../core/quant/layerUnits.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { Job } from '../core/job.ts';
import type { Reduction } from '../engines/sampleTask.ts';
import { simulateOptions, type Calibration } from './calibrate.ts';
import { encoded, type QuantizeContext } from './context.ts';
import { withFloatBiases } from './floatBiases.ts';
import { runTask, type TaskSamples } from './runTask.ts';
import { errorScores } from './scores.ts';

/** SQNR of a layer's output in dB with one kind of rounding in the whole network up to it. */
export interface DepthShare {
  /** Only weights and biases are rounded. */
  readonly weights: number;
  /** Only values are. */
  readonly activations: number;
}

/**
 * How far rounding only constants, and rounding only values, moves each layer's output: the network
 * is run in float and in both ways, once a sample each.
 */
export async function shareByDepth(
  context: QuantizeContext,
  { plan, encodings }: Pick<Calibration, 'plan' | 'encodings'>,
  on: TaskSamples,
  job: Job,
): Promise<ReadonlyMap<string, DepthShare>> {
  const { graph, document, engine } = context;
  const units = layerUnits(graph, plan);
  const options = simulateOptions(context);
  const trunk = withFloatBiases(graph, context.floatBiases);
  const simulations = [
    simulateGraph(graph, encodings, { ...options, only: ({ kind }) => kind !== 'activation' }),
    simulateGraph(trunk, encodings, { ...options, only: ({ kind }) => kind === 'activation' }),
  ];
  const ends = simulations.map(({ rounded }) => units.map(({ end }) => rounded.get(end) ?? end));
  const reductions = ends.flatMap((values, at) =>
    values.map((value, i): Reduction => ({
      kind: 'difference',
      reference: { network: 0, value: units[i]?.end ?? value },
      actual: { network: at + 1, value },
    })),
  );
  const floats = units.map(({ end }) => end);
  const networks = [
    { model: encoded({ document, graph: trunk }, floats) },
    ...simulations.map((simulation, at) => ({
      model: encoded({ document, graph: simulation.graph }, ends[at]),
    })),
  ];
  const { results } = await runTask(engine, { networks, reductions }, on, job, 'Comparing layers');
  const decibels = results.map((result) =>
    result.kind === 'difference' ? errorScores([result.difference]).sqnrDb : NaN,
  );
  return new Map(
    units.map(({ layer }, i) => [
      layer.name,
      { weights: decibels[i] ?? NaN, activations: decibels[units.length + i] ?? NaN },
    ]),
  );
}
