import { html, nothing, svg, type TemplateResult } from 'lit';
import type { LayerRow } from '../../../server/protocol/model.ts';
import { dbDots } from '../../kit/charts/dbDots.ts';
import { px, words } from '../../kit/charts/pieces.ts';
import { decibels, sigmas, span } from '../../kit/numbers.ts';
import { linear, tickText, type Scale } from '../../kit/scales.ts';
import type { CellContent, Column } from '../../kit/table.ts';
import { estimateOf } from './layersModel.ts';
import { dbOf, ownDb, ownWords, type Judged, type OwnFigure } from './dataModel.ts';

/** A column that stands from a width of the table on. */
export interface SizedColumn extends Column<LayerRow> {
  readonly fromPx?: number;
}

/** 0 to 60 dB, as in every row. */
const axis: Scale = linear([0, 60], [6, 62], 3);

const dash = html`<span class="dim">–</span>`;
const two = (title: string, unit: string): TemplateResult =>
  html`${title}<br /><span class="dim">${unit}</span>`;

/** What samples say of a layer: one column of figures that the narrow table has too, and three more. */
export function* dataColumns(
  figure: OwnFigure,
  judged: Judged,
  isNarrow: boolean,
): Generator<SizedColumn> {
  const { head, about } = ownWords(figure, judged);
  if (isNarrow) {
    yield {
      id: 'alone',
      width: '48px',
      head: two(figure === 'alone' ? head : 'Own', 'dB'),
      classes: 'end',
      isSortable: true,
      cell: (row) => orDash(ownDb(row.data?.now, figure)),
      about,
    };
    return;
  }
  yield {
    id: 'activation',
    width: '86px',
    head: two('Activation', 'range'),
    classes: 'end',
    isSortable: true,
    fromPx: 810,
    cell: activationCell,
    about: 'Least and greatest value of the output on the calibration samples',
  };
  yield {
    id: 'alone',
    width: '102px',
    head: axisHead(`${head}, dB`),
    classes: 'draw',
    isSortable: true,
    cell: (row) => ownCell(row, figure),
    about,
  };
  yield {
    id: 'soFar',
    width: '42px',
    head: two('So far', 'dB'),
    classes: 'end',
    isSortable: true,
    cell: soFarCell,
    about: 'SQNR of the layer’s output with everything before it quantized too. Higher is better.',
  };
  yield {
    id: 'bias',
    width: '94px',
    head: two('Bias error', 'mean, σ'),
    classes: 'end',
    isSortable: true,
    fromPx: 710,
    cell: biasCell,
    about:
      'How far rounding moves the mean of a channel, in deviations of its error: mean over the channels, before → now, on samples that were not used to correct',
  };
}

/** What a layer keeps alone, estimated: where there are no samples that measure it. */
export function* estimateColumn(isNarrow: boolean): Generator<SizedColumn> {
  const column = {
    id: 'estimate',
    isSortable: true,
    about:
      'Estimated SQNR of the layer’s output with only its weights rounded, from the weights and the batch norms; hollow: before. Samples measure it. Higher is better.',
  };
  yield isNarrow
    ? {
        ...column,
        width: '48px',
        head: two('Alone ≈', 'dB'),
        classes: 'end',
        cell: (row) => orDash(estimateOf(row)),
      }
    : {
        ...column,
        width: '102px',
        head: axisHead('Alone ≈, dB'),
        classes: 'draw',
        cell: estimateCell,
      };
}

function estimateCell(row: LayerRow): CellContent {
  const before = row.before && dbOf(row.before.estimated);
  return dotsCell(estimateOf(row), before);
}

const orDash = (db: number): CellContent => (Number.isNaN(db) ? dash : decibels(db));

function activationCell({ data }: LayerRow): CellContent {
  const range = data?.now.activation;
  if (!range) return dash;
  const was = data.before?.activation;
  return html`<span title=${was ? `Was ${span(was.min, was.max)}` : nothing}
    >${span(range.min, range.max)}</span
  >`;
}

function ownCell({ data }: LayerRow, figure: OwnFigure): CellContent {
  const now = ownDb(data?.now, figure);
  return dotsCell(data ? now : NaN, data?.before && ownDb(data.before, figure));
}

function dotsCell(now: number, before: number | undefined): CellContent {
  if (Number.isNaN(now)) return html`<span class="dots-number">${dash}</span>`;
  return html`<span class="dots"
    >${dbDots(now, before, axis)}<span class="dots-number">${decibels(now)}</span></span
  >`;
}

function soFarCell({ data }: LayerRow): CellContent {
  const was = data?.before && dbOf(data.before.soFar);
  return html`<span title=${was === undefined ? nothing : `Was ${decibels(was)} dB`}
    >${orDash(dbOf(data?.now.soFar))}</span
  >`;
}

function biasCell({ data }: LayerRow): CellContent {
  const now = data?.now.biasError;
  if (now === undefined) return dash;
  const was = data?.before?.biasError;
  return was === undefined || sigmas(was) === sigmas(now)
    ? sigmas(now)
    : html`<span class="dim">${sigmas(was)}</span><span class="arrow">→</span>${sigmas(now)}`;
}

function axisHead(title: string): TemplateResult {
  return html`<span class="axis-title">${title}</span>
    <svg width=${axis.range[1] + 4} height="14" aria-hidden="true">
      ${axis.ticks.map((tick) => svg`${words(px(axis(tick)), 11, 'tick middle', tickText(tick))}`)}
    </svg>`;
}
