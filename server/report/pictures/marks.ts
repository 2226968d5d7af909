import { html, type Markup } from '../markup.ts';
import { px, type Scale } from './scale.ts';

/** Colours on white paper, those of a report that is read in the light. */
export const ink = {
  text: '#1f2328',
  dim: '#59636e',
  line: '#d1d9e0',
  soft: '#e3e7eb',
  now: '#0b62c4',
  bad: '#b3261e',
  ground: '#ffffff',
} as const;

export type Ink = (typeof ink)[keyof typeof ink];

/** How words are set, where that is not usual. */
export interface Setting {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly fill?: Ink;
  readonly isBold?: boolean;
  readonly size?: number;
  /** Degrees by which they are turned around where they begin. */
  readonly turn?: number;
}

/** Size of letters where nothing else is said. */
export const letterPx = 11;

/** Words of a picture. */
export function words(x: number, y: number, text: string, how: Setting = {}): Markup {
  const { anchor = 'start', fill = ink.text, isBold = false, size = letterPx, turn } = how;
  const weight = isBold ? html` font-weight="600"` : undefined;
  const turned =
    turn === undefined ? undefined : html` transform="rotate(${turn} ${px(x)} ${px(y)})"`;
  return html`<text
    x="${px(x)}"
    y="${px(y)}"
    fill="${fill}"
    font-size="${size}"
    text-anchor="${anchor}"
    ${weight}${turned}
    >${plain(text)}</text
  >`;
}

/** Text whose letters keep their order: a name may hold characters that turn what is around it. */
export const plain = (text: string): string =>
  text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');

/** About how wide words are: the letters of most fonts without serifs are this wide or narrower. */
export function widthOf(text: string, size: number = letterPx): number {
  let ems = 0;
  for (const letter of plain(text)) {
    if (/[iljtfrI.,:;|!'()[\]/ ·]/.test(letter)) ems += 0.36;
    else if (/[mwMW@%→—]/.test(letter)) ems += 0.9;
    else if (/[A-Z0-9−+_=~#&]/.test(letter)) ems += 0.65;
    else ems += letter < '\u2e80' ? 0.58 : 1.05;
  }
  return size * ems;
}

/** A text in lines that are no wider than so many pixels. */
export function linesOf(text: string, most: number, size: number = letterPx): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, size) <= most) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** A line, dashed where `dashes` says how. */
export const line = (
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: Ink,
  { width = 1, dashes }: { readonly width?: number; readonly dashes?: string } = {},
): Markup =>
  html`<line
    x1="${px(x1)}"
    y1="${px(y1)}"
    x2="${px(x2)}"
    y2="${px(y2)}"
    stroke="${stroke}"
    stroke-width="${width}"
    ${dashes === undefined ? undefined : html` stroke-dasharray="${dashes}"`}
  />`;

/** A bar at least a pixel wide, so that it can be seen; hollow where it has an outline. */
export const bar = (
  x: number,
  y: number,
  width: number,
  height: number,
  fill: Ink,
  outline?: Ink,
): Markup =>
  html`<rect
    x="${px(x)}"
    y="${px(y)}"
    width="${px(Math.max(1, width))}"
    height="${px(height)}"
    fill="${fill}"
    ${outline === undefined ? undefined : html` stroke="${outline}"`}
  />`;

/** A dot: filled, or hollow. */
export const dot = (x: number, y: number, colour: Ink, isHollow = false): Markup =>
  isHollow
    ? html`<circle cx="${px(x)}" cy="${px(y)}" r="3.5" fill="${ink.ground}" stroke="${colour}" />`
    : html`<circle cx="${px(x)}" cy="${px(y)}" r="4" fill="${colour}" />`;

/** A cross: what is worse than before. */
export const cross = (x: number, y: number): Markup =>
  html`<path
    d="M${px(x - 3.5)} ${px(y - 3.5)}l7 7m0 -7l-7 7"
    fill="none"
    stroke="${ink.bad}"
    stroke-width="2"
  />`;

/** A value as a dot; as a triangle that points outwards where it lies beyond the end of its axis. */
export function dotAt(
  value: number,
  scale: Scale,
  y: number,
  colour: Ink,
  isHollow = false,
): Markup {
  const x = scale(value);
  const way = value > scale.high ? 1 : value < scale.low ? -1 : 0;
  if (way === 0) return dot(x, y, colour, isHollow);
  const fill = isHollow ? ink.ground : colour;
  return html`<path
    d="M${px(x + 5 * way)} ${y}L${px(x - 3 * way)} ${y - 4.5}V${y + 4.5}z"
    fill="${fill}"
    stroke="${colour}"
  />`;
}
