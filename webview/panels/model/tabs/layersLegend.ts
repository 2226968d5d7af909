import { html, type TemplateResult } from 'lit';
import type { LayerRow, Mark, ModelState } from '../../../../server/protocol/model.ts';
import { rangeKeys } from '../../../kit/charts/chartKeys.ts';
import { mark } from '../../../kit/glyphs.ts';
import { markedBy, markInWords } from '../limits.ts';

/**
 * What the table's marks and bars mean: on the bar where it has room, else behind a button. Where
 * only the bars have room, both are there.
 */
export function layersLegend(model: ModelState | undefined): TemplateResult {
  const [marks, bars] = [markEntries(model), barEntries(model?.layers ?? [])];
  const [all, some] = [[...marks, ...bars].map(roomOf), bars.map(roomOf)].map((rooms) =>
    rooms.reduce((sum, one) => sum + one, 0),
  ) as [number, number];
  const fits = `all-${hundreds(all)} bars-${hundreds(some + buttonPx)}`;
  return html`<span class="legend-slot ${fits}">
    <span class="legend marks small dim">${marks.map(entryView)}</span>
    <span class="legend bars small dim">${bars.map(entryView)}</span>
    <details class="legend-button" @keydown=${onKey} @focusout=${onLeave}>
      <summary>Legend</summary>
      <div class="legend small">${[...marks, ...bars].map(entryView)}</div>
    </details>
  </span>`;
}

interface Entry {
  readonly drawing: TemplateResult;
  readonly words: string;
}

const levels: readonly Mark[] = ['hurts', 'watch', 'fine'];

const markEntries = (model: ModelState | undefined): readonly Entry[] =>
  levels.map((level) => ({ drawing: mark(level), words: markInWords(level, markedBy(model)) }));

const barEntries = (layers: readonly LayerRow[]): readonly Entry[] =>
  rangeKeys(
    layers.some(({ before }) => before !== undefined),
    layers.some(({ now }) => now.range.halfStep > 0),
  ).map(({ drawing, words }) => ({
    drawing: html`<svg width="22" height="12" aria-hidden="true">${drawing}</svg>`,
    words,
  }));

/** About as many pixels as an entry takes, in any font. */
const roomOf = ({ words }: Entry): number => 36 + 5.6 * words.length;
/** Of the button, with what is beside it. */
const buttonPx = 72;

/** The style sheet has rules for every hundred pixels from 300 to 1,000. */
const hundreds = (pixels: number): number => Math.min(10, Math.max(3, Math.ceil(pixels / 100)));

const entryView = ({ drawing, words }: Entry): TemplateResult =>
  html`<span>${drawing}${words}</span>`;

/** Escape closes what is open, and nothing else of the page. */
function onKey(event: KeyboardEvent): void {
  const { currentTarget: box } = event;
  if (event.key !== 'Escape' || !(box instanceof HTMLDetailsElement) || !box.open) return;
  event.preventDefault();
  box.open = false;
  box.querySelector('summary')?.focus();
}

/** It lies over the table, so it closes when somebody goes on. */
function onLeave({ currentTarget: box, relatedTarget: to }: FocusEvent): void {
  if (!(box instanceof HTMLDetailsElement)) return;
  if (!(to instanceof Node) || !box.contains(to)) box.open = false;
}
