import type { NodeId } from '../core/graph/graph.ts';
import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import type { StepRecord } from './changeLog.ts';
import type { Forecast } from './forecast.ts';
import { openPlaces } from './openPlaces.ts';

/** A cross-layer set with its scale factors: those applied, or those that would be. */
export interface ScaledSet {
  readonly nodes: readonly NodeId[];
  readonly scale: readonly Float64Array[];
  readonly isApplied: boolean;
}

/** The sets that were scaled and those that could be. Scaled twice: the factors are multiplied. */
export function scaledSets(
  records: readonly StepRecord[],
  forecast: Forecast | undefined,
): ScaledSet[] {
  const sets = new Map<string, ScaledSet>();
  const add = (place: object, isApplied: boolean): void => {
    const { nodes, scale } = place as EqualizeApplied;
    const key = nodes.join();
    const before = sets.get(key)?.scale;
    const product = before
      ? scale.map((factors, j) => factors.map((factor, c) => factor * (before[j]?.[c] ?? 1)))
      : scale;
    sets.set(key, { nodes, scale: product, isApplied });
  };
  for (const { step, applied, notKept } of records) {
    if (step === 'equalize' && notKept === undefined) for (const set of applied) add(set, true);
  }
  for (const set of openPlaces(forecast, 'equalize', records)) add(set, false);
  return [...sets.values()];
}
