import { html, svg, type TemplateResult } from 'lit';
import type { LayerFigures, RangeSummary } from '../../../server/protocol/model.ts';
import { plural, range } from '../numbers.ts';
import type { Scale } from '../scales.ts';
import { bar, line, px } from './pieces.ts';

/**
 * Ranges of a layer's channels on the axis that all rows share. Line: all channels, bar: middle
 * half, tick: median. Where they share one grid, grey is what it resolves, from half a step to the
 * widest weight, and what sticks out on the left is dotted: it rounds to 0.
 */
export function rangeBar(
  now: LayerFigures,
  before: LayerFigures | undefined,
  x: Scale,
): TemplateResult {
  return html`<svg width=${x.range[1] + 4} height="24" role="img" aria-label=${rangeInWords(now)}>
    <title>${rangeInWords(now)}</title>
    <path d=${x.ticks.map((tick) => `M${px(x(tick))} 0V24`).join('')} class="grid" />
    ${rangeBarMarks(now, before, x)}
  </svg>`;
}

/** The bar without its axis, 24 pixels high. */
export function rangeBarMarks(
  { range: at, lostChannels }: LayerFigures,
  before: LayerFigures | undefined,
  x: Scale,
): TemplateResult | string {
  if (!(at.max > 0)) return '';
  const hasGrid = at.halfStep > 0;
  const reach = px(x(hasGrid ? at.halfStep : at.min));
  const y = before ? 14 : 12;
  const low = px(x(at.min));
  const isLost = lostChannels > 0 && low < reach;
  return svg`${hasGrid ? bar(reach, 6, px(x(at.max)) - reach, 12, 'reach') : ''}
    ${before ? outline(before.range, x) : ''}
    ${isLost ? line(low, y, Math.min(reach, px(x(at.max))), y, 'lost') : ''}
    ${line(isLost ? reach : low, y, px(x(at.max)), y, 'now-line')}
    ${bar(px(x(at.q1)), y - 3.5, px(x(at.q3) - x(at.q1)), 7, 'now')}
    ${line(px(x(at.median)), y - 5, px(x(at.median)), y + 5, 'median')}`;
}

/** What the bar shows, for a pointer that rests on it and for screen readers. */
export function rangeInWords({ range: at, lostChannels }: LayerFigures): string {
  if (!(at.max > 0)) return 'All weights are 0.';
  const lost = lostChannels > 0 ? ` ${plural(lostChannels, 'channel')} below half a step.` : '';
  const cuts = [at.min, at.q1, at.median, at.q3, at.max].map(range);
  const step = at.halfStep > 0 ? ` Step ${range(2 * at.halfStep)}.` : '';
  return `Channels ${cuts[0]} to ${cuts[4]}, quartiles ${cuts[1]}, ${cuts[2]}, ${cuts[3]}.${step}${lost}`;
}

const outline = (at: RangeSummary, x: Scale): TemplateResult =>
  svg`${line(px(x(at.min)), 5.5, px(x(at.max)), 5.5, 'ghost')}
    ${bar(px(x(at.q1)), 3.5, px(x(at.q3) - x(at.q1)), 4, 'ghost-box')}`;
