import { branchedGraph } from '../core/quant/localErrors.ts';
import { layerUnits, type LayerUnit } from '../core/quant/layerUnits.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { Job } from '../core/job.ts';
import type { DifferenceTotals, Reduction } from '../engines/sampleTask.ts';
import { simulateOptions, type Calibration } from './calibrate.ts';
import { encoded, type QuantizeContext, type RunnableModel } from './context.ts';
import { withFloatBiases } from './floatBiases.ts';
import { runTask, type SampleFailure, type TaskSamples } from './runTask.ts';
import { decibel, errorScores, type ErrorScores } from './scores.ts';

/** How far a layer's output is from that of the float network. */
export interface LayerErrors {
  readonly name: string;
  readonly op: string;
  /** The value that was compared. */
  readonly value: string;
  /** Only this layer's roundings, float inputs. */
  readonly local: ErrorScores;
  /** The same with only its constants rounded, and with only its input and output. */
  readonly weights: ErrorScores;
  readonly activations: ErrorScores;
  /** Everything before it rounded too. */
  readonly accumulated: ErrorScores;
  /** Samples with the lowest accumulated SQNR, worst first, at most eight. */
  readonly worstSamples: readonly { readonly index: number; readonly sqnrDb: number }[];
  /** Mean error of each channel of the local branch, where the value has a channel axis. */
  readonly channelMeanError?: Float64Array;
  readonly channelDeviation?: Float64Array;
  /** Root mean square of the float output, to judge the errors of channels by. */
  readonly deviation: number;
}

export interface LayerMeasurement {
  readonly layers: readonly LayerErrors[];
  readonly count: number;
  readonly failures: readonly SampleFailure[];
}

const worstCount = 8;

/**
 * Runs the float network with rounded copies beside each layer, and the whole rounded network, once
 * a sample each; every layer's errors come from that.
 */
export async function measureLayers(
  context: QuantizeContext,
  calibration: Calibration,
  on: TaskSamples,
  job: Job,
): Promise<LayerMeasurement> {
  const { graph, document, engine } = context;
  const { plan, encodings, alone } = calibration;
  const units = layerUnits(graph, plan);
  const options = simulateOptions(context);
  const trunk = withFloatBiases(graph, context.floatBiases);
  const corrected = new Map(
    [...(context.floatBiases?.keys() ?? [])].flatMap((name) => {
      const tensor = graph.tensors.get(name);
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
  const branched = branchedGraph(trunk, units, alone, options, corrected);
  const simulated = simulateGraph(graph, encodings, options);
  const reductions: Reduction[] = [];
  const wanted = { branched: new Set<string>(), simulated: new Set<string>() };
  for (const [at, ends] of branched.ends.entries()) {
    const unit = units[at] as LayerUnit;
    const so = simulated.rounded.get(unit.end) ?? unit.end;
    const channelAxis = channelAxisOf(unit, context.dimsOf(unit.end));
    for (const share of ['all', 'weights', 'activations'] as const) {
      wanted.branched.add(ends.float).add(ends[share]);
      reductions.push({
        kind: 'difference',
        reference: { network: 0, value: ends.float },
        actual: { network: 0, value: ends[share] },
        ...(share === 'all' && channelAxis !== undefined ? { channelAxis } : {}),
      });
    }
    wanted.simulated.add(so);
    reductions.push({
      kind: 'difference',
      reference: { network: 0, value: ends.float },
      actual: { network: 1, value: so },
      perSample: true,
    });
  }
  const model = (of: RunnableModel['graph'], names: Iterable<string>): ReturnType<typeof encoded> =>
    encoded({ document, graph: of }, names);
  const networks = [
    { model: model(branched.graph, wanted.branched) },
    { model: model(simulated.graph, wanted.simulated) },
  ];
  const outcome = await runTask(engine, { networks, reductions }, on, job, 'Measuring layers');
  const totals = outcome.results.map((result): DifferenceTotals => {
    if (result.kind !== 'difference') throw new Error('not a difference');
    return result.difference;
  });
  return {
    layers: units.map((unit, at) => layerErrors(unit, totals.slice(4 * at, 4 * at + 4))),
    count: outcome.count,
    failures: outcome.failures,
  };
}

/** Axis of the output channels: 1 behind convolutions, the last behind matrix products. */
export function channelAxisOf(
  { layer }: Pick<LayerUnit, 'layer'>,
  dims: readonly number[] | undefined,
): number | undefined {
  const axis =
    layer.kind === 'conv' || layer.kind === 'convTranspose' ? 1 : dims ? dims.length - 1 : 1;
  return !dims || dims[axis] === layer.outChannels ? axis : undefined;
}

function layerErrors(unit: LayerUnit, totals: readonly DifferenceTotals[]): LayerErrors {
  const [local, weights, activations, accumulated] = totals;
  if (!local || !weights || !activations || !accumulated) throw new Error('a unit has four');
  return {
    name: unit.layer.name,
    op: unit.layer.node.op,
    value: unit.end,
    local: errorScores([local]),
    weights: errorScores([weights]),
    activations: errorScores([activations]),
    accumulated: errorScores([accumulated]),
    worstSamples: worst(accumulated),
    deviation: Math.sqrt(local.sumSquaredReference / Math.max(1, local.count)),
    ...(local.channelMeanError ? { channelMeanError: local.channelMeanError } : {}),
    ...(local.channelDeviation ? { channelDeviation: local.channelDeviation } : {}),
  };
}

/** The samples with the lowest SQNR, worst first. */
export function worst({ samples }: Pick<DifferenceTotals, 'samples'>): LayerErrors['worstSamples'] {
  if (!samples) return [];
  return Array.from(samples.index, (index, i) => ({
    index,
    sqnrDb: decibel(samples.sumSquaredReference[i] ?? 0, samples.sumSquaredError[i] ?? 0),
  }))
    .sort((a, b) => a.sqnrDb - b.sqnrDb || a.index - b.index)
    .slice(0, worstCount);
}
