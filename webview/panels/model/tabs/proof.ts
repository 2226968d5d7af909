import { html, nothing, type TemplateResult } from 'lit';
import type { ModelState, ProofState } from '../../../../server/protocol/model.ts';
import { evaluationView, repairView } from './evaluation.ts';
import { range } from '../../../kit/numbers.ts';
import { runCommand } from '../actions.ts';
import type { Page } from '../page.ts';
import { factsOf } from '../proofModel.ts';
import { recordView } from './record.ts';
import { stepsTable } from './stepsTable.ts';

/** How many compared values of a step are listed. */
const listedValues = 40;

/** Is it safe: what each step changed in what float computes. */
export function proofTab(page: Page): TemplateResult {
  const { model } = page.state;
  if (!model) return html``;
  const { proofs, evaluation, repair, record } = model;
  const isMeasured = proofs.length > 0 || evaluation !== undefined || repair !== undefined;
  if (!isMeasured && !record) return nothingProved(page);
  const isNarrow = page.state.widthPx < 800;
  return html`<div class="pane">
    ${evaluation ? evaluationView(page, model, evaluation) : nothing}
    ${repair ? repairView(repair, isNarrow) : nothing}
    ${proofs.length > 0 ? floatView(page, model, isNarrow) : nothing}
    ${record ? recordView(page, record, isNarrow) : nothing}
    ${isMeasured ? factsView(model) : nothing} ${handOver(page)}
  </div>`;
}

/** Float still computes the same: what each step changed of it. */
function floatView(page: Page, model: ModelState, isNarrow: boolean): TemplateResult {
  const { proofs } = model;
  return html`<section>
      <h2 class="strong">${model.proofWords}</h2>
      <p class="prose">
        After each step the float model is run before and after on the same seeded probes, and their
        outputs are compared. A step that claims to be exact and is not is taken back.
      </p>
      ${stepsTable(proofs, isNarrow)}
    </section>
    ${proofs.filter(({ values }) => values.length > 0).map((proof) => valuesTable(page, proof, isNarrow))}`;
}

const nothingProved = (page: Page): TemplateResult =>
  html`<div class="empty">
    <h2 class="strong">Nothing to prove yet</h2>
    <p>
      Each step that you preview or apply is checked here: the float model is run before and after
      on seeded probe inputs, and the largest change of its outputs is shown. With samples, float
      and quantized outputs are judged here too.
    </p>
    ${handOver(page)}
  </div>`;

/** What somebody needs who wants to check it, or to go on with it. */
const handOver = (page: Page): TemplateResult =>
  html`<p class="acts">
    <button class="second" @click=${() => runCommand(page, 'exportReport')}>Export report…</button>
    <button
      class="second"
      title="Encodings, a quantized ONNX model or the layers table, for the next tool"
      @click=${() => runCommand(page, 'exportResult')}
    >
      Hand over…
    </button>
  </p>`;

/** What it was all measured with. */
function factsView(model: ModelState): TemplateResult {
  return html`<section aria-label="Measured with">
    <h2 class="strong">Measured with</h2>
    <dl class="measured-with">
      ${factsOf(model).map(
        ({ name, value, note, list }) =>
          html`<div>
            <dt class="dim">${name}</dt>
            <dd>
              <b>${value}</b>${note === '' ? nothing : html` <span class="dim">${note}</span>`}
              ${
                list === undefined
                  ? nothing
                  : html`<details class="dim">
                      <summary>Which samples</summary>
                      ${list}
                    </details>`
              }
            </dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

const head = (text: string, classes = ''): TemplateResult =>
  html`<span class="head ${classes}" role="columnheader">${text}</span>`;

const kinds: Readonly<Record<string, string>> = {
  output: 'output',
  logits: 'before the last Softmax or Sigmoid',
  activation: 'activation, its scale undone',
};

function valuesTable(page: Page, proof: ProofState, isNarrow: boolean): TemplateResult {
  const columns = isNarrow ? 'minmax(0, 1fr) 90px' : 'minmax(160px, 320px) 240px 130px 130px';
  const rest = proof.values.length - listedValues;
  return html`<section>
    <h2 class="strong">${proof.step}: values compared</h2>
    <div
      class="report"
      role="table"
      aria-label="Values compared"
      style="grid-template-columns:${columns}"
    >
      <div role="row">
        ${head('Value')}${isNarrow ? nothing : head('What it is')}${isNarrow ? nothing : head('Largest change', 'end')}${head('Relative change', 'end')}
      </div>
      <span class="rule" role="presentation"></span>
      ${[...proof.values]
        .sort((a, b) => b.maxRel - a.maxRel)
        .slice(0, listedValues)
        .map(
          (value) =>
            html`<div role="row">
              <span role="cell" title=${value.name}
                ><span class="cut">${page.names().name(value.name)}</span></span
              >
              ${
                isNarrow
                  ? nothing
                  : html`<span role="cell" class="dim">${kinds[value.kind] ?? value.kind}</span>
                      <span role="cell" class="end">${range(value.maxAbs)}</span>`
              }
              <span role="cell" class="end">${range(value.maxRel)}</span>
            </div>`,
        )}
    </div>
    ${rest > 0 ? html`<p class="dim small">and ${rest} more, none larger</p>` : nothing}
  </section>`;
}
