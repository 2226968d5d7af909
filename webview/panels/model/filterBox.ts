import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

/** A field that narrows a table. Escape empties it, then leaves it; Enter and Down go to the table. */
export function filterBox(box: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onLeave: () => void;
}): TemplateResult {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && box.value !== '') box.onChange('');
    else if (event.key === 'Enter' || event.key === 'ArrowDown') box.onLeave();
    else return;
    event.preventDefault();
  };
  return html`<input
    type="text"
    spellcheck="false"
    placeholder=${box.label}
    aria-label=${box.label}
    aria-keyshortcuts="/"
    title="Press / to come here"
    .value=${live(box.value)}
    @input=${(event: Event) => {
      if (event.target instanceof HTMLInputElement) box.onChange(event.target.value);
    }}
    @keydown=${onKey}
  />`;
}
