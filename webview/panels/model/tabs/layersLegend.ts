import { html, nothing, svg, type TemplateResult } from 'lit';

/** What the marks of the range columns are: on the bar where it has room, else behind a button. */
export const layersLegend = (hasBefore: boolean): TemplateResult =>
  html`<span class="legend-slot ${hasBefore ? 'with-before' : ''}">
    <span class="legend small dim">${swatches(hasBefore)}</span>
    <details class="legend-button" @keydown=${onKey} @focusout=${onLeave}>
      <summary>Legend</summary>
      <div class="legend small">${swatches(hasBefore)}</div>
    </details>
  </span>`;

const swatches = (hasBefore: boolean): TemplateResult =>
  html`${swatch(svg`<rect x="0.5" y="1" width="21" height="10" class="reach" />`, 'grid of the tensor')}
  ${swatch(svg`<path d="M0 6H22" class="now-line" /><rect x="6" y="3" width="10" height="6" class="now" />`, 'channels')}
  ${swatch(svg`<path d="M0 6H22" class="lost" />`, 'below half a step')}
  ${
    hasBefore
      ? swatch(
          svg`<path d="M0 6H22" class="ghost" /><rect x="6" y="3.5" width="10" height="5" class="ghost-box" />`,
          'before',
        )
      : nothing
  }`;

const swatch = (drawing: unknown, label: string): TemplateResult =>
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
