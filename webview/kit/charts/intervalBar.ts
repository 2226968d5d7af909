import { html, svg, type TemplateResult } from 'lit';
import { percent, percents } from '../numbers.ts';
import type { Scale } from '../scales.ts';
import { line, px } from './pieces.ts';

/** A share with its interval on an axis from 0 to 1: filled now, hollow else, red and dashed where it is lost. */
export function intervalBar(
  share: number,
  interval: Interval | undefined,
  look: IntervalLook,
  x: Scale,
): TemplateResult {
  const words = intervalInWords(share, interval);
  return html`<svg width=${x.range[1] + 8} height="26" role="img" aria-label=${words}>
    <title>${words}</title>
    ${x.ticks.map((tick) => line(px(x(tick)), 0, px(x(tick)), 26, 'grid'))}
    ${intervalMarks(share, interval, look, x)}
  </svg>`;
}

type Interval = readonly [number, number];
export type IntervalLook = 'now' | 'other' | 'lost';

/** `93.5 %, 95 % interval 89–96 %`. */
export const intervalInWords = (share: number, interval: Interval | undefined): string =>
  `${percent(share)}${interval ? `, 95 % interval ${percents(interval)}` : ''}`;

/** The dot and its interval, in a row of 26 pixels. */
export function intervalMarks(
  share: number,
  interval: Interval | undefined,
  look: IntervalLook,
  x: Scale,
): TemplateResult {
  const at = px(x(share));
  const stroke = { now: 'now-line', other: 'ghost', lost: 'worse-line' }[look];
  const dot = { now: 'now', other: 'ghost-dot', lost: 'lost-dot' }[look];
  const ends = interval?.map((end) => px(x(end)));
  return svg`${
    ends
      ? svg`${line(ends[0] ?? at, 13, ends[1] ?? at, 13, stroke)}
        ${ends.map((end) => line(end, 9, end, 17, stroke))}`
      : ''
  }<circle cx=${at} cy="13" r="4" class=${dot} />`;
}
