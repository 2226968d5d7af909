import type { NodeId } from '../graph/graph.ts';
import type { Job } from '../job.ts';
import type { Target } from '../quant/targets.ts';
import { figuresOf, noiseMeasurement } from '../reports/gridFigures.ts';
import { scanWeightIn } from '../reports/scanWeight.ts';
import type { LayerReport } from '../reports/weightReport.ts';
import type { DiagnoseInput, FindingRemedy, MoreBits, RemedyStep } from './finding.ts';
import { keptLimitDb } from './marks.ts';
import { isOutlierHeavy } from './peaks.ts';

/** The reports that count: measured and without fault. */
export const soundReports = (reports: readonly LayerReport[]): LayerReport[] =>
  reports.filter((report) => report.isMeasured && report.fault === undefined);

/** A step as a remedy for some layers. */
export function stepRemedy(
  input: DiagnoseInput,
  step: RemedyStep,
  label: string,
  concerned: readonly LayerReport[],
  of: (report: LayerReport) => number = chosen,
): FindingRemedy {
  const after = input.after[step];
  const there = concerned.map(({ layer }) => after?.get(layer.node.id));
  const isMeasured = there.every(
    (report) => report?.isMeasured === true && !Number.isNaN(of(report)),
  );
  const fromDb = lowest(concerned.map(of));
  const toDb = isMeasured ? lowest(there.map((report) => (report ? of(report) : 0))) : fromDb;
  return { label, step, fromDb, toDb, isMeasured: isMeasured && concerned.length > 0 };
}

/** A scale for each channel as a remedy; measured already, as both granularities are. */
export function perChannelRemedy(
  { target }: DiagnoseInput,
  concerned: readonly LayerReport[],
): FindingRemedy[] {
  if (target.granularity === 'channel') return [];
  const fromDb = lowest(concerned.map(chosen));
  const toDb = lowest(concerned.map(({ figures }) => figures.sqnrChannel));
  const other: Target = { ...target, profile: 'custom', granularity: 'channel' };
  return [{ label: 'Weights per channel', target: other, fromDb, toDb, isMeasured: true }];
}

/** More bits for the weights as a remedy, where they were tried. */
export function moreBitsRemedy(
  { moreBits }: DiagnoseInput,
  concerned: readonly LayerReport[],
): FindingRemedy[] {
  if (!moreBits) return [];
  const there = concerned.map(({ layer }) => moreBits.sqnr.get(layer.node.id));
  const isMeasured = there.every((value) => value !== undefined);
  const fromDb = lowest(concerned.map(chosen));
  const toDb = isMeasured ? lowest(there.map((value) => value ?? 0)) : fromDb;
  const { target } = moreBits;
  return [{ label: `Weights of ${target.weightBits} bits`, target, fromDb, toDb, isMeasured }];
}

/** Larger models are not measured once more in one go. */
const mostWeights = 64e6;

/**
 * Measures the layers that more bits would be a remedy for at the next width (4, 8 or 16); nothing
 * at 16 bits, or where no layer needs it.
 */
export async function remedyGains(
  reports: readonly LayerReport[],
  target: Target,
  job: Job,
): Promise<MoreBits | undefined> {
  const weightBits = [4, 8, 16].find((bits) => bits > target.weightBits);
  const weak = soundReports(reports).filter(
    (report) => report.figures.sqnrChosen < keptLimitDb || isOutlierHeavy(report),
  );
  if (weightBits === undefined || weak.length === 0) return undefined;
  const other: Target = { ...target, profile: 'custom', weightBits };
  const sqnr = new Map<NodeId, number>();
  let weights = 0;
  for (const [done, { layer, statistics }] of weak.entries()) {
    if (!statistics) continue;
    weights += statistics.count;
    if (weights > mostWeights) break;
    await job.checkpoint(done, weak.length, layer.name);
    const measurement = noiseMeasurement(layer, statistics, other);
    await scanWeightIn(job, layer, measurement.collectors);
    const { sqnrChosen } = figuresOf(statistics, other, measurement.finish());
    sqnr.set(layer.node.id, sqnrChosen);
  }
  return { target: other, sqnr };
}

/** The lowest SQNR of these layers' weights on the target's grid. */
export const lowestChosen = (reports: readonly LayerReport[]): number =>
  lowest(reports.map(chosen));

const chosen = ({ figures }: LayerReport): number => figures.sqnrChosen;

function lowest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}
