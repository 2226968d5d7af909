import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { live } from 'lit/directives/live.js';
import type { Sort } from './kept.ts';
import { sortChoices, sortInWords } from './layersModel.ts';

/** Shows how the layers are sorted, and lets keys and narrow pages choose it as the heads do. */
export function sortBox(
  sort: Sort,
  hasData: boolean,
  onChange: (sort: Sort) => void,
): TemplateResult {
  const choose = (event: Event): void => {
    const index = Number(Reflect.get(event.target ?? {}, 'selectedIndex'));
    const chosen = sortChoices(hasData)[index];
    if (chosen) onChange(chosen);
  };
  const words = sortInWords(sort);
  // The element draws and measures itself whenever it is touched: not for each row that scrolls by.
  return html`<span class="sort"
    ><span class="dim wide" aria-hidden="true">Sort</span>${guard(
      [words, hasData],
      () =>
        html`<vscode-single-select
          label="Sort"
          .options=${optionsOf(hasData)}
          .value=${live(words)}
          @change=${choose}
        ></vscode-single-select>`,
    )}</span
  >`;
}

const optionsOf = (hasData: boolean): { label: string; value: string }[] =>
  sortChoices(hasData).map((sort) => ({
    label: sortInWords(sort),
    value: sortInWords(sort),
  }));
