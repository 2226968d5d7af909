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
  const done = scaledSets(records);
  return places.filter((place) => !done.has(keyOf(place as EqualizeApplied)));
}

/** The open places without the sets that a repair tried and left out. */
export function offeredPlaces(
  forecast: Forecast | undefined,
  step: StepId,
  records: readonly StepRecord[],
): readonly object[] {
  const open = openPlaces(forecast, step, records);
  if (step !== 'equalize') return open;
  const left = new Set(leftOutSets(records).map(keyOf));
  return open.filter((place) => !left.has(keyOf(place as EqualizeApplied)));
}

/** The sets that a repair left out of its scaling and that were not scaled since, and why. */
export function leftOutSets(
  records: readonly StepRecord[],
): readonly { readonly layers: readonly string[]; readonly why: string }[] {
  const done = scaledSets(records);
  return records
    .flatMap(({ leftOut }) => leftOut?.sets.map((layers) => ({ layers, why: leftOut.why })) ?? [])
    .filter((set) => !done.has(keyOf(set)));
}

const keyOf = ({ layers }: Pick<EqualizeApplied, 'layers'>): string => layers.join('\n');

const scaledSets = (records: readonly StepRecord[]): ReadonlySet<string> =>
  new Set(
    records.flatMap(({ step, notKept, applied }) =>
      step === 'equalize' && notKept === undefined
        ? (applied as readonly EqualizeApplied[]).map(keyOf)
        : [],
    ),
  );
