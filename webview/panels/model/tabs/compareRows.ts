import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { CompareFigure } from '../../../../server/protocol/compare.ts';
import { px, words } from '../../../kit/charts/pieces.ts';
import { dbDots } from '../../../kit/charts/dbDots.ts';
import { cutApart, cutInMiddle } from '../../../kit/cutNames.ts';
import { mark } from '../../../kit/glyphs.ts';
import { count, decibels } from '../../../kit/numbers.ts';
import { linear } from '../../../kit/scales.ts';
import { revealLayer } from '../actions.ts';
import { dotsOf, isSameWeight, type ComparedRow, type CompareTable } from '../compareModel.ts';
import { follow } from '../header.ts';
import { comparedMarkInWords } from '../limits.ts';
import type { ComparedNames } from '../compareNames.ts';
import type { Page } from '../page.ts';

const axis = linear([0, 60], [6, 110], 3);

/** How many layers the table lists before it counts the rest. */
const mostRows = 400;

/** Cells beside the two figures that the table has room and numbers for. */
interface Columns {
  readonly isNarrow: boolean;
  /** Width of a figure, and of those of both sides, in pixels. */
  readonly figurePx: number;
  readonly sidePx: number;
  readonly hasFigures: boolean;
  readonly hasDots: boolean;
  readonly hasShares: boolean;
  readonly hasApart: boolean;
}

/** The layers of both sides, what differs most first. */
export function compareRows(page: Page, table: CompareTable, names: ComparedNames): TemplateResult {
  const { rows, figure, heads } = table;
  const { widthPx } = page.state;
  const columns = columnsOf(table, widthPx);
  const shown = rows.slice(0, mostRows);
  const widest = Math.max(...shown.map((row) => lengthOf(row, names)));
  const drawn = shown.slice(0, page.comparedRows.of(shown.length));
  const cells = namesIn(drawn, names, nameLetters(columns, widest, widthPx));
  const rest = rows.length - drawn.length;
  return html`<div
      class="report compare"
      role="table"
      aria-label="Layers compared"
      aria-rowcount=${rows.length + 1}
      style="grid-template-columns:${widthsOf(columns, widest)}"
    >
      ${headRow(columns, heads, figure)}
      <span class="rule" role="presentation"></span>
      ${drawn.map((row, at) => rowView(page, row, columns, cells[at], figure))}
    </div>
    <p class="dim small" ${ref(page.comparedRows.attach)}>
      ${rest > 0 ? `and ${count(rest)} more that differ less` : nothing}
    </p>`;
}

/** What a layer's name has at the least, and at the most where there is room. */
const namePx = [120, 360] as const;
const gapPx = 16;
/** Of the table: `.report` is no wider, and the page has margins. */
const roomIn = (widthPx: number): number => Math.min(1180, widthPx - 56);

/** Names come first: where they have no room, the dots go, which are the figures again; then the rest. */
export function columnsOf(
  { rows, figure, hasShares, heads }: Pick<CompareTable, 'rows' | 'figure' | 'hasShares' | 'heads'>,
  widthPx: number,
): Columns {
  const isNarrow = widthPx < 980;
  const isApart = figure === 'apart';
  const figurePx = isNarrow ? (widthPx < 440 ? 52 : 66) : 72;
  const whole: Columns = {
    isNarrow,
    figurePx,
    sidePx: figurePx,
    hasFigures: !isApart,
    hasDots: !isApart && !isNarrow,
    hasShares: hasShares && !isNarrow,
    hasApart: rows.some(({ apart }) => apart !== undefined) && (!isNarrow || isApart),
  };
  // Long names of both sides are given room where that costs no column.
  const longest = Math.max(...heads.map((one) => one.length));
  const broad = { ...whole, sidePx: longest > lettersIn(figurePx) ? 88 : figurePx };
  const withoutDots = { ...whole, hasDots: false };
  const tries = [
    ...(isNarrow ? [] : [broad]),
    whole,
    withoutDots,
    { ...withoutDots, hasApart: isApart },
  ];
  return tries.find((one) => leastPx(one) <= roomIn(widthPx)) ?? withoutDots;
}

/** All columns but that of the name, in pixels. */
const othersOf = ({
  isNarrow,
  figurePx,
  sidePx,
  hasFigures,
  hasDots,
  hasShares,
  hasApart,
}: Columns): number[] => [
  10,
  ...(isNarrow ? [] : [90]),
  ...(hasDots ? [118] : []),
  ...(hasFigures ? [sidePx, sidePx, figurePx] : []),
  ...(hasApart ? [76] : []),
  ...(hasShares ? [84, 100, 150] : []),
];

function leastPx(columns: Columns): number {
  const others = othersOf(columns);
  return others.reduce((sum, px) => sum + px + gapPx, namePx[0]);
}

/** Of a letter, on the broad side. */
const letterPx = 7.5;

/** What names take, of which the longest has so many letters. */
const wantedPx = (widest: number): number =>
  Math.min(namePx[1], Math.max(namePx[0], Math.ceil(widest * letterPx)));

/** `widest`: of the names, in letters; more than they take is not given to them. */
function widthsOf(columns: Columns, widest: number): string {
  const { isNarrow, hasFigures, hasShares } = columns;
  const [mark, ...others] = othersOf(columns).map((one) => `${one}px`);
  const name = isNarrow || !hasFigures ? '1fr' : `${wantedPx(widest)}px`;
  const last = hasShares ? ['minmax(150px, 1fr)'] : [];
  const fixed = hasShares ? others.slice(0, -1) : others;
  return [mark, `minmax(${namePx[0]}px, ${name})`, ...fixed, ...last].join(' ');
}

const lengthOf = ({ name, otherName }: ComparedRow, { first, second }: ComparedNames): number =>
  first(name).length + (otherName === undefined ? 0 : 2 + second(otherName).length);

/** About as many letters as a name has room for. */
function nameLetters(columns: Columns, widest: number, widthPx: number): number {
  const room = roomIn(widthPx) - leastPx(columns) + namePx[0];
  const most = columns.isNarrow || !columns.hasFigures ? room : wantedPx(widest);
  return Math.floor(Math.max(namePx[0], Math.min(room, most)) / letterPx);
}

/** What a row calls its layer on both sides, cut where it tells layers apart. */
interface NameCell {
  readonly first: string;
  readonly second: string;
}

function namesIn(
  rows: readonly ComparedRow[],
  { first, second }: ComparedNames,
  letters: number,
): readonly NameCell[] {
  const all = rows.map(({ name }) => first(name));
  const [whole, halves] = [letters, Math.floor(letters / 2)].map((most) => cutApart(all, most));
  return rows.map(({ otherName }, at) => {
    if (otherName === undefined) return { first: whole?.[at] ?? '', second: '' };
    // Two names in one cell: the second has what the first one leaves.
    const own = halves?.[at] ?? '';
    const rest = Math.max(6, letters - own.length - 2);
    return { first: own, second: cutInMiddle(second(otherName), rest) };
  });
}

/** How many letters a head of this width shows. */
const lettersIn = (widthPx: number): number => Math.floor(widthPx / 6.4);

const head = (text: string, classes = '', title = text): TemplateResult =>
  html`<span role="columnheader" class="head ${classes}" title=${title}
    ><span class="cut">${text}</span></span
  >`;

function headRow(
  { isNarrow, sidePx, hasFigures, hasDots, hasShares, hasApart }: Columns,
  heads: readonly [string, string],
  figure: CompareTable['figure'],
): TemplateResult {
  const [first = '', second = ''] = cutApart(heads, lettersIn(sidePx));
  return html`<div role="row">
    <span role="columnheader" class="head"><span class="for-readers">Mark</span></span
    >${head('Layer')}${isNarrow ? nothing : head('Operator')}
    ${
      hasFigures
        ? html`${hasDots ? axisHead(figure) : nothing}${head(first, 'end', heads[0])}${head(second, 'end', heads[1])}${head(`Gain, dB${figure === 'apart' ? '' : ' ↓'}`, 'end', 'Difference of both, the largest first')}`
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

function rowView(
  page: Page,
  row: ComparedRow,
  columns: Columns,
  names: NameCell | undefined,
  figure: CompareFigure,
): TemplateResult {
  const { first, second, gain, weights, activations, holds } = row;
  const { isNarrow, hasFigures, hasDots, hasShares, hasApart } = columns;
  const sign = gain > 0 ? '+' : '';
  const isCurrent = row.layer !== undefined && row.layer === page.state.kept.current;
  return html`<div role="row" class=${isCurrent ? 'current' : nothing}>
    <span role="cell"
      >${row.mark ? mark(row.mark, comparedMarkInWords(row.mark, figure)) : nothing}</span
    >
    <span role="cell" class="pair" title=${titleOf(row)}>${nameOf(page, row, names)}</span>
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

function nameOf(
  page: Page,
  { otherName, layer }: ComparedRow,
  { first, second }: NameCell = { first: '', second: '' },
): TemplateResult {
  return html`${
    layer === undefined
      ? html`<span class="cut">${first}</span>`
      : html`<a class="cut" href="#" @click=${follow(() => revealLayer(page, layer))}>${first}</a>`
  }${otherName === undefined ? nothing : html`<span class="cut dim small">${second}</span>`}`;
}
