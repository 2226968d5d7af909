import type { Strip } from '../../../server/protocol/cockpit.ts';
import { decades, quantiles } from '../scales.ts';

/** Left and right margins of the strips in pixels: the ticks stand on the left. */
export const leftPx = 44;
export const rightPx = 8;

/** Height of the bars of a range strip, and of a strip of scale factors with its words. */
export const rangeHeightPx = 58;
export const factorHeightPx = 40;
const titleHeightPx = 18;
const footHeightPx = 20;

export type RangeStrip = Extract<Strip, { kind: 'range' }>;
export type FactorStrip = Extract<Strip, { kind: 'factor' }>;

/** Where a strip begins, and where its bars stand. */
export interface PlacedStrip {
  readonly strip: Strip;
  readonly topPx: number;
  readonly bottomPx: number;
}

/** The strips of one set laid out: all that drawing and hovering need to agree on. */
export interface SetGeometry {
  readonly placed: readonly PlacedStrip[];
  readonly heightPx: number;
  readonly channels: number;
  /** Width of a channel in pixels. */
  readonly bandPx: number;
  /** Of the log axis that all range strips share. */
  readonly domain: readonly [number, number];
  /** The factor axis goes from 1/far to far. */
  readonly farFactor: number;
  readonly widthPx: number;
}

/** Lays the strips of a set out one under the other over one channel axis. */
export function setGeometry(strips: readonly Strip[], widthPx: number): SetGeometry {
  const placed: PlacedStrip[] = [];
  let y = 0;
  for (const strip of strips) {
    const isAfterRange = strip.kind === 'range' && placed.at(-1)?.strip.kind === 'range';
    const topPx = y + (isAfterRange ? 10 : 0);
    const height = strip.kind === 'range' ? titleHeightPx + rangeHeightPx : factorHeightPx;
    y = topPx + height;
    placed.push({ strip, topPx, bottomPx: strip.kind === 'range' ? y : y - 6 });
  }
  const channels = Math.max(1, ...strips.map((strip) => seriesOf(strip).length));
  return {
    placed,
    heightPx: y + footHeightPx,
    channels,
    bandPx: (widthPx - leftPx - rightPx) / channels,
    domain: rangeDomain(strips),
    farFactor: farFactor(strips),
    widthPx,
  };
}

/** The series that a strip draws now. */
export const seriesOf = (strip: Strip): readonly number[] =>
  strip.kind === 'range' ? strip.now : strip.factor;

/** Position in the drawing of a pixel; undefined beside the bars. */
export function positionAt(geometry: SetGeometry, xPx: number): number | undefined {
  const position = Math.floor((xPx - leftPx) / geometry.bandPx);
  return position >= 0 && position < geometry.channels ? position : undefined;
}

/** Channels in the order drawn: widest in the strip of `layer` as it was, or by index. */
export function channelOrder(
  strips: readonly Strip[],
  layer: number,
  isByIndex: boolean,
): readonly number[] {
  const ranges = strips.filter((strip) => strip.kind === 'range');
  const own = ranges.find((strip) => strip.layer === layer) ?? ranges[0];
  const key = own?.before ?? own?.now ?? [];
  const order = key.map((_, channel) => channel);
  return isByIndex ? order : order.sort((a, b) => (key[b] ?? 0) - (key[a] ?? 0) || a - b);
}

/** From the range that all but 1 % of the channels are above, at most four decades down. */
function rangeDomain(strips: readonly Strip[]): readonly [number, number] {
  const all = strips.flatMap((strip) =>
    strip.kind === 'range' ? [...(strip.before ?? []), ...strip.now] : [],
  );
  const [low, high] = quantiles(
    all.filter((value) => value > 0 && Number.isFinite(value)),
    [0.01, 1],
  );
  if (low === undefined || high === undefined || Number.isNaN(high)) return [0.1, 1];
  return decades(Math.max(low, high / 1e4), high);
}

function farFactor(strips: readonly Strip[]): number {
  const factors = strips.flatMap((strip) => (strip.kind === 'factor' ? strip.factor : []));
  return Math.max(2, ...factors.filter((f) => f > 0).map((f) => Math.max(f, 1 / f)));
}
