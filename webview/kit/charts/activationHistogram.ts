import { html, svg, type TemplateResult } from 'lit';
import type { ActivationHistogram } from '../../../server/protocol/data.ts';
import { range } from '../numbers.ts';
import { linear, log, tickText, type Scale } from '../scales.ts';
import { barsPath, line, px, words } from './pieces.ts';

const left = 44;
const right = 8;
const top = 18;
const bottom = 70;

/**
 * Values of a layer's output on its own axis, from the least to the greatest, counts on a log axis.
 * Dotted: the ends of the grid, where they cut values off.
 */
export function activationHistogram(
  histogram: ActivationHistogram,
  title: string,
  className: 'now' | 'was',
  widthPx: number,
): TemplateResult {
  const { min, max, counts, grid } = histogram;
  const x = linear([min, max > min ? max : min + 1], [left, widthPx - right]);
  const most = Math.max(10, ...counts);
  const y = log([0.7, 10 ** Math.ceil(Math.log10(most))], [bottom, top]);
  const band = (widthPx - left - right) / Math.max(1, counts.length);
  const tops = counts.map((many) => (many > 0 ? y(many) : undefined));
  const words_ = grid
    ? `grid ${range(grid.min)}…${range(grid.max)}, step ${range(grid.step)}`
    : 'in float';
  const label = `${title}: ${range(min)} to ${range(max)}, ${words_}`;
  return html`<svg
    width=${widthPx}
    height=${bottom + 20}
    role="img"
    data-chart=${title}
    data-of="samples"
    aria-label=${label}
  >
    ${words(left, 11, 'chart-title', title)} ${words(widthPx - right, 11, 'note end', words_)}
    ${countTicks(y, widthPx)}
    ${svg`<path d=${barsPath(tops, left, band, bottom, band > 3 ? 0.75 : 0)} class=${className === 'now' ? 'now' : 'was-fill'} />`}
    ${line(left, bottom, widthPx - right, bottom, 'axis')}
    ${grid ? [grid.min, grid.max].filter((end) => end > min && end < max).map((end) => line(px(x(end)), top, px(x(end)), bottom, 'half')) : ''}
    ${words(left, bottom + 15, 'tick', range(min))}
    ${min < 0 && max > 0 && x(0) - left > 40 && widthPx - right - x(0) > 40 ? words(px(x(0)), bottom + 15, 'tick middle', '0') : ''}
    ${words(widthPx - right, bottom + 15, 'tick end', range(max))}
  </svg>`;
}

/** 1 and the largest power of ten. */
const countTicks = (y: Scale, widthPx: number): TemplateResult[] =>
  [y.ticks.find((tick) => tick === 1), y.ticks.at(-1)].flatMap((tick) =>
    tick === undefined
      ? []
      : [
          line(left, px(y(tick)), widthPx - right, px(y(tick)), 'grid'),
          words(left - 6, px(y(tick)) + 4, 'tick end', tickText(tick)),
        ],
  );
