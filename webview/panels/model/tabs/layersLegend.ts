import { html, type TemplateResult } from 'lit';
import { rangeKeys } from '../../../kit/charts/chartKeys.ts';

/** What the marks of the range columns are: on the bar where it has room, else behind a button. */
export const layersLegend = (hasBefore: boolean): TemplateResult =>
  html`<span class="legend-slot ${hasBefore ? 'with-before' : ''}">
    <span class="legend small dim">${swatches(hasBefore)}</span>
    <details class="legend-button" @keydown=${onKey} @focusout=${onLeave}>
      <summary>Legend</summary>
      <div class="legend small">${swatches(hasBefore)}</div>
    </details>
  </span>`;

const swatches = (hasBefore: boolean): readonly TemplateResult[] =>
  rangeKeys(hasBefore).map(({ drawing, words }) => swatch(drawing, words));

const swatch = (drawing: TemplateResult, label: string): TemplateResult =>
  html`<span><svg width="22" height="12" aria-hidden="true">${drawing}</svg>${label}</span>`;

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
