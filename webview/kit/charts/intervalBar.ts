import { html, svg, type TemplateResult } from 'lit';
import { percent, percents } from '../numbers.ts';
import type { Scale } from '../scales.ts';
import { line, px } from './pieces.ts';

/** A share with its interval on an axis from 0 to 1: filled now, hollow else, red and dashed where it is lost. */
export function intervalBar(
  share: number,
  interval: readonly [number, number] | undefined,
  look: 'now' | 'other' | 'lost',
  x: Scale,
): TemplateResult {
  const at = px(x(share));
  const stroke = { now: 'now-line', other: 'ghost', lost: 'worse-line' }[look];
  const dot = { now: 'now', other: 'ghost-dot', lost: 'lost-dot' }[look];
  const words = `${percent(share)}${interval ? `, 95 % interval ${percents(interval)}` : ''}`;
  const ends = interval?.map((end) => px(x(end)));
  return html`<svg width=${x.range[1] + 8} height="26" role="img" aria-label=${words}>
    <title>${words}</title>
    ${x.ticks.map((tick) => line(px(x(tick)), 0, px(x(tick)), 26, 'grid'))}
    ${
      ends
        ? svg`${line(ends[0] ?? at, 13, ends[1] ?? at, 13, stroke)}
          ${ends.map((end) => line(end, 9, end, 17, stroke))}`
        : ''
    }
    ${svg`<circle cx=${at} cy="13" r="4" class=${dot} />`}
  </svg>`;
}
