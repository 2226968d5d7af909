import type { NodeId } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import type { Job } from '../job.ts';
import { targetOf } from '../quant/apart.ts';
import type { Target } from '../quant/targets.ts';
import {
  estimatedGap,
  figuresIn,
  figuresOf,
  noiseMeasurement,
  rangeFigures,
  type GridFigures,
} from './gridFigures.ts';
import { operatorLabel } from './operatorLabel.ts';
import { scanWeightIn } from './scanWeight.ts';
import {
  momentMeasurement,
  rangeMeasurement,
  type WeightRanges,
  type WeightStatistics,
} from './weightStatistics.ts';

/** What is known of one layer so far. */
export interface LayerReport {
  readonly layer: Layer;
  /** `DW 3×3 /2`. */
  readonly operator: string;
  readonly ranges: WeightRanges;
  /** Undefined until the layer is measured. */
  readonly statistics: WeightStatistics | undefined;
  /** Ranges and lost channels are right from the first; the SQNRs are 0 until `isMeasured`. */
  readonly figures: GridFigures;
  readonly isMeasured: boolean;
  /** Why it cannot be measured. */
  readonly fault: string | undefined;
}

/**
 * Measures every layer. First the ranges of all, in model order, at the speed of reading; then the
 * exact figures, the layers that will lose most first. `onLayer` is told of each layer twice: with
 * its ranges, and when it is measured. Results come back in model order; what was measured of the
 * same weights before is not measured again.
 */
export async function reportLayers(
  layers: readonly Layer[],
  target: Target,
  job: Job,
  onLayer: (report: LayerReport) => void = () => undefined,
): Promise<LayerReport[]> {
  const reports = new Map<NodeId, LayerReport>();
  const tell = (report: LayerReport): void => {
    reports.set(report.layer.node.id, report);
    onLayer(report);
  };
  for (const [done, layer] of layers.entries()) {
    await job.checkpoint(done, layers.length * 3, layer.name);
    tell(await outline(layer, target, job));
  }
  const order = [...reports.values()]
    .map((report) => ({
      report,
      gap: estimatedGap(report.ranges, targetOf(target, report.layer.name)),
    }))
    .sort((a, b) => b.gap - a.gap);
  for (const [done, { report }] of order.entries()) {
    await job.checkpoint(layers.length + 2 * done, layers.length * 3, report.layer.name);
    tell(await measure(report, target, job));
  }
  return [...reports.values()];
}

/** Ranges only. */
async function outline(layer: Layer, target: Target, job: Job): Promise<LayerReport> {
  const measurement = rangeMeasurement(layer);
  await scanWeightIn(job, layer, measurement.collectors);
  const ranges = measurement.finish();
  return {
    layer,
    operator: operatorLabel(layer.node, layer),
    ranges,
    statistics: undefined,
    figures: figuresIn(target, layer, (own) => rangeFigures(ranges, own)),
    isMeasured: false,
    fault: ranges.fault,
  };
}

/** Everything; the weight is read once for all that is still missing. */
async function measure(report: LayerReport, target: Target, job: Job): Promise<LayerReport> {
  const { layer, ranges } = report;
  const moments = momentMeasurement(layer, ranges);
  const noise = noiseMeasurement(layer, ranges, targetOf(target, layer.name));
  await scanWeightIn(job, layer, [...moments.collectors, ...noise.collectors]);
  const statistics = moments.finish();
  const made = noise.finish();
  const figures = figuresIn(target, layer, (own) => figuresOf(statistics, own, made));
  return { ...report, statistics, figures, isMeasured: true };
}

export { measureOnGrid, type GridFigures } from './gridFigures.ts';
export { measureWeights, type WeightStatistics } from './weightStatistics.ts';
export { operatorLabel } from './operatorLabel.ts';
