import { html, nothing, type TemplateResult } from 'lit';
import type { ModelState, PanelCommand } from '../../../server/protocol/model.ts';
import { applyPreview, runCommand } from './actions.ts';
import type { Job, Page } from './page.ts';
import { applyLabel } from './viewModel.ts';

/** The line of 2 pixels under the tabs while a job runs; it wanders where the share is not known. */
export function progressLine(page: Page): TemplateResult | typeof nothing {
  const job = page.state.job ?? measuringOf(page.state.model);
  if (!job) return nothing;
  const percent = job.share === undefined ? undefined : Math.round(100 * job.share);
  return html`<div
    class="progress ${percent === undefined ? 'unknown' : ''}"
    role="progressbar"
    aria-label=${job.title}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${percent ?? nothing}
  >
    <div style="width:${percent ?? 30}%"></div>
  </div>`;
}

/** What the server measures by itself after a change, as a job. */
const measuringOf = (model: ModelState | undefined): Job | undefined =>
  model?.measuring && { title: 'Measuring on samples', ...model.measuring };

/** The strips under the tabs: running, failed, stopped, changed on disk, preview. */
export function strips(page: Page, model: ModelState): MaybeStrip[] {
  return [
    jobStrip(page, model),
    changedOnDiskStrip(page),
    noticeStrip(page, model),
    stoppedStrip(page, model),
    otherGridStrip(page, model),
    outdatedStrip(page),
    model.preview ? previewStrip(page, model.preview) : nothing,
  ];
}

type MaybeStrip = TemplateResult | typeof nothing;

function jobStrip(page: Page, model: ModelState): MaybeStrip {
  const job = page.state.job ?? measuringOf(model);
  if (!job) return nothing;
  return html`<div class="bar strip" role="status">
    <b>${job.title}</b><span class="text">${job.detail}</span>
    <span class="acts end">
      <button class="second" title="Escape" @click=${() => page.post({ type: 'cancel' })}>
        Cancel
      </button>
    </span>
  </div>`;
}

function changedOnDiskStrip(page: Page): MaybeStrip {
  if (!page.state.hasChangedOnDisk) return nothing;
  const choose = (id: 'keepMine' | 'loadTheirs') => () => {
    page.change({ hasChangedOnDisk: false });
    runCommand(page, id);
  };
  return html`<div class="bar strip warning" role="alert">
    <b>The file changed on disk</b>
    <span class="text"
      >Your corrections are not saved. Keep them, or load the file as it is now and lose them.</span
    >
    <span class="acts end">
      <button class="second" @click=${choose('keepMine')}>Keep mine</button>
      <button class="second" @click=${choose('loadTheirs')}>Load theirs</button>
      <button class="second" @click=${() => runCommand(page, 'compareWithDisk')}>Compare</button>
    </span>
  </div>`;
}

function noticeStrip(page: Page, model: ModelState): MaybeStrip {
  const { notice } = page.state;
  const dismiss = (): void => page.change({ notice: undefined });
  switch (notice?.kind) {
    case undefined:
      return nothing;
    case 'stopped': {
      const { again, text } = notice;
      // The state says how far measuring came.
      return again && model.stopped !== undefined ? nothing : stopped(page, text, again, dismiss);
    }
    case 'failed': {
      const { fault, title } = notice;
      const again = (): void => {
        dismiss();
        runCommand(page, notice.again ?? 'tryAgain');
      };
      if (fault.isWhyNot) {
        const why = `${fault.message} ${fault.remedy ?? ''}`;
        return stopped(page, why, undefined, dismiss, undefined, `${title}: not possible`);
      }
      return html`<div class="bar strip failed" role="alert">
        <b>${title}</b>
        <span class="text">
          ${fault.message} ${fault.remedy ?? nothing}
          ${fault.where && !fault.message.includes(fault.where) ? html`<span class="dim small">${fault.where}</span>` : nothing}
        </span>
        <span class="acts end">
          <button class="second" @click=${again}>Try again</button>
          <button class="second" @click=${() => runCommand(page, 'showLog')}>Show log</button>
          <button class="second" @click=${dismiss}>Dismiss</button>
        </span>
      </div>`;
    }
  }
}

/** Measuring was stopped: what is there stays, and it can be gone on with. */
function stoppedStrip(page: Page, model: ModelState): MaybeStrip {
  const { stopped: text, measuring } = model;
  if (text === undefined || measuring || page.state.job || page.state.dismissed === text)
    return nothing;
  const words = `${text} What was measured stays.`;
  const dismiss = (): void => page.change({ dismissed: text });
  if (model.hasFailed === true) return failedStrip(page, words, dismiss);
  return stopped(page, words, 'calibrateAndMeasure', dismiss, () => {
    dismiss();
    page.post({ type: 'discardMeasured' });
  });
}

/** Measuring in the background failed. */
const failedStrip = (page: Page, words: string, dismiss: () => void): TemplateResult =>
  html`<div class="bar strip failed" role="alert">
    <b>Measuring failed</b><span class="text">${words}</span>
    <span class="acts end">
      <button
        class="second"
        @click=${() => {
          dismiss();
          runCommand(page, 'calibrateAndMeasure');
        }}
      >
        Try again
      </button>
      <button class="second" @click=${() => runCommand(page, 'showLog')}>Show log</button>
      <button class="second" @click=${dismiss}>Dismiss</button>
    </span>
  </div>`;

const stopped = (
  page: Page,
  text: string,
  again: PanelCommand | undefined,
  dismiss: () => void,
  discard?: () => void,
  title = 'Stopped',
): TemplateResult =>
  html`<div class="bar strip" role="status">
    <b>${title}</b><span class="text">${text}</span>
    <span class="acts end">
      ${
        again
          ? html`<button
              class="second"
              @click=${() => {
                dismiss();
                runCommand(page, again);
              }}
            >
              Continue
            </button>`
          : nothing
      }
      <button class="second" @click=${discard ?? dismiss}>
        ${discard ? 'Discard' : 'Dismiss'}
      </button>
    </span>
  </div>`;

/** Corrected biases are made for one grid, and may hurt on another. */
function otherGridStrip(page: Page, { correction, kind }: ModelState): MaybeStrip {
  if (kind !== 'float' || correction?.differs === undefined) return nothing;
  const { grid, differs } = correction;
  return html`<div class="bar strip warning" role="status">
    <b>Biases of another grid</b>
    <span class="text">They were corrected for ${grid}: ${differs}, and there they may hurt.</span>
    <span class="acts end">
      <button class="second" @click=${() => runCommand(page, 'correctBiases')}>
        Correct again
      </button>
      <button class="second" @click=${() => runCommand(page, 'removeCorrection')}>
        Remove correction
      </button>
    </span>
  </div>`;
}

/** A preview is of one target and its samples: with others it goes, and can be made anew. */
function outdatedStrip(page: Page): MaybeStrip {
  const { outdated } = page.state;
  if (!outdated) return nothing;
  const { text, again } = outdated;
  const dismiss = (): void => page.change({ outdated: undefined });
  const renew = (): void =>
    typeof again === 'string' ? runCommand(page, again) : page.post(again);
  return html`<div class="bar strip" role="status">
    <b>The preview is gone</b><span class="text">${text}</span>
    <span class="acts end">
      <button class="second" @click=${renew}>Preview again</button>
      <button class="second" @click=${dismiss}>Dismiss</button>
    </span>
  </div>`;
}

/** Nothing to apply: it is said why, and the preview can only be closed. */
function previewStrip(page: Page, { title, steps, note = '' }: Preview): TemplateResult {
  const isEmpty = steps.length === 0;
  const discard = (): void => page.post({ type: 'discard' });
  return html`<div class="bar strip preview" role="status" tabindex="-1">
    <b>${title}</b>
    <span class="text"
      >${
        isEmpty
          ? note
          : 'Nothing has changed yet. Outlines are the model as it is, fills as it would be.'
      }</span
    >
    <span class="acts end">
      ${
        isEmpty
          ? nothing
          : html`<button class="main" @click=${() => applyPreview(page)}>
              ${applyLabel(steps)}
            </button>`
      }
      <button class="second" title="Escape" @click=${discard}>
        ${isEmpty ? 'Close' : 'Discard'}
      </button>
    </span>
  </div>`;
}

type Preview = NonNullable<ModelState['preview']>;
