import type { Graph, NodeId } from './core/graph/graph.ts';
import { layersOf, type Layer } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import { measureDeadReads, type DeadInput } from './core/diagnose/deadReads.ts';
import type { Finding } from './core/diagnose/finding.ts';
import { diagnose } from './core/diagnose/index.ts';
import { losersIn } from './core/diagnose/rules/tinyChannels.ts';
import { remedyGains } from './core/diagnose/remedies.ts';
import type { Job } from './core/job.ts';
import type { ClearApplied } from './core/passes/clearDeadChannels.ts';
import type { EqualizeApplied } from './core/passes/equalizeLayers.ts';
import type { FoldApplied } from './core/passes/foldBatchNorm.ts';
import { isQuantizedModel, quantizedLayers } from './core/quant/quantizedModel.ts';
import { estimateAlone } from './core/reports/aloneEstimate.ts';
import { countParts, type Counts } from './core/reports/counts.ts';
import { reportLayers, type LayerReport } from './core/reports/weightReport.ts';
import type { TargetSettings } from './protocol/target.ts';
import type { Forecast } from './session/forecast.ts';

/** What there is to say about a model on a target, from its weights alone. */
export interface Diagnosis {
  /** In model order. */
  readonly reports: readonly LayerReport[];
  /** The same with every batch norm folded that can be, as most targets round them; empty: not tried. */
  readonly folded: MeasuredForecast['fold'];
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly counts: Counts;
}

/** The layers to report: those with float weights, or the quantized ones of a quantized model. */
export const reportedLayers = (graph: Graph): Layer[] =>
  isQuantizedModel(graph) ? quantizedLayers(graph) : layersOf(graph, wiringOf(graph));

/** Measures every layer, and finds what the steps of `forecast` (a dry run) could help. */
export async function diagnoseModel(
  graph: Graph,
  target: TargetSettings,
  forecast: Forecast | undefined,
  job: Job,
): Promise<Diagnosis> {
  const reports = await reportLayers(reportedLayers(graph), target, job);
  const after = forecast && (await measureForecast(forecast, target, job));
  return {
    reports,
    folded: after?.fold ?? new Map(),
    findings: await findingsOf(graph, target, reports, forecast, after, job),
    counts: countsOf(graph, reports.length, forecast),
  };
}

/** Layers as the steps of a dry run would leave them. */
export interface MeasuredForecast {
  readonly fold: ReadonlyMap<NodeId, LayerReport>;
  readonly equalize: ReadonlyMap<NodeId, LayerReport>;
}

/** Measures what a dry run would leave: what the gain of a remedy is taken from. */
export async function measureForecast(
  { folded, equalized }: Forecast,
  target: TargetSettings,
  job: Job,
): Promise<MeasuredForecast> {
  return {
    fold: await reportFolded(folded, target, job),
    equalize: await reportFolded(equalized, target, job),
  };
}

/** Every layer of a graph whose batch norms are folded, by its node, with what it keeps alone. */
export async function reportFolded(
  graph: Graph,
  target: TargetSettings,
  job: Job,
): Promise<Map<NodeId, LayerReport>> {
  const reports = await reportLayers(reportedLayers(graph), target, job);
  const estimates = await estimateAlone(graph, reports, target, job);
  return new Map(
    reports.map((report) => {
      const { id } = report.layer.node;
      const estimated = estimates.get(id);
      const figures = { ...report.figures, ...(estimated === undefined ? {} : { estimated }) };
      return [id, { ...report, figures }];
    }),
  );
}

/**
 * The findings of layers that are measured already: of the weights as every target rounds them,
 * with batch norms folded, where `after` has them.
 */
export async function findingsOf(
  graph: Graph,
  target: TargetSettings,
  reports: readonly LayerReport[],
  forecast: Forecast | undefined,
  after: MeasuredForecast | undefined,
  job: Job,
): Promise<Finding[]> {
  const judged = after ? asRounded(reports, after.fold) : reports;
  return diagnose({
    graph,
    target,
    reports: judged,
    ...(after ? { unfolded: reports } : {}),
    foldable: foldsOf(forecast).map((one) => ({ batchNorm: one.batchNorm, layer: one.layerNode })),
    dead: await measureDeadReads(deadInputs(judged, forecast), job),
    sets: (appliedOf(forecast, 'equalize') as readonly EqualizeApplied[]).map((set) => ({
      layers: set.nodes,
      caps: set.capsAdded,
    })),
    after: after ?? {},
    moreBits: await remedyGains(judged, target, job),
  });
}

/** The layers with batch norms folded, where they are measured so. */
export const asRounded = (
  reports: readonly LayerReport[],
  folded: ReadonlyMap<NodeId, LayerReport>,
): LayerReport[] => reports.map((report) => folded.get(report.layer.node.id) ?? report);

/** Channels that round to 0 and are not 0 anyway, and the layers that they are in. */
export interface LostChannels {
  readonly channels: number;
  readonly layers: number;
}

/** Counts what rounding loses whole channels of, on layers that `forecast` was made for. */
export function countLost(
  reports: readonly LayerReport[],
  forecast: Forecast | undefined,
): LostChannels {
  const dead = deadInputs(reports, forecast).map((one) => ({ ...one, layer: one.layer.node.id }));
  const losers = losersIn({ reports, dead });
  return { channels: losers.reduce((sum, { count }) => sum + count, 0), layers: losers.length };
}

/** The layers that read channels which clearing found to be always 0. */
function deadInputs(reports: readonly LayerReport[], forecast: Forecast | undefined): DeadInput[] {
  const layers = new Map(reports.map(({ layer }) => [layer.node.id, layer]));
  return (appliedOf(forecast, 'clear') as readonly ClearApplied[]).flatMap((one) => {
    const layer = layers.get(one.readerNode);
    const channels = one.readerChannels.filter((_, at) => one.constant[at] === 0).flat();
    return layer && channels.length > 0 ? [{ layer, from: one.maker, channels }] : [];
  });
}

const countsOf = (graph: Graph, layers: number, forecast: Forecast | undefined): Counts =>
  countParts(graph, {
    layers,
    foldable: foldsOf(forecast).length,
    clsSets: appliedOf(forecast, 'equalize').length,
  });

const foldsOf = (forecast: Forecast | undefined): FoldApplied[] =>
  (appliedOf(forecast, 'fold') as readonly FoldApplied[]).filter(
    (one) => one.direction !== 'standalone',
  );

/** What a step of the dry run would do; its entries are those of the step's pass. */
const appliedOf = (
  forecast: Forecast | undefined,
  step: 'fold' | 'clear' | 'equalize',
): readonly object[] => forecast?.results.get(step)?.applied ?? [];
