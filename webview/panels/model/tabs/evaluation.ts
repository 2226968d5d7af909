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
import { decibels, plural, range } from '../../../kit/numbers.ts';
import type { Scale } from '../../../kit/scales.ts';
import { runCommand } from '../actions.ts';
import {
  evaluationCells,
  evaluationHeadline,
  hasLabels,
  hasLogits,
  intervalAxis,
  judgedBy,
  lookOf,
  pairedInWords,
  repairVerdict,
  shareOf,
} from '../evaluationModel.ts';
import type { Page } from '../page.ts';

/** Width of the chart of intervals: what the columns beside it leave, within bounds. */
const chartPx = (widthPx: number, room: Room, hasBoth: boolean): number => {
  const othersPx = room === 'wide' && hasBoth ? 972 : 670;
  return Math.min(262, Math.max(150, widthPx - othersPx));
};
/** Below the first the chart and what says least is left out; from the second on there is room. */
const leastPx = { medium: 800, wide: 1180 } as const;

/** How much of the table of states a page has room for. */
type Room = 'narrow' | 'medium' | 'wide';

const roomFor = (widthPx: number): Room =>
  widthPx < leastPx.medium ? 'narrow' : widthPx < leastPx.wide ? 'medium' : 'wide';

const head = (text: string, classes = ''): TemplateResult =>
  html`<span class="head ${classes}" role="columnheader">${text}</span>`;

/** Is it safe, on samples: float, as opened and now, judged on the same ones. */
export function evaluationView(
  page: Page,
  model: ModelState,
  evaluation: EvaluationState,
): TemplateResult {
  const { notes, isStale, isSynthetic, samples, source, targetLabel } = evaluation;
  const judgedBy = hasLogits(evaluation)
    ? ' Steps and remedies are judged by the logits: what the last Softmax or Sigmoid reads.'
    : '';
  const where = `${plural(samples, isSynthetic ? 'synthetic input that judges' : 'sample that judges', isSynthetic ? 'synthetic inputs that judge' : 'samples that judge')}, ${source}, for ${targetLabel}.${judgedBy}`;
  return html`<section aria-label="Judged on samples">
    <h2 class="strong">${evaluationHeadline(evaluation)}</h2>
    <p class="prose">${pairedInWords(evaluation) ?? nothing} ${notes.join(' ')}</p>
    <p class="dim small">
      ${where} ${isStale ? html`<b class="stale">From before the last change.</b>` : nothing}
    </p>
    ${statesTable(evaluation, page.state.widthPx)}
    ${
      model.layers.some(({ data }) => data !== undefined && data.now.alone === undefined)
        ? html`<p class="acts">
            <button class="second" @click=${() => runCommand(page, 'measureSensitivity')}>
              Measure sensitivity
            </button>
          </p>`
        : nothing
    }
  </section>`;
}

function statesTable(evaluation: EvaluationState, widthPx: number): TemplateResult {
  const room = roomFor(widthPx);
  const isLabelled = hasLabels(evaluation);
  const hasBoth = hasLogits(evaluation);
  const isNarrow = room === 'narrow';
  const axis = isNarrow ? undefined : intervalAxis(chartPx(widthPx, room, hasBoth));
  return html`<div
    class="report states ${room}"
    role="table"
    aria-label="States"
    style="grid-template-columns:${columnsFor(room, isLabelled, hasBoth, axis)}"
  >
    <div role="row">
      ${head('State')}
      ${
        axis === undefined
          ? nothing
          : html`<span class="head" role="columnheader"
              ><svg
                width=${axis.range[1] + 28}
                height="14"
                role="img"
                aria-label="0 to 100 percent"
              >
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
      ${hasBoth ? head('Logits SQNR, dB', 'end') : nothing} ${head('Output SQNR, dB', 'end')}
    </div>
    <span class="rule" role="presentation"></span>
    ${evaluation.rows.map((row) => stateRow(row, evaluation, axis, hasBoth))}
  </div>`;
}

function columnsFor(
  room: Room,
  isLabelled: boolean,
  hasBoth: boolean,
  axis: Scale | undefined,
): string {
  const [state, share, interval, top5, agrees, sqnr] = {
    narrow: ['minmax(0, 1fr)', '52px', '66px', '', '', '56px'],
    medium: ['minmax(96px, 1fr)', '56px', '72px', '56px', '84px', '76px'],
    wide: ['minmax(200px, max-content)', '70px', '100px', '70px', '120px', '130px'],
  }[room];
  return [
    state,
    ...(axis ? [`${axis.range[1] + 28}px`] : []),
    share,
    interval,
    ...(axis ? [...(isLabelled ? [top5] : []), agrees] : []),
    sqnr,
    ...(hasBoth ? [sqnr] : []),
  ].join(' ');
}

function stateRow(
  row: EvaluationRow,
  evaluation: EvaluationState,
  axis: Scale | undefined,
  hasBoth: boolean,
): TemplateResult {
  const isLabelled = hasLabels(evaluation);
  const cells = evaluationCells(row, evaluation.samples);
  const share = shareOf(row);
  const strong = row.state === 'now' ? 'strong' : '';
  const percentOf = isLabelled
    ? cells.top1
    : share === undefined
      ? '–'
      : `${Math.round(100 * share)} %`;
  return html`<div role="row">
    <span role="cell" class=${strong}>${row.title}</span>
    ${
      axis === undefined
        ? nothing
        : html`<span role="cell"
            >${share === undefined ? nothing : intervalBar(share, row.interval, lookOf(row, evaluation), axis)}</span
          >`
    }
    <span role="cell" class="end ${strong}">${percentOf}</span>
    <span role="cell" class="end dim">${cells.interval}</span>
    ${
      axis === undefined
        ? nothing
        : html`${isLabelled ? html`<span role="cell" class="end">${cells.top5}</span>` : nothing}
            <span role="cell" class="end">${cells.agrees}</span>`
    }
    ${hasBoth ? html`<span role="cell" class="end ${strong}">${cells.logits}</span>` : nothing}
    <span role="cell" class="end ${hasBoth ? '' : strong}">${cells.sqnr}</span>
  </div>`;
}

/** What the last repair tried, and what it kept; of an opened file that is what it recorded. */
export function repairView(
  report: RepairReport,
  isNarrow: boolean,
  isRecorded = false,
): TemplateResult {
  const columns = isNarrow
    ? 'minmax(84px, auto) 90px minmax(0, 1fr)'
    : '120px 110px 150px 170px minmax(0, 1fr)';
  const title = isRecorded ? 'Recorded repair report' : 'Repair report';
  return html`<section aria-label=${title}>
    <h2 class="strong">${title}</h2>
    <p class="prose">${report.summary}</p>
    ${report.note === undefined ? nothing : html`<p class="prose">${report.note}</p>`}
    <div
      class="report"
      role="table"
      aria-label="Steps of the repair"
      style="grid-template-columns:${columns}"
    >
      <div role="row">
        ${head('Step')}${head('Verdict')}
        ${isNarrow ? nothing : head('Float outputs move by', 'end')}
        ${head(`${judgedBy(report)}, dB`, 'end')} ${isNarrow ? nothing : head('What happened')}
      </div>
      <span class="rule" role="presentation"></span>
      ${report.rows.map((row) => repairRow(row, isNarrow))}
    </div>
  </section>`;
}

function repairRow(row: RepairReport['rows'][number], isNarrow: boolean): TemplateResult {
  const { title, isKept, isIdle, isWithCorrection, beforeDb, afterDb, movedBy, text } = row;
  return html`<div role="row">
    <span role="cell" class="with-glyph"
      >${glyph(isKept ? 'done' : isIdle ? 'not-needed' : 'refused')}<span>${title}</span></span
    >
    <span role="cell">${repairVerdict(row)}</span>
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
              ><span class=${isKept ? 'strong' : ''}>${decibels(afterDb)}</span>${
                isWithCorrection ? html`<br /><span class="dim small">with Correct</span>` : nothing
              }</span
            >`
      }</span
    >
    <span role="cell" class="dim ${isNarrow ? 'small whole' : ''}">${text}</span>
  </div>`;
}
