/** A colour as every reader of SVG takes it: `#rrggbb`, and how much of it, from 0 to 1. */
export interface PlainColour {
  readonly hex: string;
  readonly alpha: number;
}

/**
 * A computed colour in plain words: `rgb(…)`, `rgba(…)` and `color(srgb …)`, which `color-mix`
 * gives. Nothing for `none`, and for what is not seen at all.
 */
export function plainColour(computed: string): PlainColour | undefined {
  const [, kind = '', inner = ''] = /^(rgba?|color)\((.*)\)$/.exec(computed.trim()) ?? [];
  if (kind === '') return undefined;
  const parts = inner.replace(/^srgb\s+/, '').split(/[\s,/]+/);
  const [r = 0, g = 0, b = 0, a = 1] = parts.map(Number);
  if (a === 0 || ![r, g, b, a].every(Number.isFinite)) return undefined;
  const unit = kind === 'color' ? 255 : 1;
  const hex = [r, g, b].map((part) => Math.round(Math.min(255, Math.max(0, part * unit))));
  return {
    hex: `#${hex.map((part) => part.toString(16).padStart(2, '0')).join('')}`,
    alpha: Math.round(1000 * a) / 1000,
  };
}
