import type { ActivationHistogram, CockpitData } from '../protocol/data.ts';
import { toWire } from '../protocol/wire.ts';
import type { Measured } from '../session/measured.ts';
import type { Measurement } from '../session/measurer.ts';

/** More channels than this are too many for a picture: groups of four give their largest. */
const mostChannels = 1024;

/** What samples say of one layer: its values, the shift of its channels, where it errs most. */
export function cockpitDataOf(measurement: Measurement, name: string): CockpitData | undefined {
  const { now, opened } = measurement;
  const layer = now.layers?.[name];
  const activation = histogramOf(now, name);
  if (!layer && !activation) return undefined;
  const before = opened === now ? undefined : opened;
  const wasActivation = before && histogramOf(before, name);
  const errors = binned(layer?.biasError ?? []);
  const wasErrors = binned(before?.layers?.[name]?.biasError ?? []);
  return {
    ...(activation
      ? { activations: { now: activation, ...(wasActivation ? { before: wasActivation } : {}) } }
      : {}),
    ...(errors.length > 0
      ? { biasError: { now: errors, ...(wasErrors.length > 0 ? { before: wasErrors } : {}) } }
      : {}),
    worstSamples: (layer?.worstSamples ?? []).map(({ index, sqnrDb }) => ({
      index,
      sqnrDb: toWire(sqnrDb),
    })),
  };
}

function histogramOf({ calibration }: Measured, name: string): ActivationHistogram | undefined {
  const range = calibration?.ranges[name];
  if (!range) return undefined;
  const { min, max, histogram, grid } = range;
  return { min, max, counts: histogram?.counts ?? [], ...(grid ? { grid } : {}) };
}

function binned(errors: readonly number[]): readonly number[] {
  if (errors.length <= mostChannels) return errors;
  const groups: number[] = [];
  for (let at = 0; at < errors.length; at += 4) {
    const group = errors.slice(at, at + 4);
    groups.push(group.reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most), 0));
  }
  return groups;
}
