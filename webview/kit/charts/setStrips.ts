import { svg, type TemplateResult } from 'lit';
import type { CockpitSet } from '../../../server/protocol/cockpit.ts';
import { plural } from '../numbers.ts';
import { log, thinned, tickText } from '../scales.ts';
import { barsPath, line, px, skylinePath, words } from './pieces.ts';
import {
  leftPx,
  rangeHeightPx,
  rightPx,
  type FactorStrip,
  type PlacedStrip,
  type RangeStrip,
  type SetGeometry,
} from './setGeometry.ts';

/** The layers of one set over one channel axis, with the scale factors between them. */
export function setStrips(geometry: SetGeometry, order: readonly number[]): TemplateResult[] {
  return geometry.placed.map((placed) => stripView(placed, geometry, order));
}

/** What stands at the right of each strip and under them: their extremes, or one channel's values. */
export function stripNotes(
  geometry: SetGeometry,
  notes: readonly string[],
  feet: readonly [left: string, right: string],
  isReading: boolean,
): TemplateResult[] {
  const x = geometry.widthPx - rightPx;
  const className = isReading ? 'note end reading' : 'note end';
  return [
    ...geometry.placed.map(({ topPx }, i) => words(x, topPx + 11, className, notes[i] ?? '')),
    words(leftPx, geometry.heightPx - 6, isReading ? 'tick reading' : 'tick', feet[0]),
    words(x, geometry.heightPx - 6, 'tick end', feet[1]),
  ];
}

/** The line through all strips at the channel that is read. */
export function channelCursor(
  geometry: SetGeometry,
  position: number,
  isPinned: boolean,
): TemplateResult {
  const x = px(leftPx + (position + 0.5) * geometry.bandPx);
  return line(x, 14, x, geometry.heightPx - 18, isPinned ? 'cursor pinned' : 'cursor');
}

/** `Ranges of 256 channels in 3 layers`. */
export function setLabel({ strips, channels }: CockpitSet): string {
  const layers = strips.filter(({ kind }) => kind === 'range').length;
  return `Ranges of ${plural(channels, 'channel')} in ${plural(layers, 'layer')}`;
}

const stripView = (
  placed: PlacedStrip,
  geometry: SetGeometry,
  order: readonly number[],
): TemplateResult =>
  placed.strip.kind === 'range'
    ? rangeStrip(placed.strip, placed, geometry, order)
    : factorStrip(placed.strip, placed, geometry, order);

const gapOf = (bandPx: number): number => (bandPx > 6 ? 1.5 : 0);

function rangeStrip(
  strip: RangeStrip,
  { topPx, bottomPx }: PlacedStrip,
  geometry: SetGeometry,
  order: readonly number[],
): TemplateResult {
  const { widthPx, bandPx, domain } = geometry;
  const y = log(domain, [bottomPx, bottomPx - rangeHeightPx]);
  const floor = domain[0];
  const dead = new Set(strip.dead);
  const now = order.map((channel) => {
    const value = strip.now[channel] ?? 0;
    return value > floor / 10 && !dead.has(channel)
      ? Math.min(y(value), bottomPx - 0.75)
      : undefined;
  });
  const before = strip.before;
  return svg`${words(leftPx, topPx + 11, 'chart-title', strip.name)}
    ${thinned(y.ticks, 4).map(
      (tick) => svg`${line(leftPx, px(y(tick)), widthPx - rightPx, px(y(tick)), 'grid')}
        ${words(leftPx - 6, px(y(tick)) + 4, 'tick end', tickText(tick))}`,
    )}
    <path d=${barsPath(now, leftPx, bandPx, bottomPx, gapOf(bandPx))} class="now" />
    ${
      before
        ? svg`<path d=${skylinePath(
            order.map((c) => y(Math.max(floor, before[c] ?? 0))),
            leftPx,
            bandPx,
          )} class="ghost" />`
        : ''
    }
    ${strip.halfStep > floor ? line(leftPx, px(y(strip.halfStep)), widthPx - rightPx, px(y(strip.halfStep)), 'half') : ''}
    ${line(leftPx, bottomPx, widthPx - rightPx, bottomPx, 'axis')}
    <path d=${deadPath(order, dead, bandPx, bottomPx)} class="dead" />`;
}

/** A × for each dead channel, as large as its band allows, and never too small to be seen. */
function deadPath(
  order: readonly number[],
  dead: ReadonlySet<number>,
  bandPx: number,
  bottomPx: number,
): string {
  const size = Math.max(4, Math.min(6, bandPx));
  return order
    .map((channel, i) => {
      if (!dead.has(channel)) return '';
      const x = px(leftPx + (i + 0.5) * bandPx - size / 2);
      return `M${x} ${bottomPx - 3 - size}l${px(size)} ${px(size)}m0-${px(size)}l-${px(size)} ${px(size)}`;
    })
    .join('');
}

function factorStrip(
  strip: FactorStrip,
  { topPx }: PlacedStrip,
  geometry: SetGeometry,
  order: readonly number[],
): TemplateResult {
  const { widthPx, bandPx, farFactor } = geometry;
  const half = 11;
  const middle = topPx + 26;
  const width = px(Math.max(0.6, bandPx - gapOf(bandPx)));
  const d = order
    .map((channel, i) => {
      const rise = px((Math.log(strip.factor[channel] || 1) / Math.log(farFactor)) * half);
      return rise === 0 ? '' : `M${px(leftPx + i * bandPx)} ${middle}v${-rise}h${width}v${rise}z`;
    })
    .join('');
  return svg`${words(leftPx, topPx + 11, 'note', `${strip.name}${strip.isApplied ? ', ÷ above, × below' : ', not applied'}`)}
    ${words(leftPx - 6, middle + 4, 'tick end', '1×')}
    <path d=${d} class=${strip.isApplied ? 'factor' : 'factor would-be'} />
    ${line(leftPx, middle, widthPx - rightPx, middle, 'axis')}`;
}
