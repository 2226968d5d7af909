import type { Markup } from '../markup.ts';
import { html } from '../markup.ts';
import { ink, line, widthOf, words } from './marks.ts';
import type { Body } from './frame.ts';
import { px, tickText, type Scale } from './scale.ts';

/** A row of a chart: what it is called, what is drawn of it around `rowMiddle`, and its figures. */
export interface Row {
  readonly name: string;
  readonly marks: readonly Markup[];
  readonly figures: string;
}

/** The axis that all rows share. */
export interface Axis {
  readonly scale: Scale;
  /** What is on it, with its unit. */
  readonly label: string;
  readonly tick?: (value: number) => string;
  /** Where a dashed line goes down. */
  readonly limit?: number;
}

/** Length of the axis of every chart of rows. */
export const plotPx = 420;
const rowPx = 20;
/** Where the marks of a row are drawn. */
export const rowMiddle = rowPx / 2;
const headPx = 18;
/** Names longer than this are cut in the middle. */
const mostLetters = 56;
const gap = 10;

/** Rows under each other: names at the left, marks on one axis, figures at the right. */
export function rowsBody(rows: readonly Row[], axis: Axis, figuresHead: string): Body {
  const names = rows.map(({ name }) => shortened(name));
  const widest = (texts: readonly string[]): number =>
    texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
  const left = px(widest(names) + gap);
  const figuresAt = left + plotPx + 3 * gap;
  const bottom = headPx + rowPx * rows.length;
  const { scale, label, tick = tickText, limit } = axis;
  const isTall = rows.length > 20;
  const ticks = scale.ticks.map((value) => {
    const x = left + scale(value);
    const text = tick(value);
    return [
      line([x, headPx], [x, bottom + 4], ink.line),
      words(x, bottom + 16, text, { anchor: 'middle', fill: ink.dim }),
      ...(isTall ? [words(x, headPx - 5, text, { anchor: 'middle', fill: ink.dim })] : []),
    ];
  });
  const drawn = rows.map(
    ({ marks, figures }, at) =>
      html`<g class="row" transform="translate(${left} ${headPx + rowPx * at})"
        >${words(-gap, rowMiddle + 4, names[at] ?? '', { anchor: 'end' })}${marks}${words(plotPx + 3 * gap, rowMiddle + 4, figures)}</g
      > `,
  );
  const limitAt = limit === undefined ? undefined : left + scale(limit);
  return {
    width: figuresAt + Math.max(widest(rows.map(({ figures }) => figures)), widthOf(figuresHead)),
    height: bottom + 36,
    marks: [
      ...ticks.flat(),
      line([left, bottom], [left + plotPx, bottom], ink.dim),
      ...(limitAt === undefined
        ? []
        : [line([limitAt, headPx], [limitAt, bottom], ink.dim, { dashes: '3 3' })]),
      words(figuresAt, headPx - 5, figuresHead, { fill: ink.dim }),
      ...drawn,
      words(left + plotPx / 2, bottom + 32, label, { anchor: 'middle' }),
    ],
    spoken: rows
      .map(({ name, figures }) => `${name}: ${figures === '' ? '–' : figures}.`)
      .join(' '),
  };
}

/** A name that fits, with its end, which tells layers apart. */
export const shortened = (name: string, most = mostLetters): string =>
  name.length <= most
    ? name
    : `${name.slice(0, Math.floor(most / 2) - 4)}…${name.slice(-Math.ceil(most / 2) - 3)}`;
