import { html, nothing, type TemplateResult } from 'lit';
import { px, words } from '../../../kit/charts/pieces.ts';
import { dbDots } from '../../../kit/charts/dbDots.ts';
import { mark } from '../../../kit/glyphs.ts';
import { count, decibels } from '../../../kit/numbers.ts';
import { linear } from '../../../kit/scales.ts';
import { revealLayer } from '../actions.ts';
import { dotsOf, isSameWeight, type ComparedRow, type CompareTable } from '../compareModel.ts';
import { follow } from '../header.ts';
import type { Page } from '../page.ts';

const axis = linear([0, 60], [6, 110], 3);

/** How many layers the table lists before it counts the rest. */
const mostRows = 400;

/** Cells beside the two figures that the table has room and numbers for. */
interface Columns {
  readonly isNarrow: boolean;
  /** Width of a figure, in pixels. */
  readonly figurePx: number;
  readonly hasFigures: boolean;
  readonly hasDots: boolean;
  readonly hasShares: boolean;
  readonly hasApart: boolean;
}

/** The layers of both sides, what differs most first. */
export function compareRows(page: Page, table: CompareTable): TemplateResult {
  const { rows, figure, heads } = table;
  const columns = columnsOf(table, page.state.widthPx);
  const widest = Math.max(...rows.map((row) => lengthOf(page, row)));
  const rest = rows.length - mostRows;
  return html`<div
      class="report compare"
      role="table"
      aria-label="Layers compared"
      style="grid-template-columns:${widthsOf(columns, widest)}"
    >
      ${headRow(columns, heads, figure)}
      <span class="rule" role="presentation"></span>
      ${rows.slice(0, mostRows).map((row) => rowView(page, row, columns))}
    </div>
    ${
      rest > 0 ? html`<p class="dim small">and ${count(rest)} more that differ less</p>` : nothing
    }`;
}

/** What a layer's name has at the least, and at the most where there is room. */
const namePx = [120, 360] as const;
const gapPx = 16;
/** Of the table: `.report` is no wider, and the page has margins. */
const roomIn = (widthPx: number): number => Math.min(1180, widthPx - 56);

/** Names come first: where they have no room, the dots go, which are the figures again; then the rest. */
export function columnsOf(
  { rows, figure, hasShares }: Pick<CompareTable, 'rows' | 'figure' | 'hasShares'>,
  widthPx: number,
): Columns {
  const isNarrow = widthPx < 980;
  const isApart = figure === 'apart';
  const whole: Columns = {
    isNarrow,
    figurePx: isNarrow ? (widthPx < 440 ? 52 : 66) : 72,
    hasFigures: !isApart,
    hasDots: !isApart && !isNarrow,
    hasShares: hasShares && !isNarrow,
    hasApart: rows.some(({ apart }) => apart !== undefined) && (!isNarrow || isApart),
  };
  const withoutDots = { ...whole, hasDots: false };
  const tries = [whole, withoutDots, { ...withoutDots, hasApart: isApart }];
  return tries.find((one) => leastPx(one) <= roomIn(widthPx)) ?? withoutDots;
}

/** All columns but that of the name, in pixels. */
const othersOf = ({
  isNarrow,
  figurePx,
  hasFigures,
  hasDots,
  hasShares,
  hasApart,
}: Columns): number[] => [
  10,
  ...(isNarrow ? [] : [90]),
  ...(hasDots ? [118] : []),
  ...(hasFigures ? [figurePx, figurePx, figurePx] : []),
  ...(hasApart ? [76] : []),
  ...(hasShares ? [84, 100, 150] : []),
];

function leastPx(columns: Columns): number {
  const others = othersOf(columns);
  return others.reduce((sum, px) => sum + px + gapPx, namePx[0]);
}

/** `widest`: of the names, in characters; more than they take is not given to them. */
function widthsOf(columns: Columns, widest: number): string {
  const { isNarrow, hasFigures, hasShares } = columns;
  const [mark, ...others] = othersOf(columns).map((one) => `${one}px`);
  const wanted = Math.min(namePx[1], Math.max(namePx[0], Math.ceil(widest * 7.5)));
  const name = isNarrow || !hasFigures ? '1fr' : `${wanted}px`;
  const last = hasShares ? ['minmax(150px, 1fr)'] : [];
  const fixed = hasShares ? others.slice(0, -1) : others;
  return [mark, `minmax(${namePx[0]}px, ${name})`, ...fixed, ...last].join(' ');
}

const lengthOf = (page: Page, { name, otherName = '' }: ComparedRow): number =>
  page.names().name(name).length + otherName.length + (otherName === '' ? 0 : 2);

const head = (text: string, classes = '', title = text): TemplateResult =>
  html`<span role="columnheader" class="head ${classes}" title=${title}
    ><span class="cut">${text}</span></span
  >`;

function headRow(
  { isNarrow, hasFigures, hasDots, hasShares, hasApart }: Columns,
  [first, second]: readonly [string, string],
  figure: CompareTable['figure'],
): TemplateResult {
  return html`<div role="row">
    <span role="columnheader" class="head"><span class="for-readers">Mark</span></span
    >${head('Layer')}${isNarrow ? nothing : head('Operator')}
    ${
      hasFigures
        ? html`${hasDots ? axisHead(figure) : nothing}${head(first, 'end')}${head(second, 'end')}${head(`Gain, dB${figure === 'apart' ? '' : ' ↓'}`, 'end', 'Difference of both, the largest first')}`
        : nothing
    }
    ${hasApart ? head('Apart, dB', 'end', 'SQNR of the second model’s weights against the first’s; rescaled: they differ by factors of channels alone') : nothing}
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

function rowView(page: Page, row: ComparedRow, columns: Columns): TemplateResult {
  const { first, second, gain, weights, activations, holds } = row;
  const { isNarrow, hasFigures, hasDots, hasShares, hasApart } = columns;
  const sign = gain > 0 ? '+' : '';
  const isCurrent = row.layer !== undefined && row.layer === page.state.kept.current;
  return html`<div role="row" class=${isCurrent ? 'current' : nothing}>
    <span role="cell">${row.mark ? mark(row.mark) : nothing}</span>
    <span role="cell" class="pair" title=${titleOf(row)}>${nameOf(page, row)}</span>
    ${isNarrow ? nothing : html`<span role="cell" class="dim">${row.operator}</span>`}
    ${
      hasFigures
        ? html`${!hasDots ? nothing : html`<span role="cell">${dbDots(...dotsOf(row), axis)}</span>`}
            <span role="cell" class="end dim">${decibels(first)}</span>
            <span role="cell" class="end">${decibels(second)}</span>
            <span role="cell" class="end ${gain < 0 ? 'bad' : ''}">${sign}${decibels(gain)}</span>`
        : nothing
    }
    ${hasApart ? apartCell(row) : nothing}
    ${
      hasShares
        ? html`<span role="cell" class="end">${decibels(weights)}</span>
            <span role="cell" class="end">${decibels(activations)}</span>
            <span role="cell" class="dim">${holds}</span>`
        : nothing
    }
  </div>`;
}

/** Weights that have factors of channels are far apart in dB, and yet nothing is lost. */
function apartCell({ apart, isRescaled }: ComparedRow): TemplateResult {
  if (!isRescaled) {
    return html`<span role="cell" class="end"
      >${isSameWeight(apart) ? 'same' : decibels(apart)}</span
    >`;
  }
  const title = `${decibels(apart)} dB apart, by factors of channels alone: the same but for scales`;
  return html`<span role="cell" class="end" title=${title}>rescaled</span>`;
}

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
