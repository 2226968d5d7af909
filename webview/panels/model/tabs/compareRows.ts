import { html, nothing, type TemplateResult } from 'lit';
import { px, words } from '../../../kit/charts/pieces.ts';
import { dbDots } from '../../../kit/charts/dbDots.ts';
import { mark } from '../../../kit/glyphs.ts';
import { count, decibels } from '../../../kit/numbers.ts';
import { linear } from '../../../kit/scales.ts';
import { revealLayer } from '../actions.ts';
import type { ComparedRow, CompareTable } from '../compareModel.ts';
import { follow } from '../header.ts';
import type { Page } from '../page.ts';

const axis = linear([0, 60], [6, 110], 3);

/** How many layers the table lists before it counts the rest. */
const mostRows = 400;

/** Cells beside the two figures that the table has room and numbers for. */
interface Columns {
  readonly isNarrow: boolean;
  readonly hasFigures: boolean;
  readonly hasShares: boolean;
  readonly hasApart: boolean;
}

/** The layers of both sides, what differs most first. */
export function compareRows(page: Page, table: CompareTable, isNarrow: boolean): TemplateResult {
  const { rows, figure, heads, hasShares } = table;
  const columns: Columns = {
    isNarrow,
    hasFigures: figure !== 'apart',
    hasShares: hasShares && !isNarrow,
    hasApart: rows.some(({ apart }) => apart !== undefined) && (!isNarrow || figure === 'apart'),
  };
  const rest = rows.length - mostRows;
  return html`<div
      class="report compare"
      role="table"
      aria-label="Layers compared"
      style="grid-template-columns:${widthsOf(columns)}"
    >
      ${headRow(columns, heads, figure)}
      <span class="rule" role="presentation"></span>
      ${rows.slice(0, mostRows).map((row) => rowView(page, row, columns))}
    </div>
    ${
      rest > 0 ? html`<p class="dim small">and ${count(rest)} more that differ less</p>` : nothing
    }`;
}

const widthsOf = ({ isNarrow, hasFigures, hasShares, hasApart }: Columns): string =>
  [
    `10px ${isNarrow || !hasFigures ? 'minmax(0, 1fr)' : 'fit-content(360px)'}`,
    ...(isNarrow ? [] : ['90px']),
    ...(hasFigures ? [isNarrow ? '60px 60px 60px' : '118px 72px 72px 64px'] : []),
    ...(hasApart ? ['76px'] : []),
    ...(hasShares ? ['84px 100px minmax(150px, 1fr)'] : []),
  ].join(' ');

const head = (text: string, classes = '', title = text): TemplateResult =>
  html`<span role="columnheader" class="head ${classes}" title=${title}
    ><span class="cut">${text}</span></span
  >`;

function headRow(
  { isNarrow, hasFigures, hasShares, hasApart }: Columns,
  [first, second]: readonly [string, string],
  figure: CompareTable['figure'],
): TemplateResult {
  return html`<div role="row">
    <span role="columnheader" class="head"><span class="for-readers">Mark</span></span
    >${head('Layer')}${isNarrow ? nothing : head('Operator')}
    ${
      hasFigures
        ? html`${isNarrow ? nothing : axisHead(figure)}${head(sentence(first), 'end')}${head(sentence(second), 'end')}${head(`Gain, dB${figure === 'apart' ? '' : ' ↓'}`, 'end', 'Difference of both, the largest first')}`
        : nothing
    }
    ${hasApart ? head('Apart, dB', 'end', 'SQNR of the second model’s weights against the first’s') : nothing}
    ${
      hasShares
        ? html`${head('Weights only', 'end')}${head('Activations only', 'end')}${head('What holds it back now')}`
        : nothing
    }
  </div>`;
}

/** What the dots of all rows are read by. */
const axisHead = (figure: CompareTable['figure']): TemplateResult =>
  html`<span role="columnheader" class="head axis-head">
    ${figure === 'soFar' ? 'So far, dB' : 'Weights, dB'}
    <svg width="118" height="14" aria-hidden="true">
      ${axis.ticks.map((tick) => words(px(axis(tick)), 11, 'tick middle', String(tick)))}
    </svg>
  </span>`;

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function rowView(page: Page, row: ComparedRow, columns: Columns): TemplateResult {
  const { first, second, gain, weights, activations, holds, apart } = row;
  const { isNarrow, hasFigures, hasShares, hasApart } = columns;
  const sign = gain > 0 ? '+' : '';
  const axisNow = Number.isNaN(second) ? first : second;
  const axisBefore = Number.isNaN(second) ? undefined : first;
  const isCurrent = row.layer !== undefined && row.layer === page.state.kept.current;
  return html`<div role="row" class=${isCurrent ? 'current' : nothing}>
    <span role="cell">${row.mark ? mark(row.mark) : nothing}</span>
    <span role="cell" class="pair" title=${titleOf(row)}>${nameOf(page, row)}</span>
    ${isNarrow ? nothing : html`<span role="cell" class="dim">${row.operator}</span>`}
    ${
      hasFigures
        ? html`${isNarrow ? nothing : html`<span role="cell">${dbDots(axisNow, axisBefore, axis)}</span>`}
            <span role="cell" class="end dim">${decibels(first)}</span>
            <span role="cell" class="end">${decibels(second)}</span>
            <span role="cell" class="end ${gain < 0 ? 'bad' : ''}">${sign}${decibels(gain)}</span>`
        : nothing
    }
    ${hasApart ? html`<span role="cell" class="end">${apartText(apart)}</span>` : nothing}
    ${
      hasShares
        ? html`<span role="cell" class="end">${decibels(weights)}</span>
            <span role="cell" class="end">${decibels(activations)}</span>
            <span role="cell" class="dim">${holds}</span>`
        : nothing
    }
  </div>`;
}

/** From here on weights differ by the rounding of float32 itself: 6 dB for each of its 24 bits. */
const sameDb = 120;

const apartText = (apart: number | undefined): string =>
  apart !== undefined && apart > sameDb ? 'same' : decibels(apart);

const titleOf = ({ name, otherName }: ComparedRow): string =>
  otherName === undefined ? name : `${name}, on the second side ${otherName}`;

function nameOf(page: Page, { name, otherName, layer }: ComparedRow): TemplateResult {
  const short = page.names().name(name);
  return html`${
    layer === undefined
      ? html`<span class="cut">${short}</span>`
      : html`<a class="cut" href="#" @click=${follow(() => revealLayer(page, layer))}>${short}</a>`
  }${otherName === undefined ? nothing : html`<span class="cut dim small">${otherName}</span>`}`;
}
