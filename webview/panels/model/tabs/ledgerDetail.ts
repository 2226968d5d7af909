import { html, nothing, type TemplateResult } from 'lit';
import { plural } from '../../../kit/numbers.ts';
import type { LedgerAction } from '../../../../server/protocol/model.ts';
import { revealLayer, unblock } from '../actions.ts';
import { follow } from '../header.ts';
import { outcomeWords, stepInWords, type LedgerLine } from '../ledgerModel.ts';
import type { Page } from '../page.ts';

/** How many layers of a place are links. */
const linkedLayers = 6;

/** The current line in full: reasons are sentences, and a row of the table cuts them. */
export function ledgerDetail(page: Page, line: LedgerLine): TemplateResult {
  const { row, places } = line;
  const names = page.names();
  const where = places === undefined ? names.text(row.place) : plural(places, 'place');
  return html`<aside class="detail" aria-label="Entry of the ledger">
    <h2 class="strong">
      ${stepInWords(row)}, ${outcomeWords[row.outcome].toLowerCase()}: ${where}
    </h2>
    <p>
      ${names.text(row.why)}
      ${row.code === '' ? nothing : html`<span class="dim small">${row.code}</span>`}
    </p>
    ${
      row.unblock === '' && !row.action
        ? nothing
        : html`<p>
            <span class="dim">What would unblock it:</span> ${names.text(row.unblock)}
            ${row.action ? unblockLink(page, row.action, undefined) : nothing}
          </p>`
    }
    ${places === undefined ? layerLinks(page, row.layers) : nothing}
  </aside>`;
}

/** What unblocks a place, as a link that does it; why it cannot be done now is its title. */
export function unblockLink(
  page: Page,
  action: LedgerAction,
  title: string | undefined,
): TemplateResult {
  const isBlocked = action.preview !== undefined && page.state.model?.preview !== undefined;
  if (isBlocked)
    return html`<span class="dim" title="Apply or discard the preview first."
      >${action.label}</span
    >`;
  return html`<a
    href="#"
    role="button"
    title=${title === undefined || title === '' ? nothing : title}
    @pointerdown=${(event: Event) => event.stopPropagation()}
    @click=${follow(() => unblock(page, action))}
    >${action.label}</a
  >`;
}

function layerLinks(page: Page, layers: readonly number[]): TemplateResult | typeof nothing {
  const rows = page.state.model?.layers ?? [];
  const known = layers
    .flatMap((id) => rows.find((row) => row.id === id) ?? [])
    .slice(0, linkedLayers);
  if (known.length === 0) return nothing;
  return html`<p>
    <span class="dim">Show in layers:</span>
    ${known.map(
      (row, i) =>
        html`${i > 0 ? ', ' : ''}<a href="#" @click=${follow(() => revealLayer(page, row.id))}
            >${page.names().name(row.name)}</a
          >`,
    )}
  </p>`;
}
