import { html, nothing, type TemplateResult } from 'lit';
import type { ModelState, RailStep, RunStepId } from '../../../server/protocol/model.ts';
import { glyph } from '../../kit/glyphs.ts';
import { previewSteps, runCommand, showLedger } from './actions.ts';
import type { Page } from './page.ts';
import { canRepair, mainButton, stepStateInWords } from './viewModel.ts';

/** The five steps on one line, and Repair while nothing is applied. */
export function rail(page: Page, model: ModelState): TemplateResult {
  const main = mainButton(model);
  return html`<ol class="steps" aria-label="Repair steps">
    ${model.steps.map((step) => stepView(page, model, step, main))}
    ${
      canRepair(model)
        ? html`<li class="all">
            <div class="name"></div>
            <div class="what">
              <p>Run all steps,</p>
              <p>keep what helps</p>
            </div>
            <div class="acts">
              <button
                class=${main === 'repair' ? 'main' : 'second'}
                @click=${() => runCommand(page, 'repair')}
              >
                Repair
              </button>
            </div>
          </li>`
        : nothing
    }
  </ol>`;
}

function stepView(page: Page, model: ModelState, step: RailStep, main: string): TemplateResult {
  const isQuiet = step.state === 'not-needed';
  const classes = [step.state, step.id === 'save' ? 'last' : ''].filter(Boolean).join(' ');
  return html`<li class=${classes} aria-current=${step.isNext ? 'step' : nothing}>
    <div class="name">
      ${glyph(step.state, stepStateInWords(step))}<span class=${isQuiet ? 'dim' : 'strong'}
        >${step.title}</span
      >
    </div>
    <div class="what">
      <p class=${isQuiet ? 'dim' : nothing} title=${step.what}>${step.what}</p>
      <p class="dim" title=${step.gain}>${step.gain}</p>
    </div>
    <div class="acts">
      ${step.buttons.map((button) => (isShown(model, button) ? buttonView(page, step, button, main) : nothing))}
    </div>
  </li>`;
}

type ButtonId = RailStep['buttons'][number];

/** During a preview nothing else can be begun: it is applied or discarded first. */
const isShown = (model: ModelState, button: ButtonId): boolean =>
  !model.preview || button === 'changes' || button === 'whyNot';

const labels: Readonly<Record<ButtonId, string>> = {
  preview: 'Preview',
  apply: 'Apply',
  changes: 'Changes',
  whyNot: 'Why not',
  save: 'Save',
  saveAs: 'Save As…',
};

function buttonView(page: Page, step: RailStep, button: ButtonId, main: string): TemplateResult {
  const isMain = button === 'save' && main === 'save';
  return html`<button
    class="${isMain ? 'main' : 'second'} ${button}"
    aria-label=${button === 'save' || button === 'saveAs' ? labels[button] : `${labels[button]}: ${step.title}`}
    @click=${() => press(page, step, button)}
  >
    ${labels[button]}
  </button>`;
}

const runnable = (step: RailStep): readonly RunStepId[] =>
  step.id === 'fold' || step.id === 'equalize' || step.id === 'absorb' ? [step.id] : [];

/** Clearing dead channels is shown as part of equalizing; the ledger names it apart. */
const ledgerWords = (step: RailStep): string =>
  step.id === 'equalize' ? `Clear|${step.title}` : step.title;

function press(page: Page, step: RailStep, button: ButtonId): void {
  switch (button) {
    case 'preview':
      return previewSteps(page, runnable(step));
    case 'apply':
      return page.post({ type: 'apply', steps: runnable(step) });
    case 'changes':
      return showLedger(page, ledgerWords(step), 'done');
    case 'whyNot':
      return showLedger(page, ledgerWords(step), 'refused');
    case 'save':
    case 'saveAs':
      return runCommand(page, button);
  }
}
