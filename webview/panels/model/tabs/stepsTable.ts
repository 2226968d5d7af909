import { html, nothing, type TemplateResult } from 'lit';
import type { ProofState } from '../../../../server/protocol/model.ts';
import { glyph } from '../../../kit/glyphs.ts';
import { range } from '../../../kit/numbers.ts';
import { proofInWords, proofVerdict } from '../proofModel.ts';

const head = (text: string, classes = ''): TemplateResult =>
  html`<span class="head ${classes}" role="columnheader">${text}</span>`;

/** What each step did to what float computes. */
export function stepsTable(proofs: readonly ProofState[], isNarrow: boolean): TemplateResult {
  const columns = isNarrow
    ? 'minmax(84px, auto) 100px minmax(0, 1fr)'
    : '140px 120px 110px 110px 80px minmax(0, 1fr)';
  return html`<div
    class="report"
    role="table"
    aria-label="Steps"
    style="grid-template-columns:${columns}"
  >
    <div role="row">
      ${head('Step')}${head('Float outputs')}
      ${
        isNarrow
          ? head('Relative change', 'end')
          : html`${head('Largest change', 'end')}${head('Relative change', 'end')}${head('Allowed', 'end')}${head('What was run')}`
      }
    </div>
    <span class="rule" role="presentation"></span>
    ${proofs.map((proof) => stepRow(proof, isNarrow))}
  </div>`;
}

function stepRow(proof: ProofState, isNarrow: boolean): TemplateResult {
  const verdict = proofVerdict(proof);
  const isKnown = proof.exercised && proof.unavailable === undefined;
  const number = (value: number): string => (isKnown ? range(value) : '–');
  return html`<div role="row">
    <span role="cell" class="with-glyph">${glyph(verdict.glyph)}<span>${proof.step}</span></span>
    <span role="cell" class=${verdict.isBad ? 'bad strong' : ''}>${verdict.text}</span>
    ${isNarrow ? nothing : html`<span role="cell" class="end">${number(proof.maxAbs)}</span>`}
    <span role="cell" class="end">${number(proof.maxRel)}</span>
    ${
      isNarrow
        ? html`<span role="cell" class="dim small whole">${proofInWords(proof)}</span>`
        : html`<span role="cell" class="end dim"
              >${proof.tolerance === undefined ? '–' : range(proof.tolerance)}</span
            >
            <span role="cell" class="dim">${proofInWords(proof)}</span>`
    }
  </div>`;
}
