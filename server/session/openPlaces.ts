import type { AbsorbApplied } from '../core/passes/absorbHighBias.ts';
import type { EqualizeApplied } from '../core/passes/equalizeLayers.ts';
import type { Skip } from '../core/passes/pass.ts';
import type { StepId } from '../steps.ts';
import type { StepRecord } from './changeLog.ts';
import type { Forecast } from './forecast.ts';

/** Refused not by how the network is built, but by what was measured: a dry run cannot know it. */
const isMeasuredRefusal = ({ code }: Skip): boolean => code === 'moves-outputs';

/** What was refused so when it was tried: each place once, as it was tried last. */
export const measuredRefusals = (records: readonly StepRecord[]): readonly Skip[] => [
  ...new Map(
    records.flatMap(({ skipped }) =>
      skipped.filter(isMeasuredRefusal).map((skip) => [skip.place, skip] as const),
    ),
  ).values(),
];

/**
 * The places where a step would still do something. A set that was scaled once could always be
 * scaled a little more; that is not offered as something left to do, and neither are pairs that
 * were tried and moved the outputs too far.
 */
export function openPlaces(
  forecast: Forecast | undefined,
  step: StepId,
  records: readonly StepRecord[],
): readonly object[] {
  const places = forecast?.results.get(step)?.applied ?? [];
  if (step === 'absorb') {
    const refused = new Set(measuredRefusals(records).map(({ place }) => place));
    return places.filter((place) => !refused.has((place as AbsorbApplied).layers.join(' → ')));
  }
  if (step !== 'equalize') return places;
  const key = (place: object): string => (place as EqualizeApplied).layers.join('\n');
  const done = new Set(
    records.flatMap((r) => (r.step === step && r.notKept === undefined ? r.applied.map(key) : [])),
  );
  return places.filter((place) => !done.has(key(place)));
}
