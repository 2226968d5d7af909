import { html, svg, type TemplateResult } from 'lit';
import type { LayerRow } from '../../../server/protocol/model.ts';
import { thinned, tickText, type Scale } from '../scales.ts';
import { line, px, words } from './pieces.ts';
import { rangeBarMarks, rangeInWords } from './rangeBar.ts';

const rowPx = 24;
const topPx = 40;

/** The range bars of some layers as one chart: their names at the left, one axis for all. */
export function rangesChart(
  rows: readonly LayerRow[],
  nameOf: (row: LayerRow) => string,
  x: Scale,
  title: string,
): TemplateResult {
  const leftPx = 12 + 6.6 * Math.max(...rows.map((row) => nameOf(row).length), title.length - 40);
  const [height, width] = [topPx + rowPx * rows.length, leftPx + x.range[1] + 24];
  const label = rows.map((row) => `${row.name}: ${rangeInWords(row.now)}`).join(' ');
  return html`<svg
    width=${px(width)}
    height=${height}
    role="img"
    data-chart=${title}
    aria-label=${label}
  >
    ${words(0, 11, 'chart-title', title)}
    <g transform="translate(${px(leftPx)} 0)">
      ${thinned(x.ticks, 6).map(
        (tick) => svg`${words(px(x(tick)), topPx - 8, 'tick middle', tickText(tick))}
          ${line(px(x(tick)), topPx, px(x(tick)), height, 'grid')}`,
      )}
    </g>
    ${rows.map(
      (row, i) =>
        svg`${words(0, topPx + rowPx * i + 16, '', nameOf(row))}
          <g transform="translate(${px(leftPx)} ${topPx + rowPx * i})">${rangeBarMarks(row.now, row.before, x)}</g>`,
    )}
  </svg>`;
}
