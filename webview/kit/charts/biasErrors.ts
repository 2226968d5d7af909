import { html, svg, type TemplateResult } from 'lit';
import { sigmas } from '../numbers.ts';
import { linear } from '../scales.ts';
import { line, px, words } from './pieces.ts';

const left = 44;
const right = 8;
const top = 20;
const bottom = 92;

/** Mean sizes over all channels of a layer; NaN where they are not known. */
export interface BiasMeans {
  readonly now: number;
  readonly before: number | undefined;
}

/**
 * How far rounding moves the mean of each channel, in deviations: largest first as it was, hollow
 * before and filled now, joined. A line for 0. `means`: each value is the largest of four channels.
 */
export function biasErrors(
  now: readonly number[],
  before: readonly number[] | undefined,
  widthPx: number,
  means?: BiasMeans,
): TemplateResult {
  const title = means ? 'Bias error, largest of 4 channels' : 'Bias error of each channel';
  const key = before ?? now;
  const order = key.map((_, i) => i).sort((a, b) => (key[b] ?? 0) - (key[a] ?? 0) || a - b);
  const all = [...now, ...(before ?? [])];
  const high = Math.max(0.01, ...all);
  const low = Math.min(-0.01, ...all);
  const y = linear([low, high], [bottom, top]);
  const band = (widthPx - left - right) / Math.max(1, order.length);
  const at = (i: number): number => px(left + (i + 0.5) * band);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, values.length);
  const own = means ?? { now: mean(now), before: before && mean(before) };
  const was = own.before === undefined ? '' : `${sigmas(own.before)} → `;
  const share = `mean ${was}${sigmas(own.now)} σ`;
  const size = Math.max(0.8, Math.min(2.5, band / 3));
  const dots = (values: readonly number[]): string =>
    order
      .map((channel, i) => {
        const x = at(i);
        const d = px(size);
        return `M${px(x - d)} ${px(y(values[channel] ?? 0))}a${d} ${d} 0 1 0 ${px(2 * d)} 0a${d} ${d} 0 1 0 ${px(-2 * d)} 0`;
      })
      .join('');
  const stems = order
    .map((channel, i) => `M${at(i)} ${px(y(before?.[channel] ?? 0))}V${px(y(now[channel] ?? 0))}`)
    .join('');
  const ends = [high, low].filter((value) => Math.abs(y(value) - y(0)) > 14);
  return html`<svg
    width=${widthPx}
    height=${bottom + 8}
    role="img"
    data-chart=${title}
    data-of="samples"
    aria-label="${title}: ${share}"
  >
    ${words(left, 11, 'chart-title', title)} ${words(widthPx - right, 11, 'note end', share)}
    ${ends.map((value) => words(left - 6, px(y(value)) + 4, 'tick end', `${value > 0 ? '+' : ''}${sigmas(value)} σ`))}
    ${words(left - 6, px(y(0)) + 4, 'tick end', '0 σ')}
    ${svg`<path d=${stems} class="ghost stems" />`}
    ${line(left, px(y(0)), widthPx - right, px(y(0)), 'axis')}
    ${before ? svg`<path d=${dots(before)} class="ghost-dot" />` : ''}
    ${svg`<path d=${dots(now)} class="now" />`}
  </svg>`;
}
