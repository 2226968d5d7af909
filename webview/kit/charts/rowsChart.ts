import { html, svg, type TemplateResult } from 'lit';
import { cutApart } from '../cutNames.ts';
import { thinned, type Scale } from '../scales.ts';
import type { ChartKey } from './chartKeys.ts';
import { line, px, words } from './pieces.ts';

/** A row of a chart: what it is called, what is drawn of it, and the figures beside it. */
export interface ChartRow {
  readonly name: string;
  readonly marks: TemplateResult | string;
  readonly figures: string;
  /** What a screen reader says of it; default: its name and figures. */
  readonly spoken?: string;
}

/** Rows under each other, what they are read by, and what else is to be said. */
export interface RowsChart {
  readonly title: string;
  readonly rows: readonly ChartRow[];
  readonly x: Scale;
  readonly tickText: (tick: number) => string;
  /** What the marks stand for. */
  readonly keys?: readonly ChartKey[];
  /** Under the rows: how many are left out. */
  readonly note?: string;
}

const rowPx = 26;
const topPx = 44;
/** Of the line with what marks stand for, and of each of them. */
const [keysPx, keyPx, swatchPx] = [20, 38, 28];
const notePx = 20;
/** Of a name: more make the chart as wide as the longest of them. */
const mostLetters = 48;
const letterPx = 6.6;

/** What a table on the page shows row by row, as one chart on one axis. */
export function rowsChart({
  title,
  rows,
  x,
  tickText,
  keys = [],
  note = '',
}: RowsChart): TemplateResult {
  const names = cutApart(
    rows.map(({ name }) => name),
    mostLetters,
  );
  const longest = (texts: readonly string[]): number =>
    texts.reduce((most, text) => Math.max(most, text.length), 0);
  const leftPx = 12 + letterPx * longest(names);
  const figuresPx = leftPx + x.range[1] + 20;
  const firstPx = topPx + (keys.length > 0 ? keysPx : 0);
  const lastPx = firstPx + rowPx * rows.length;
  const starts = keys.map((_, at) =>
    keys.slice(0, at).reduce((sum, key) => sum + keyPx + letterPx * key.words.length, 0),
  );
  const width = Math.max(
    figuresPx + letterPx * longest(rows.map(({ figures }) => figures)),
    letterPx * Math.max(title.length, note.length),
    (starts.at(-1) ?? 0) + swatchPx + letterPx * (keys.at(-1)?.words.length ?? 0),
  );
  const spoken = rows.map((row) => row.spoken ?? `${row.name}: ${row.figures}.`);
  return html`<svg
    width=${px(width)}
    height=${lastPx + (note === '' ? 0 : notePx)}
    role="img"
    data-chart=${title}
    aria-label=${[...spoken, note].filter(Boolean).join(' ')}
  >
    ${words(0, 11, 'chart-title', title)}
    ${keys.map(
      ({ drawing, words: text }, at) =>
        svg`<g transform="translate(${px(starts[at] ?? 0)} 21)">${drawing}${words(swatchPx, 10, 'note', text)}</g>`,
    )}
    <g transform="translate(${px(leftPx)} 0)">
      ${thinned(x.ticks, 6).map(
        (tick) => svg`${words(px(x(tick)), firstPx - 8, 'tick middle', tickText(tick))}
          ${line(px(x(tick)), firstPx, px(x(tick)), lastPx, tick === 0 && x.domain[0] < 0 ? 'axis' : 'grid')}`,
      )}
    </g>
    ${rows.map(
      ({ marks, figures }, at) =>
        svg`${words(0, firstPx + rowPx * at + 17, '', names[at] ?? '')}
          <g transform="translate(${px(leftPx)} ${firstPx + rowPx * at})">${marks}</g>
          ${words(px(figuresPx), firstPx + rowPx * at + 17, '', figures)}`,
    )}
    ${note === '' ? '' : words(0, lastPx + 15, 'note', note)}
  </svg>`;
}
