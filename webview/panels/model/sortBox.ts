import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Sort } from './kept.ts';
import { sortChoices, sortInWords } from './layersModel.ts';

/** Shows how the layers are sorted, and lets keys and narrow pages choose it as the heads do. */
export function sortBox(sort: Sort, onChange: (sort: Sort) => void): TemplateResult {
  const choose = (event: Event): void => {
    const index = Number(Reflect.get(event.target ?? {}, 'selectedIndex'));
    const chosen = sortChoices[index];
    if (chosen) onChange(chosen);
  };
  return html`<span class="sort"
    ><span class="dim wide" aria-hidden="true">Sort</span
    ><vscode-single-select
      label="Sort"
      .options=${options}
      .value=${live(sortInWords(sort))}
      @change=${choose}
    ></vscode-single-select
  ></span>`;
}

const options = sortChoices.map((sort) => ({
  label: sortInWords(sort),
  value: sortInWords(sort),
}));
