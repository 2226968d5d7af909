import type { RecordedChange } from '../protocol/record.ts';
import { html, nameOf, type Markup } from './markup.ts';
import { proofTable, repairTable } from './proofSection.ts';
import type { ReportInput } from './reportInput.ts';

/** What the file's own metadata say was done to it: read, and not measured again. */
export function recordSection({ record }: ReportInput): Markup | undefined {
  if (!record) return undefined;
  const { words, changes, proofs, proofWords, repair } = record;
  return html`<h2 id="record">Recorded in the file, not measured now</h2>
    <p>${words}</p>
    <p class="dim">
      To measure what it says, compare this file with the one from before: in the editor, or with
      <code>rangefinder compare BEFORE THIS</code>.
    </p>
    <ol>
      ${changes.map(changeItem)}
    </ol>
    ${
      repair
        ? html`<h3 id="recorded-repair">Recorded repair report</h3>
            ${repairTable(repair)}`
        : undefined
    }${
      proofs.length > 0
        ? html`<h3 id="recorded-proof">Recorded proof of each step</h3>
            <p>It was said then: “${proofWords}”</p>
            ${proofTable(proofs)}`
        : undefined
    }`;
}

const changeItem = ({ label, about }: RecordedChange): Markup =>
  html`<li>
    ${nameOf(label)}${about === '' ? undefined : html` <span class="dim">${nameOf(about)}</span>`}
  </li>`;
