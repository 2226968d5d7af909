import { html, svg, type TemplateResult } from 'lit';
import { decibels } from '../numbers.ts';
import type { Scale } from '../scales.ts';
import { line, px } from './pieces.ts';

/** How the end of a remedy is drawn. */
export type RemedyLook = 'best' | 'plain' | 'worse';

/** What a remedy gains: from the hollow dot (as it is) to the filled one; a red × where it harms. */
export function gainDots(from: number, to: number, x: Scale, look: RemedyLook): TemplateResult {
  return html`<svg
    width=${x.range[1] + 6}
    height="26"
    role="img"
    aria-label="${decibels(from)} to ${decibels(to)} decibels"
  >
    ${x.ticks.map((tick) => line(px(x(tick)), 0, px(x(tick)), 26, tick === 0 ? 'axis-faint' : 'grid'))}
    ${gainMarks(from, to, x, look)}
  </svg>`;
}

/** The dots of a remedy with what lies between them, in a row of 26 pixels. */
export function gainMarks(from: number, to: number, x: Scale, look: RemedyLook): TemplateResult {
  const [a, b] = [px(x(from)), px(x(to))];
  const isWorse = look === 'worse';
  return svg`${line(a, 13, b, 13, isWorse ? 'worse-line' : 'now-line')}
    <circle cx=${a} cy="13" r="3" class="ghost-dot" />${
      isWorse
        ? svg`<path d="M${b - 3.5} 9.5l7 7m0-7l-7 7" class="worse-mark" />`
        : svg`<circle cx=${b} cy="13" r=${look === 'best' ? 4.5 : 3.5} class="now" />`
    }`;
}
