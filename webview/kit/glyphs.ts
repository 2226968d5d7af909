import { html, nothing, svg, type TemplateResult } from 'lit';
import { markWords } from '../../server/protocol/marks.ts';
import type { Mark } from '../../server/protocol/model.ts';

/** Line drawings of 16 × 16, in the colour of the text. */
const drawings = {
  done: svg`<circle cx="8" cy="8" r="6.5" /><path d="M5 8.3 7.1 10.4 11 6" />`,
  available: svg`<circle cx="8" cy="8" r="6.5" />`,
  refused: svg`<circle cx="8" cy="8" r="6.5" /><path d="M3.5 12.5 12.5 3.5" />`,
  'not-needed': svg`<path d="M5 8h6" />`,
  open: svg`<path d="m4 6 4 4 4-4" />`,
  closed: svg`<path d="m6 4 4 4-4 4" />`,
  eye: svg`<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z" /><circle cx="8" cy="8" r="2" />`,
  worse: svg`<path class="bad-stroke" d="m4.5 4.5 7 7m0-7-7 7" />`,
} as const;

export type GlyphName = keyof typeof drawings;

/** A state in one glyph. Hidden from screen readers unless it has a label of its own. */
export const glyph = (name: GlyphName, label?: string): TemplateResult =>
  html`<svg
    class="glyph"
    viewBox="0 0 16 16"
    role=${label ? 'img' : nothing}
    aria-label=${label ?? nothing}
    aria-hidden=${label ? nothing : 'true'}
  >
    ${drawings[name]}
  </svg>`;

const shapes = {
  hurts: svg`<path d="M5 .5 10 9.5H0z" />`,
  watch: svg`<path d="M5 0 10 5 5 10 0 5z" />`,
  fine: svg`<circle cx="5" cy="5" r="1.5" />`,
} as const;

/** How bad: a shape for each, so that colour is never alone. */
export const mark = (level: Mark, words = markWords[level]): TemplateResult =>
  html`<svg class="mark ${level}" viewBox="0 0 10 10" role="img" aria-label=${words}>
    <title>${words}</title>
    ${shapes[level]}
  </svg>`;
