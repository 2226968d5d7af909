import { html, nothing, type TemplateResult } from 'lit';
import type { FileRecord, RecordedChange } from '../../../../server/protocol/record.ts';
import { runCommand } from '../actions.ts';
import type { Page } from '../page.ts';
import { repairView } from './evaluation.ts';
import { stepsTable } from './stepsTable.ts';

/** What the file's own metadata say was done to it: read, and not measured again. */
export function recordView(page: Page, record: FileRecord, isNarrow: boolean): TemplateResult {
  const { words, changes, proofs, proofWords, repair } = record;
  return html`<section aria-label="Recorded in the file">
      <h2 class="strong">Recorded in the file, not measured now</h2>
      <p class="prose">${words}</p>
      <ol class="recorded">
        ${changes.map(changeItem)}
      </ol>
      <p class="prose">
        To measure what it says, compare this file with the one from before: by weights, or with
        samples by outputs.
      </p>
      <p class="acts">
        <button class="second" @click=${() => runCommand(page, 'compareWithFile')}>
          Compare with file…
        </button>
        <button class="second" @click=${() => runCommand(page, 'compareWithLastCommit')}>
          Compare with last commit
        </button>
      </p>
    </section>
    ${repair ? repairView(repair, isNarrow, true) : nothing}
    ${
      proofs.length > 0
        ? html`<section aria-label="Recorded proofs">
            <h2 class="strong">Recorded proof of each step</h2>
            <p class="prose">It was said then: “${proofWords}”</p>
            ${stepsTable(proofs, isNarrow)}
          </section>`
        : nothing
    }`;
}

/** A name of the file's stands by itself: its letters cannot turn the text around it. */
const changeItem = ({ label, about }: RecordedChange): TemplateResult =>
  html`<li>
    <bdi>${label}</bdi>${about === '' ? nothing : html` <bdi class="dim">${about}</bdi>`}
  </li>`;
