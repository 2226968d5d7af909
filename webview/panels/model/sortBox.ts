import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { live } from 'lit/directives/live.js';
import type { OwnFigure } from './dataModel.ts';
import type { Sort } from './kept.ts';
import { sortChoices, sortInWords } from './layersModel.ts';

/**
 * Shows how the layers are sorted, and lets keys and narrow pages choose it as the heads do. `own`:
 * what the column of a layer by itself shows; absent: there are no samples. `isEstimated`: whether
 * it is estimated what layers keep alone.
 */
export function sortBox(
  sort: Sort,
  own: OwnFigure | undefined,
  isEstimated: boolean,
  onChange: (sort: Sort) => void,
): TemplateResult {
  const choose = (event: Event): void => {
    const index = Number(Reflect.get(event.target ?? {}, 'selectedIndex'));
    const chosen = sortChoices(own !== undefined, isEstimated)[index];
    if (chosen) onChange(chosen);
  };
  const words = sortInWords(sort, own);
  // The element draws and measures itself whenever it is touched: not for each row that scrolls by.
  return html`<span class="sort"
    ><span class="dim wide" aria-hidden="true">Sort</span>${guard(
      [words, own, isEstimated],
      () =>
        html`<vscode-single-select
          label="Sort"
          .options=${optionsOf(own, isEstimated)}
          .value=${live(words)}
          @change=${choose}
        ></vscode-single-select>`,
    )}</span
  >`;
}

const optionsOf = (
  own: OwnFigure | undefined,
  isEstimated: boolean,
): { label: string; value: string }[] =>
  sortChoices(own !== undefined, isEstimated).map((sort) => ({
    label: sortInWords(sort, own),
    value: sortInWords(sort, own),
  }));
