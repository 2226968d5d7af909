import { html, nothing, type TemplateResult } from 'lit';
import type { ModelState } from '../../../server/protocol/model.ts';
import type { Fault } from '../../../server/protocol/requests.ts';
import { count, plural } from '../../kit/numbers.ts';
import { runCommand } from './actions.ts';
import type { Page } from './page.ts';
import { progressLine } from './strips.ts';

/** Before the first state has come. */
export function openingView(page: Page): TemplateResult {
  const { job, notice } = page.state;
  if (notice?.kind === 'failed')
    return faultView(page, html`<h1 class="strong">${notice.title}</h1>`, notice.fault);
  return html`${progressLine(page)}
    <div class="empty" role="status">
      <h1 class="dim">${job ? `${job.title} ${job.detail}` : 'Opening…'}</h1>
      ${
        job
          ? html`<div class="acts">
              <button class="second" @click=${() => page.post({ type: 'cancel' })}>Cancel</button>
            </div>`
          : nothing
      }
    </div>`;
}

/** A file that cannot be read at all: the fault, where, and the ways out. */
export const unreadableView = (page: Page, name: string, fault: Fault): TemplateResult =>
  html`<header class="file"><h1>${name}</h1></header>
    ${faultView(page, html`<h2 class="strong">${isForeign(fault) ? 'Not a model that can be corrected here' : 'This file cannot be read'}</h2>`, fault)}`;

/** A model of a kind that is neither read nor written: reading it anew would change nothing. */
const isForeign = ({ code }: Fault): boolean => code === 'not-supported-yet';

/** The message with the name of the file only: its path stands below. */
function messageOf({ message, where }: Fault): string {
  const name = where?.slice(where.search(/[^\\/]*$/)) ?? '';
  return where === undefined || name === '' ? message : message.replaceAll(where, name);
}

function faultView(page: Page, heading: TemplateResult, fault: Fault): TemplateResult {
  const where = [
    fault.where ?? '',
    fault.offset === undefined ? '' : `at byte ${count(fault.offset)}`,
    fault.code,
  ].filter(Boolean);
  return html`${progressLine(page)}
    <div class="empty" role="alert">
      ${heading}
      <p>${messageOf(fault)}</p>
      ${fault.remedy ? html`<p>${fault.remedy}</p>` : nothing}
      <p class="dim small">${where.join(' · ')}</p>
      <div class="acts">
        ${
          isForeign(fault)
            ? html`<button class="main" @click=${() => runCommand(page, 'openFloatModel')}>
                Open the float model…
              </button>`
            : html`<button class="main" @click=${() => runCommand(page, 'tryAgain')}>
                Try again
              </button>`
        }
        <button class="second" @click=${() => runCommand(page, 'openAsText')}>Open as text</button>
        <button class="second" @click=${() => runCommand(page, 'showLog')}>Show log</button>
      </div>
      <p class="dim">Nothing was written.${againText(fault)}</p>
    </div>`;
}

/** How the file comes to be read again. */
function againText(fault: Fault): string {
  if (isForeign(fault)) return '';
  return fault.beside
    ? ' The model is read again as soon as that file changes on disk.'
    : ' Try again reads the file anew.';
}

/** A model without a layer that has weights: there is nothing to quantize, and that is said. */
export function noLayersView(page: Page, model: ModelState): TemplateResult {
  return html`<div class="pane">
    <div class="empty">
      <h2 class="strong">No layer with weights</h2>
      <p>
        Rangefinder looks at Conv, ConvTranspose, Gemm and MatMul with constant weights. This model
        has ${plural(model.file.nodeCount, 'node')} and none of them.
      </p>
      ${issuesView(model)}
      <div class="acts">
        <button class="second" @click=${() => runCommand(page, 'openAsText')}>Open as text</button>
        <button class="second" @click=${() => runCommand(page, 'showLog')}>Show log</button>
      </div>
    </div>
  </div>`;
}

/** What the reader of the file had to say. */
export function issuesView(model: ModelState): TemplateResult | typeof nothing {
  if (model.issues.length === 0) return nothing;
  return html`<section class="issues" aria-label="Notes on the file">
    <h2 class="strong">Notes on the file</h2>
    <ul>
      ${model.issues.map(
        ({ message, where, code }) =>
          html`<li>
            ${message} <span class="dim small">${[where, code].filter(Boolean).join(' · ')}</span>
          </li>`,
      )}
    </ul>
  </section>`;
}
