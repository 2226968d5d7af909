import { html, svg, type TemplateResult } from 'lit';
import { decibels } from '../numbers.ts';
import type { Scale } from '../scales.ts';
import { dot, line, px } from './pieces.ts';

/** A figure in dB in one row: hollow as it was, filled as it is. Nothing where it is not measured. */
export function dbDots(now: number, before: number | undefined, x: Scale): TemplateResult {
  const [left, right] = x.range;
  const was = before === undefined || Number.isNaN(before) ? '' : `, was ${decibels(before)}`;
  const label = `${decibels(now)} decibels${was}`;
  return html`<svg width=${right + 4} height="24" role="img" aria-label=${label}>
    <title>${label}</title>
    ${line(left, 12, right, 12, 'grid')} ${line(left, 9, left, 15, 'grid')}
    ${line(right, 9, right, 15, 'grid')} ${dotMarks(now, before, x)}
  </svg>`;
}

/** The two dots and what lies between them, in the middle of a row of 24 pixels. */
export function dotMarks(now: number, before: number | undefined, x: Scale): TemplateResult {
  const at = px(x(now));
  const was = before === undefined || Number.isNaN(before) ? undefined : px(x(before));
  return svg`${
    was === undefined ? '' : svg`${line(was, 12, at, 12, 'now-line')}${dot(was, 12, 'ghost-dot')}`
  }${dot(at, 12, 'now')}`;
}
