import type { LayerRow } from '../protocol/model.ts';
import { fromWire, type WireNumber } from '../protocol/wire.ts';
import { count, db } from './figures.ts';
import { html, type Markup } from './markup.ts';
import type { ReportInput } from './reportInput.ts';

const [width, height] = [900, 180];
const [left, right, top, bottom] = [44, 130, 10, 22];
/** More points than these cannot be told apart. */
const mostPoints = 400;
/** What a layer should keep (panels.md 4). */
const limitDb = 20;

/** One line of the chart, in model order; undefined: not measured. */
export type Series = readonly (number | undefined)[];

/** The error along the network, as opened and now. */
export interface Depth {
  /** What is drawn, in words. */
  readonly what: string;
  readonly now: Series;
  readonly before: Series;
  readonly isChanged: boolean;
  /** How many layers are one point, the worst of them. */
  readonly perBin: number;
}

/** Of all that is rounded so far, or without samples of the weights; undefined: nothing to draw. */
export function depthOf({ layers, kind }: Pick<ReportInput, 'layers' | 'kind'>): Depth | undefined {
  const hasData = layers.some(({ data }) => data !== undefined);
  if (kind !== 'float' || layers.length < 2) return undefined;
  const pick = (row: LayerRow, which: 'now' | 'before'): WireNumber | undefined =>
    hasData ? row.data?.[which]?.soFar : row.isMeasured ? row[which]?.sqnrChosen : undefined;
  const now = layers.map((row) => finite(pick(row, 'now')));
  const before = layers.map((row) => finite(pick(row, 'before') ?? pick(row, 'now')));
  const isChanged = layers.some((row) => pick(row, 'before') !== undefined);
  if ([...now, ...before].filter((one) => one !== undefined).length < 2) return undefined;
  const what = hasData
    ? 'Output of each layer with everything before it rounded too'
    : 'Weights of each layer as the target rounds them';
  return { what, now, before, isChanged, perBin: Math.ceil(layers.length / mostPoints) };
}

/** The error along the network: of all that is rounded so far, or without samples of the weights. */
export function depthSection(input: ReportInput): Markup | undefined {
  const { layers } = input;
  const depth = depthOf(input);
  if (!depth) return undefined;
  const { what, now, before, isChanged, perBin } = depth;
  const known = [...now, ...before].filter((one) => one !== undefined);
  const high =
    10 *
    Math.ceil(
      Math.min(
        80,
        known.reduce((a, b) => Math.max(a, b), limitDb),
      ) / 10,
    );
  const low =
    10 *
    Math.floor(
      Math.max(
        -20,
        known.reduce((a, b) => Math.min(a, b), 0),
      ) / 10,
    );
  const at = (value: number): number =>
    px(
      top +
        ((height - top - bottom) * (high - Math.min(high, Math.max(low, value)))) / (high - low),
    );
  const x = (bin: number): number =>
    px(left + ((width - left - right) * bin) / Math.max(1, Math.ceil(layers.length / perBin) - 1));
  const path = (series: Series): string => pathOf(worstOf(series, perBin), x, at);
  const words = `${what}, SQNR in dB by depth: ${db(now.find((one) => one !== undefined))} dB in the first layer, ${db(now.findLast((one) => one !== undefined))} dB in the last.`;
  const ticks = Array.from({ length: (high - low) / 20 + 1 }, (_, i) => low + 20 * i);
  return html`<h2 id="depth">By depth</h2>
    <p class="dim">
      ${what}, SQNR in dB, from the input to the
      output.${isChanged ? ' Dashed: as opened.' : ''}${perBin > 1 ? ` Each point is the worst of ${count(perBin)} layers.` : ''}
    </p>
    <div class="wide" role="region" aria-label="By depth" tabindex="0">
      <svg
        class="depth"
        xmlns="http://www.w3.org/2000/svg"
        viewBox="0 0 ${width} ${height}"
        role="img"
        aria-label="${words}"
      >
        ${ticks
          .filter((tick) => tick <= high)
          .map(
            (tick) =>
              html`<line
                  class="grid"
                  x1="${left}"
                  x2="${width - right}"
                  y1="${at(tick)}"
                  y2="${at(tick)}"
                /><text x="${left - 6}" y="${at(tick) + 3}" text-anchor="end"
                  >${`${String(tick).replace('-', '−')}${tick + 20 > high ? ' dB' : ''}`}</text
                >`,
          )}
        <line
          class="limit"
          x1="${left}"
          x2="${width - right}"
          y1="${at(limitDb)}"
          y2="${at(limitDb)}"
        />
        ${isChanged ? html`<path class="was-path" d="${path(before)}" />` : undefined}
        <path class="now-path" d="${path(now)}" />
        <text x="${left}" y="${height - 6}">first layer</text>
        <text x="${width - right}" y="${height - 6}" text-anchor="end">
          last of ${count(layers.length)}
        </text>
        ${endLabels(now, isChanged ? before : [], at)}
      </svg>
    </div>`;
}

/** What the lines are, where they end; apart from each other by the height of a line. */
function endLabels(now: Series, before: Series, at: (value: number) => number): Markup[] {
  const ends = [
    { words: 'now', look: 'now-text', end: now.findLast((one) => one !== undefined) },
    { words: 'as opened', look: 'was-text', end: before.findLast((one) => one !== undefined) },
  ].flatMap(({ end, ...more }) => (end === undefined ? [] : [{ ...more, end, y: at(end) + 3 }]));
  const [first, second] = ends;
  if (first && second) {
    const apart = Math.max(0, 12 - Math.abs(first.y - second.y)) / 2;
    const isAbove = first.y <= second.y ? 1 : -1;
    first.y = px(first.y - isAbove * apart);
    second.y = px(second.y + isAbove * apart);
  }
  return ends.map(
    ({ words, look, end, y }) =>
      html`<text class="${look}" x="${width - right + 8}" y="${y}"
        >${`${words} ${db(end)} dB`}</text
      >`,
  );
}

/** The worst of every so many neighbours. */
export const worstOf = (series: Series, perBin: number): Series =>
  Array.from({ length: Math.ceil(series.length / perBin) }, (_, bin) =>
    series
      .slice(bin * perBin, (bin + 1) * perBin)
      .reduce(
        (least, one) => (one === undefined || (least ?? Infinity) < one ? least : one),
        undefined,
      ),
  );

/** A path that is interrupted where nothing is known. */
export function pathOf(
  series: Series,
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  let isPen = false;
  return series
    .map((value, at) => {
      if (value === undefined) {
        isPen = false;
        return '';
      }
      const piece = `${isPen ? 'L' : 'M'}${x(at)} ${y(value)}`;
      isPen = true;
      return piece;
    })
    .join('');
}

/** An exact layer is drawn at the top. */
function finite(value: WireNumber | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = fromWire(value);
  return Number.isNaN(number) ? undefined : Math.max(-200, Math.min(200, number));
}

const px = (value: number): number => Math.round(10 * value) / 10;
