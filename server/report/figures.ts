import { countText, decibelText, rangeText, timesText } from '../core/reports/words.ts';
import { markWords } from '../protocol/marks.ts';
import { fromWire, type WireNumber } from '../protocol/wire.ts';
import { html, type Markup } from './markup.ts';

/** dB with one decimal; `exact` where nothing is lost, a dash where nothing is known. */
export function db(value: WireNumber | undefined): string {
  if (value === undefined) return '–';
  const number = fromWire(value);
  return number === -Infinity ? 'no signal' : decibelText(number);
}

/** `−0.2 → 14.2`, or one figure where there is nothing to compare it with. */
export const change = (before: WireNumber | undefined, now: WireNumber | undefined): Markup =>
  before === undefined || db(before) === db(now)
    ? html`${db(now)}`
    : html`<span class="was">${db(before)} →</span> ${db(now)}`;

/** A range with three significant digits; a dash where it is not a number. */
export const size = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '–' : rangeText(value);

/** `9.4×`. */
export function times(value: WireNumber): string {
  const number = fromWire(value);
  return Number.isFinite(number) ? timesText(number) : '–';
}

/** A share with one decimal: `50.0 %`. */
export const percent = (share: number | undefined): string =>
  share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;

/** A whole number with commas. */
export const count = countText;

/** What the marks say, never by colour alone. */
export const marks = {
  hurts: { glyph: '▲', word: markWords.hurts },
  watch: { glyph: '◆', word: markWords.watch },
  fine: { glyph: '∘', word: markWords.fine },
} as const;

/** A mark with its word for screen readers. */
export const markCell = (mark: keyof typeof marks): Markup =>
  html`<span
    class="mark ${mark}"
    role="img"
    aria-label="${marks[mark].word}"
    title="${marks[mark].word}"
    >${marks[mark].glyph}</span
  >`;
