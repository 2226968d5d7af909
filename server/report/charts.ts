import type { LayerFigures, LayerRow, RangeSummary } from '../protocol/model.ts';
import { db, percent, size } from './figures.ts';
import { html, type Markup } from './markup.ts';
import { nounText } from '../core/reports/words.ts';

/** Width of a chart in a table. */
const width = 220;
/** Full scale of an SQNR, and what a layer should keep (panels.md 4). */
const fullDb = 60;
const limitDb = 20;

/** From a value above 0 to a pixel, the same for all rows. */
export interface LogAxis {
  (value: number): number;
  /** Whole powers of ten. */
  readonly ticks: readonly number[];
}

/** The axis that holds the ranges of all layers. */
export function rangeAxis(layers: readonly LayerRow[]): LogAxis {
  const ends = layers
    .flatMap(({ now, before }) => [now, ...(before ? [before] : [])])
    .flatMap(({ range }) => [range.min, range.halfStep, range.max])
    .filter((value) => value > 0 && Number.isFinite(value))
    .map(Math.log10);
  const least = ends.reduce((a, b) => Math.min(a, b), Infinity);
  const most = ends.reduce((a, b) => Math.max(a, b), -Infinity);
  // Twelve decades are more than any eye tells apart; what lies below is held at the end.
  const top = ends.length === 0 ? 0 : Math.ceil(most);
  const low = ends.length === 0 ? -2 : Math.max(Math.min(Math.floor(least), top - 1), top - 12);
  const at = (value: number): number => {
    const share = (Math.log10(Math.max(value, 1e-300)) - low) / (top - low);
    return px(width * Math.min(1, Math.max(0, share)));
  };
  const step = Math.ceil((top - low) / 4);
  const powers = Array.from(
    { length: Math.floor((top - low) / step) + 1 },
    (_, i) => top - i * step,
  );
  return Object.assign(at, { ticks: powers.map((power) => 10 ** power) });
}

/** Ticks of the range axis, for the head of the table. */
export const rangeHead = (axis: LogAxis): Markup =>
  svg(
    axis.ticks.map((tick) => tickAt(axis(tick), tickText(tick))),
    14,
  );

/** Largest |w| of the channels: middle half, all, median; dotted is lost to a step that all share. */
export function rangeStrip(
  now: LayerFigures,
  before: LayerFigures | undefined,
  axis: LogAxis,
): Markup {
  const { range } = now;
  if (!(range.max > 0)) return html`<span class="dim">All weights are 0.</span>`;
  const [low, high] = [axis(range.min), axis(range.max)];
  // Where the channels share no grid there is no floor for all of them.
  const floor = range.halfStep > 0 ? axis(range.halfStep) : low;
  return svg(
    [
      html`<title>${rangeWords(now)}</title>`,
      axis.ticks.map(
        (tick) => html`<line class="grid" x1="${axis(tick)}" x2="${axis(tick)}" y1="0" y2="20" />`,
      ),
      range.halfStep > 0
        ? html`<rect
            class="reach"
            x="${floor}"
            y="5"
            width="${px(Math.max(0, high - floor))}"
            height="11"
          />`
        : undefined,
      before ? ghost(before.range, axis) : undefined,
      low < floor
        ? html`<line class="lost" x1="${low}" x2="${Math.min(floor, high)}" y1="12" y2="12" />`
        : undefined,
      html`<line
        class="now-line"
        x1="${Math.min(high, Math.max(low, floor))}"
        x2="${high}"
        y1="12"
        y2="12"
      />`,
      html`<rect
        class="now"
        x="${axis(range.q1)}"
        y="9"
        width="${px(Math.max(1, axis(range.q3) - axis(range.q1)))}"
        height="6"
      />`,
      html`<line
        class="median"
        x1="${axis(range.median)}"
        x2="${axis(range.median)}"
        y1="7"
        y2="17"
      />`,
    ],
    20,
    rangeWords(now),
  );
}

const ghost = (range: RangeSummary, axis: LogAxis): Markup =>
  html`<line class="ghost" x1="${axis(range.min)}" x2="${axis(range.max)}" y1="4" y2="4" /><rect
      class="ghost"
      x="${axis(range.q1)}"
      y="2"
      width="${px(Math.max(1, axis(range.q3) - axis(range.q1)))}"
      height="4"
    />`;

function rangeWords({ range, lostChannels }: LayerFigures): string {
  const cuts = [range.min, range.q1, range.median, range.q3, range.max].map(size).join(', ');
  const lost =
    lostChannels > 0 ? ` ${nounText(lostChannels, 'channel rounds', 'channels round')} to 0.` : '';
  const half = range.halfStep > 0 ? ` Half a step ${size(range.halfStep)}.` : '';
  return `Largest weight of the channels: least, quartiles, greatest ${cuts}.${half}${lost}`;
}

/** Ticks of the dB axis. */
export const sqnrHead = (): Markup =>
  svg(
    [0, limitDb, 40, fullDb].map((tick) => tickAt(dbAt(tick), String(tick))),
    14,
  );

/** SQNR as a dot from 0 to 60 dB: hollow before, filled now; the dashed line is 20 dB. */
export function sqnrDots(before: number | undefined, now: number): Markup {
  const words =
    before === undefined ? `${db(wire(now))} dB` : `${db(wire(before))} to ${db(wire(now))} dB`;
  if (Number.isNaN(now)) return html`<span class="dim">–</span>`;
  const at = dbAt(now);
  return svg(
    [
      html`<title>${words}</title>`,
      html`<line class="grid" x1="0" x2="${width}" y1="10" y2="10" />`,
      html`<line class="limit" x1="${dbAt(limitDb)}" x2="${dbAt(limitDb)}" y1="1" y2="19" />`,
      before === undefined || Number.isNaN(before)
        ? undefined
        : html`<line class="now-line" x1="${dbAt(before)}" x2="${at}" y1="10" y2="10" /><circle
              class="hollow"
              cx="${dbAt(before)}"
              cy="10"
              r="4"
            />`,
      html`<circle class="${now < limitDb ? 'bad' : 'now'}" cx="${at}" cy="10" r="4" />`,
    ],
    20,
    words,
  );
}

/** A share with its interval, from 0 to 100 %. */
export function intervalBar(share: number, [low, high]: readonly [number, number]): Markup {
  const words = `${percent(share)}, 95 % interval ${percent(low)} to ${percent(high)}`;
  const at = (value: number): number => px(6 + (width - 12) * Math.min(1, Math.max(0, value)));
  return svg(
    [
      html`<title>${words}</title>`,
      html`<line class="grid" x1="${at(0)}" x2="${at(1)}" y1="10" y2="10" />`,
      html`<line class="now-line" x1="${at(low)}" x2="${at(high)}" y1="10" y2="10" />`,
      [low, high].map(
        (end) => html`<line class="now-line" x1="${at(end)}" x2="${at(end)}" y1="5" y2="15" />`,
      ),
      html`<circle class="now" cx="${at(share)}" cy="10" r="4" />`,
    ],
    20,
    words,
  );
}

function svg(content: Parameters<typeof html>[1], height: number, label?: string): Markup {
  const role =
    label === undefined ? html`aria-hidden="true"` : html`role="img" aria-label="${label}"`;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    ${role}
  >
    ${content}
  </svg>`;
}

function tickAt(x: number, text: string): Markup {
  const anchor = x < 12 ? 'start' : x > width - 12 ? 'end' : 'middle';
  return html`<text x="${x}" y="11" text-anchor="${anchor}">${text}</text>`;
}

const dbAt = (value: number): number =>
  px(5 + (width - 10) * Math.min(1, Math.max(0, value / fullDb)));
const wire = (value: number): 'inf' | '-inf' | number =>
  Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf';
const px = (value: number): number => Math.round(10 * value) / 10;

/** `0.001`, `100`, `1e−5`: a power of ten, short. */
const tickText = (tick: number): string =>
  (tick >= 1e-3 && tick < 1e5 ? String(Number(tick.toPrecision(1))) : tick.toExponential(0))
    .replace('e+', 'e')
    .replace('-', '−');
