import { html, svg, type TemplateResult } from 'lit';
import { thinned, type Scale } from '../scales.ts';
import { line, px, words } from './pieces.ts';

/** A row of a chart: what it is called, what is drawn of it, and the figures beside it. */
export interface ChartRow {
  readonly name: string;
  readonly marks: TemplateResult | string;
  readonly figures: string;
  /** What a screen reader says of it; default: its name and figures. */
  readonly spoken?: string;
}

const rowPx = 26;
const topPx = 44;
const letterPx = 6.6;

/** Rows under each other on one axis: what a table on the page shows row by row, as one chart. */
export function rowsChart(
  rows: readonly ChartRow[],
  x: Scale,
  tickText: (tick: number) => string,
  title: string,
): TemplateResult {
  const longest = (of: (row: ChartRow) => string): number =>
    Math.max(0, ...rows.map((row) => of(row).length));
  const leftPx = 12 + letterPx * longest(({ name }) => name);
  const figuresPx = leftPx + x.range[1] + 20;
  const height = topPx + rowPx * rows.length;
  const width = Math.max(
    figuresPx + letterPx * longest(({ figures }) => figures),
    letterPx * title.length,
  );
  return html`<svg
    width=${px(width)}
    height=${height}
    role="img"
    data-chart=${title}
    aria-label=${rows.map(({ name, figures, spoken }) => spoken ?? `${name}: ${figures}.`).join(' ')}
  >
    ${words(0, 11, 'chart-title', title)}
    <g transform="translate(${px(leftPx)} 0)">
      ${thinned(x.ticks, 6).map(
        (tick) => svg`${words(px(x(tick)), topPx - 8, 'tick middle', tickText(tick))}
          ${line(px(x(tick)), topPx, px(x(tick)), height, 'grid')}`,
      )}
    </g>
    ${rows.map(
      ({ name, marks, figures }, at) =>
        svg`${words(0, topPx + rowPx * at + 17, '', name)}
          <g transform="translate(${px(leftPx)} ${topPx + rowPx * at})">${marks}</g>
          ${words(px(figuresPx), topPx + rowPx * at + 17, '', figures)}`,
    )}
  </svg>`;
}
