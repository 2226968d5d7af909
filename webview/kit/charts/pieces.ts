import { svg, type TemplateResult } from 'lit';

/** A straight line of a chart. */
export const line = (
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  className: string,
): TemplateResult => svg`<line x1=${x1} y1=${y1} x2=${x2} y2=${y2} class=${className} />`;

/** A bar at least three quarters of a pixel wide, so that it can be seen. */
export const bar = (
  x: number,
  y: number,
  width: number,
  height: number,
  className: string,
): TemplateResult =>
  svg`<rect x=${x} y=${y} width=${Math.max(0.75, width)} height=${height} class=${className} />`;

/** Words in a chart. */
export const words = (x: number, y: number, className: string, text: string): TemplateResult =>
  svg`<text x=${x} y=${y} class=${className}>${text}</text>`;

/** Two decimals are a hundredth of a pixel; more only make paths long. */
export const px = (value: number): number => Math.round(value * 100) / 100;

/** Bars over equal bands from a floor up to `tops`; undefined leaves a gap. */
export function barsPath(
  tops: readonly (number | undefined)[],
  left: number,
  band: number,
  floor: number,
  gap: number,
): string {
  const width = px(Math.max(0.6, band - gap));
  return tops
    .map((top, i) =>
      top === undefined || top >= floor
        ? ''
        : `M${px(left + i * band)} ${floor}V${px(top)}h${width}V${floor}z`,
    )
    .join('');
}

/** The outline over equal bands. */
export function skylinePath(tops: readonly number[], left: number, band: number): string {
  return tops
    .map((top, i) => `${i > 0 ? 'L' : 'M'}${px(left + i * band)} ${px(top)}h${px(band)}`)
    .join('');
}

/** A dot: filled now, hollow before. */
export const dot = (x: number, y: number, className: 'now' | 'ghost-dot'): TemplateResult =>
  svg`<circle cx=${x} cy=${y} r=${className === 'now' ? 3.5 : 3} class=${className} />`;

/** A diamond about as large, for a second figure on the same axis. */
export const diamond = (x: number, y: number, className: 'now' | 'ghost-dot'): TemplateResult =>
  svg`<path d="M${px(x - 4)} ${y}l4 -4l4 4l-4 4z" class=${className} />`;
