import { html, svg, type TemplateResult } from 'lit';
import { decibels } from '../numbers.ts';
import type { Scale } from '../scales.ts';
import { line, px } from './pieces.ts';

/** A figure in dB in one row: hollow as it was, filled as it is. Nothing where it is not measured. */
export function dbDots(now: number, before: number | undefined, x: Scale): TemplateResult {
  const [left, right] = x.range;
  const at = px(x(now));
  const was = before === undefined || Number.isNaN(before) ? undefined : px(x(before));
  const label = `${decibels(now)} decibels${was === undefined ? '' : `, was ${decibels(before)}`}`;
  return html`<svg width=${right + 4} height="24" role="img" aria-label=${label}>
    <title>${label}</title>
    ${line(left, 12, right, 12, 'grid')} ${line(left, 9, left, 15, 'grid')}
    ${line(right, 9, right, 15, 'grid')}
    ${
      was === undefined
        ? ''
        : svg`${line(was, 12, at, 12, 'now-line')}<circle cx=${was} cy="12" r="3" class="ghost-dot" />`
    }
    ${svg`<circle cx=${at} cy="12" r="3.5" class="now" />`}
  </svg>`;
}
