import type { Graph } from './core/graph/graph.ts';
import { layersOf } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { Job } from './core/job.ts';
import { reportLayers } from './core/reports/weightReport.ts';
import type { TargetSettings } from './protocol/target.ts';

/** How well the weights of a model fit the target's grid; what *Repair* is judged by without data. */
export interface WeightScore {
  /** SQNR in dB of the worst layer, and of the middle one; Infinity where nothing is lost. */
  readonly lowestDb: number;
  readonly medianDb: number;
  readonly lowestLayer: string;
  /** By the layer's name. */
  readonly byLayer: ReadonlyMap<string, number>;
}

/** The SQNR of every layer's weights on the target's grid; layers that cannot be measured aside. */
export async function scoreWeights(
  graph: Graph,
  target: TargetSettings,
  job: Job,
): Promise<WeightScore> {
  const byLayer = new Map<string, number>();
  for (const report of await reportLayers(layersOf(graph, wiringOf(graph)), target, job)) {
    if (report.isMeasured && report.fault === undefined) {
      byLayer.set(report.layer.name, report.figures.sqnrChosen);
    }
  }
  const sorted = [...byLayer.entries()].sort((a, b) => a[1] - b[1]);
  return {
    lowestDb: sorted[0]?.[1] ?? Infinity,
    medianDb: sorted[Math.floor(sorted.length / 2)]?.[1] ?? Infinity,
    lowestLayer: sorted[0]?.[0] ?? '',
    byLayer,
  };
}

/** A step must raise the worst layer by this much (command-line.md, `repair` without data) ... */
const leastGainDb = 0.1;
/** ... and may cost no layer more than this. */
const mostLossDb = 1;

/** Does the worst layer gain enough? Where nothing is lost there is nothing to gain. */
export const gains = (before: WeightScore, after: WeightScore): boolean =>
  before.lowestDb < Infinity && after.lowestDb >= before.lowestDb + leastGainDb;

/** Does a change pass the stop rule? */
export const passesRule = (before: WeightScore, after: WeightScore): boolean =>
  gains(before, after) && largestLoss(before, after).db <= mostLossDb;

/** The rule's answer in words with its numbers. */
export function ruleWords(before: WeightScore, after: WeightScore): string {
  const gain = `the lowest weight SQNR goes from ${db(before.lowestDb)} to ${db(after.lowestDb)}`;
  if (passesRule(before, after)) return `Kept: ${gain}.`;
  if (!gains(before, after)) return `Undone: ${gain}; ${leastGainDb} dB more is asked.`;
  const loss = largestLoss(before, after);
  return `Undone: ${gain}, but that of ${loss.layer} falls by ${db(loss.db)}.`;
}

/** Layers that stand in the rule's way: they lose too much, or fall among the worst. */
export function hurtLayers(before: WeightScore, after: WeightScore): string[] {
  const needed = before.lowestDb + leastGainDb;
  return [...before.byLayer].flatMap(([layer, was]) => {
    const is = after.byLayer.get(layer);
    if (is === undefined || !Number.isFinite(was) || is >= was) return [];
    return was - is > mostLossDb || is < needed ? [layer] : [];
  });
}

/** dB with its unit, one decimal and a true minus; `exact` where nothing is lost. */
export const db = (value: number): string =>
  value === Infinity ? 'exact' : `${value.toFixed(1).replace('-', '−')} dB`;

/** Layers that nothing is lost of are left out: any change of theirs would be endless. */
function largestLoss(before: WeightScore, after: WeightScore): { layer: string; db: number } {
  let worst = { layer: '', db: 0 };
  for (const [layer, was] of before.byLayer) {
    const is = after.byLayer.get(layer);
    if (is !== undefined && Number.isFinite(was) && was - is > worst.db) {
      worst = { layer, db: was - is };
    }
  }
  return worst;
}
