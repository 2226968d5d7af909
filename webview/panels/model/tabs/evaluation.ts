import { html, nothing, svg, type TemplateResult } from 'lit';
import type {
  EvaluationRow,
  EvaluationState,
  RepairReport,
} from '../../../../server/protocol/data.ts';
import type { ModelState } from '../../../../server/protocol/model.ts';
import { intervalBar } from '../../../kit/charts/intervalBar.ts';
import { px, words } from '../../../kit/charts/pieces.ts';
import { glyph } from '../../../kit/glyphs.ts';
import { decibels, range } from '../../../kit/numbers.ts';
import { linear } from '../../../kit/scales.ts';
import { runCommand } from '../actions.ts';
import {
  evaluationCells,
  evaluationHeadline,
  hasLabels,
  pairedInWords,
  shareOf,
} from '../evaluationModel.ts';
import type { Page } from '../page.ts';

const axis = linear([0, 1], [14, 234], 5);

const head = (text: string, classes = ''): TemplateResult =>
  html`<span class="head ${classes}" role="columnheader">${text}</span>`;

/** Is it safe, on samples: float, as opened and now, judged on the same ones. */
export function evaluationView(
  page: Page,
  model: ModelState,
  evaluation: EvaluationState,
): TemplateResult {
  const { notes, isStale, isSynthetic, samples, source, targetLabel } = evaluation;
  const where = `${samples} ${isSynthetic ? 'synthetic inputs' : 'samples'} that judge, ${source}, for ${targetLabel}`;
  return html`<section aria-label="Judged on samples">
    <h2 class="strong">${evaluationHeadline(evaluation)}</h2>
    <p class="prose">${pairedInWords(evaluation) ?? nothing} ${notes.join(' ')}</p>
    <p class="dim small">
      ${where} ${isStale ? html`<b class="stale">From before the last change.</b>` : nothing}
    </p>
    ${statesTable(evaluation, page.state.widthPx < 1180)}
    ${
      model.layers.some(({ data }) => data !== undefined && data.now.alone === undefined)
        ? html`<p class="acts">
            <button class="second" @click=${() => runCommand(page, 'measureSensitivity')}>
              Measure Sensitivity
            </button>
          </p>`
        : nothing
    }
  </section>`;
}

function statesTable(evaluation: EvaluationState, isNarrow: boolean): TemplateResult {
  const isLabelled = hasLabels(evaluation);
  const hasLogits = evaluation.rows.some(({ logitsSqnrDb }) => logitsSqnrDb !== undefined);
  const columns = isNarrow
    ? 'minmax(0, 1fr) 72px 84px 72px'
    : `200px 262px 70px 100px ${isLabelled ? '70px 120px' : '120px'} 130px ${hasLogits ? '130px' : ''}`;
  return html`<div
    class="report states"
    role="table"
    aria-label="States"
    style="grid-template-columns:${columns}"
  >
    <div role="row">
      ${head('State')}
      ${
        isNarrow
          ? nothing
          : html`<span class="head" role="columnheader"
              ><svg width="262" height="14" role="img" aria-label="0 to 100 percent">
                ${axis.ticks.map((tick) => svg`${words(px(axis(tick)), 11, 'tick middle', tick === 1 ? '100 %' : String(Math.round(100 * tick)))}`)}
              </svg></span
            >`
      }
      ${head(isLabelled ? 'Top-1' : 'Agrees', 'end')}${head('95 % interval', 'end')}
      ${
        isNarrow
          ? nothing
          : html`${isLabelled ? head('Top-5', 'end') : nothing}${head('Agrees with float', 'end')}`
      }
      ${head(isNarrow ? 'SQNR, dB' : 'Output SQNR, dB', 'end')}
      ${hasLogits && !isNarrow ? head('Logits SQNR, dB', 'end') : nothing}
    </div>
    <span class="rule" role="presentation"></span>
    ${evaluation.rows.map((row) => stateRow(row, evaluation, isNarrow, hasLogits))}
  </div>`;
}

function stateRow(
  row: EvaluationRow,
  evaluation: EvaluationState,
  isNarrow: boolean,
  hasLogits: boolean,
): TemplateResult {
  const isLabelled = hasLabels(evaluation);
  const cells = evaluationCells(row, evaluation.samples);
  const share = shareOf(row);
  const strong = row.state === 'now' ? 'strong' : '';
  const float = evaluation.rows.find(({ state }) => state === 'float');
  const isLost = share !== undefined && share < 0.5 * (shareOf(float ?? row) ?? 1);
  const look = isLost ? 'lost' : row.state === 'now' ? 'now' : 'other';
  const percentOf = isLabelled
    ? cells.top1
    : share === undefined
      ? '–'
      : `${Math.round(100 * share)} %`;
  return html`<div role="row">
    <span role="cell" class=${strong}>${row.title}</span>
    ${
      isNarrow
        ? nothing
        : html`<span role="cell"
            >${share === undefined ? nothing : intervalBar(share, row.interval, look, axis)}</span
          >`
    }
    <span role="cell" class="end ${strong}">${percentOf}</span>
    <span role="cell" class="end dim">${cells.interval}</span>
    ${
      isNarrow
        ? nothing
        : html`${isLabelled ? html`<span role="cell" class="end">${cells.top5}</span>` : nothing}
            <span role="cell" class="end">${cells.agrees}</span>`
    }
    <span role="cell" class="end">${cells.sqnr}</span>
    ${hasLogits && !isNarrow ? html`<span role="cell" class="end">${cells.logits}</span>` : nothing}
  </div>`;
}

/** What the last repair tried, and what it kept. */
export function repairView(report: RepairReport, isNarrow: boolean): TemplateResult {
  const columns = isNarrow
    ? 'minmax(84px, auto) 90px minmax(0, 1fr)'
    : '120px 110px 150px 170px minmax(0, 1fr)';
  return html`<section aria-label="Repair report">
    <h2 class="strong">Repair report</h2>
    <p class="prose">${report.summary}</p>
    <div
      class="report"
      role="table"
      aria-label="Steps of the repair"
      style="grid-template-columns:${columns}"
    >
      <div role="row">
        ${head('Step')}${head('Verdict')}
        ${isNarrow ? nothing : head('Float outputs move by', 'end')}
        ${head(isNarrow ? 'SQNR, dB' : 'Output SQNR, dB', 'end')}
        ${isNarrow ? nothing : head('What happened')}
      </div>
      <span class="rule" role="presentation"></span>
      ${report.rows.map((row) => repairRow(row, isNarrow))}
    </div>
  </section>`;
}

function repairRow(row: RepairReport['rows'][number], isNarrow: boolean): TemplateResult {
  const { title, isKept, isIdle, beforeDb, afterDb, movedBy, text } = row;
  const verdict = isKept ? 'kept' : isIdle ? 'nothing to do' : 'rolled back';
  return html`<div role="row">
    <span role="cell" class="with-glyph"
      >${glyph(isKept ? 'done' : isIdle ? 'not-needed' : 'refused')}<span>${title}</span></span
    >
    <span role="cell">${verdict}</span>
    ${
      isNarrow
        ? nothing
        : html`<span role="cell" class="end">${movedBy === undefined ? '–' : range(movedBy)}</span>`
    }
    <span role="cell" class="end"
      >${
        afterDb === undefined
          ? '–'
          : html`<span
              ><span class="dim">${decibels(beforeDb)}</span><span class="arrow">→</span
              ><span class=${isKept ? 'strong' : ''}>${decibels(afterDb)}</span></span
            >`
      }</span
    >
    <span role="cell" class="dim ${isNarrow ? 'small whole' : ''}">${text}</span>
  </div>`;
}
