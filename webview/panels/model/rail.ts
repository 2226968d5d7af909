import { html, nothing, type TemplateResult } from 'lit';
import type { ModelState, RailStep, RunStepId } from '../../../server/protocol/model.ts';
import { glyph } from '../../kit/glyphs.ts';
import { previewSteps, runCommand, showLedger } from './actions.ts';
import type { PageTab } from './kept.ts';
import type { Page } from './page.ts';
import { canRepair, mainButton, repairInWords, stepStateInWords } from './viewModel.ts';

/** The five steps on one line, and Repair while nothing is applied; over the graph only in words. */
export function rail(page: Page, model: ModelState, tab: PageTab): TemplateResult {
  if (!canFold(model, tab)) return steps(page, model);
  const isOpen = page.state.kept.hasStepsOverGraph;
  return html`<div class="folded">
      <button
        class="fold"
        aria-expanded=${String(isOpen)}
        aria-label="Repair steps"
        title=${isOpen ? 'Fold the steps, to leave their room to the graph' : 'Show the steps with their buttons'}
        @click=${() => page.keep({ hasStepsOverGraph: !isOpen })}
      >
        ${glyph(isOpen ? 'open' : 'closed')}
      </button>
      ${isOpen ? html`<span class="dim">Steps</span>` : inWords(model)}
    </div>
    ${isOpen ? steps(page, model) : nothing}`;
}

/** Before samples are chosen, and before anything is done, the graph is looked at, not repaired. */
const canFold = ({ data, changes, preview }: ModelState, tab: PageTab): boolean =>
  tab === 'graph' && !data && !preview && changes.length === 0;

/** `Fold 35 available · Equalize 25 sets available`. */
const inWords = (model: ModelState): TemplateResult =>
  html`<span
    >${model.steps
      .filter(({ id }) => id !== 'save')
      .map(
        ({ title, what }, i) =>
          html`${i > 0 ? html`<span class="dim"> · </span>` : nothing}<b>${title}</b> ${what}`,
      )}</span
  >`;

function steps(page: Page, model: ModelState): TemplateResult {
  const main = mainButton(model);
  const [first, second] = repairInWords(model);
  return html`<ol class="steps" aria-label="Repair steps">
    ${model.steps.map((step) => stepView(page, model, step, main))}
    ${
      canRepair(model)
        ? html`<li class="all">
            <div class="name"></div>
            <div class="what">
              <p>${first}<span class="more"> ${second}</span></p>
              <p>${second}</p>
            </div>
            <div class="acts">
              <button
                class=${main === 'repair' ? 'main' : 'second'}
                title="Run all steps, keep what helps"
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
  const isOpen = step.isNext || (step.id === 'save' && main === 'save');
  const classes = [step.state, step.id === 'save' ? 'last' : '', isOpen ? 'open' : '']
    .filter(Boolean)
    .join(' ');
  const buttons = step.buttons.filter((button) => isShown(model, button));
  return html`<li class=${classes} aria-current=${step.isNext ? 'step' : nothing}>
    <div class="name">
      ${glyph(step.state, stepStateInWords(step))}${
        buttons.length === 0
          ? html`<span class=${isQuiet ? 'dim' : 'strong'}>${step.title}</span>`
          : html`<button
              class="step strong"
              aria-haspopup="menu"
              title="What can be done about this step"
              @click=${(event: Event) => openStepMenu(page, step, buttons, event)}
            >
              ${step.title}
            </button>`
      }
    </div>
    <div class="what">
      <p class=${isQuiet ? 'dim' : nothing} title=${step.what}>${step.what}</p>
      <p class=${step.isLoss ? 'bad' : 'dim'} title=${step.gainNote ?? step.gain}>
        ${gainText(step)}
      </p>
    </div>
    <div class="acts">${buttons.map((button) => buttonView(page, step, button, main))}</div>
  </li>`;
}

/** A loss is told by its mark too, not by its colour alone. */
const gainText = ({ gain, isLoss }: RailStep): string => (isLoss ? `× ${gain}` : gain);

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
  saveAs: 'Save as…',
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

/** The actions of a step as a menu: a low page has no room for the buttons of every step. */
function openStepMenu(
  page: Page,
  step: RailStep,
  buttons: readonly ButtonId[],
  { currentTarget }: Event,
): void {
  if (!(currentTarget instanceof HTMLElement)) return;
  const box = currentTarget.getBoundingClientRect();
  const items = buttons.map((button) => ({
    label: labels[button],
    ...(button === 'save' ? { key: 'Ctrl+S' } : {}),
    run: () => press(page, step, button),
  }));
  page.change({ menu: { x: box.left, y: box.bottom + 2, items, back: currentTarget } });
}

const runnable = (step: RailStep): readonly RunStepId[] => (step.id === 'save' ? [] : [step.id]);

function press(page: Page, step: RailStep, button: ButtonId): void {
  switch (button) {
    case 'preview':
      return previewSteps(page, runnable(step));
    case 'apply':
      return page.post({ type: 'apply', steps: runnable(step) });
    case 'changes':
      return showLedger(page, step.title, 'done');
    case 'whyNot':
      return showLedger(page, step.title, 'refused');
    case 'save':
    case 'saveAs':
      return runCommand(page, button);
  }
}
