import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import type { StepId } from '../steps.ts';
import type { StepRecord } from './changeLog.ts';
import type { Forecast } from './forecast.ts';

/**
 * The places where a step would still do something. A set that was scaled once could always be
 * scaled a little more; that is not offered as something left to do.
 */
export function openPlaces(
  forecast: Forecast | undefined,
  step: StepId,
  records: readonly StepRecord[],
): readonly object[] {
  const places = forecast?.results.get(step)?.applied ?? [];
  if (step !== 'equalize') return places;
  const key = (place: object): string => (place as EqualizeApplied).layers.join('\n');
  const done = new Set(
    records.flatMap((r) => (r.step === step && r.notKept === undefined ? r.applied.map(key) : [])),
  );
  return places.filter((place) => !done.has(key(place)));
}
