import type { CockpitSet, CockpitState, Strip } from '../../../server/protocol/cockpit.ts';
import type { LayerRow, Phrase } from '../../../server/protocol/model.ts';
import type { Judged } from './dataModel.ts';
import { decibels, plural, range } from '../../kit/numbers.ts';

/** Index of the set to show: the one picked, where the layer has it. */
export const shownSet = (cockpit: CockpitState, picked: number): CockpitSet | undefined =>
  cockpit.sets[picked] ?? cockpit.sets[0];

/** What the model has now, worded as what it would have while that is only a preview. */
export function nowInWords(now: readonly Phrase[], isPreview: boolean): readonly Phrase[] {
  const [first, ...others] = now;
  if (!isPreview || first === undefined) return now;
  return [{ ...first, text: first.text.replace(/^Now\b:?/, 'Would be:') }, ...others];
}

/** What the outputs keep with only this layer quantized, now and before; empty: not measured. */
export function aloneInWords({ data }: Pick<LayerRow, 'data'>, judged: Judged): readonly Phrase[] {
  const [is, was] = [data?.now.alone, data?.before?.alone];
  if (is === undefined || was === undefined) return [];
  return [
    { text: ` ${judged === 'logits' ? 'Logits' : 'Outputs'} with only this layer quantized ` },
    { text: `${decibels(is)} dB`, tone: 'strong' },
    { text: `, were ${decibels(was)} dB.` },
  ];
}

/** The same as it is estimated where there are no samples; empty: it is not. */
export function estimateInWords({
  now,
  before,
  data,
}: Pick<LayerRow, 'now' | 'before' | 'data'>): readonly Phrase[] {
  if (data || now.estimated === undefined) return [];
  const was = before?.estimated;
  return [
    { text: ' Its output with only its weights rounded keeps about ' },
    { text: `${decibels(now.estimated)} dB`, tone: 'strong' },
    { text: was === undefined ? '.' : `, kept ${decibels(was)} dB.` },
  ];
}

/** Channels that share a bar where a set is binned. */
const binSize = 4;

/** A channel that is read, or a bin of them, and of which set. */
export interface Pin {
  readonly channel: number;
  readonly set: string;
}

/** What tells a set from the others, whatever it is called by now: its layers and its channels. */
export const setKey = ({ strips, channels }: CockpitSet): string =>
  [channels, ...strips.flatMap((one) => (one.kind === 'range' ? [one.layer] : []))].join();

/** Where a pinned channel stands; undefined where it is of another set. */
export function pinnedAt(
  pinned: Pin | undefined,
  set: CockpitSet,
  order: readonly number[],
): number | undefined {
  const at = pinned?.set === setKey(set) ? order.indexOf(pinned.channel) : -1;
  return at < 0 ? undefined : at;
}

/** The pin while one of the sets is still the one that it is of. */
export const keptPin = (pinned: Pin | undefined, { sets }: CockpitState): Pin | undefined =>
  sets.some((set) => setKey(set) === pinned?.set) ? pinned : undefined;

/** How many channels the strips have, and in which order they stand. */
export function stripsFoot({ channels, isBinned }: CockpitSet, isByIndex: boolean): string {
  const bins = isBinned ? ` in bins of ${binSize}` : '';
  return `${plural(channels, 'channel')}${bins}, ${isByIndex ? 'by index' : 'widest first'}`;
}

/** What the marks in the strips stand for; empty where there are none. */
export function stripsKey(strips: readonly Strip[]): string {
  const ranges = strips.filter((strip) => strip.kind === 'range');
  return [
    ...(ranges.some(({ dead }) => dead.length > 0) ? ['× dead'] : []),
    ...(ranges.some(({ halfStep }) => halfStep > 0) ? ['dotted: half a step'] : []),
  ].join(', ');
}

/** What stands at the right of each strip while no channel is read: its extremes. */
export const stripExtremes = (strips: readonly Strip[]): readonly string[] =>
  strips.map((strip) => {
    if (strip.kind === 'factor') {
      const factors = strip.factor.filter((factor) => factor > 0);
      if (factors.length === 0) return '';
      return `${range(least(factors))}× … ${range(most(factors))}×`;
    }
    const was = strip.before ? `${range(most(strip.before))} → ` : '';
    const inputs = strip.inputsEach === undefined ? '' : `, ${strip.inputsEach} inputs each`;
    return `${strip.role} them${inputs} · widest ${was}${range(most(strip.now))}`;
  });

/** One channel read in all strips at once: `0.45 → 1.23`, `0.0686×`, `dead`. */
export const readChannel = (strips: readonly Strip[], channel: number): readonly string[] =>
  strips.map((strip) => {
    if (strip.kind === 'factor') return `${range(strip.factor[channel] ?? 1)}×`;
    if (strip.dead.includes(channel)) return 'dead';
    const now = strip.now[channel] ?? 0;
    const before = strip.before?.[channel];
    const was = before === undefined ? '' : `${range(before)} → `;
    return `${was}${range(now)}${now < strip.halfStep ? ', rounds to 0' : ''}`;
  });

/** The same for a screen reader, with the names of the strips. */
export const readingInWords = (strips: readonly Strip[], channel: number): string =>
  readChannel(strips, channel)
    .map((value, i) => `${strips[i]?.name ?? ''} ${value}`)
    .join(', ');

/** `channel 17` or, where four share a bar, `channels 68–71`. */
export function channelName(at: number, { channels, isBinned }: CockpitSet): string {
  const first = isBinned ? binSize * at : at;
  const last = isBinned ? Math.min(first + binSize, channels) - 1 : at;
  return first < last ? `channels ${first}–${last}` : `channel ${first}`;
}

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
const least = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Infinity);
