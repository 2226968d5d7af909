import { fromWire, toWire, type WireNumber } from '../../protocol/wire.ts';
import { db } from '../figures.ts';
import type { LegendEntry, Picture } from './frame.ts';
import * as keys from './keys.ts';
import { dotAt, ink, line, words } from './marks.ts';
import { plotPx, rowMiddle, rowsBody, type Row } from './rows.ts';
import { linear, type Scale } from './scale.ts';

/** What a layer should keep (panels.md 4). */
const limitDb = 20;

/** A figure in dB of one layer in two states; NaN where it is not known. */
export interface DbRow {
  readonly name: string;
  readonly now: number;
  readonly before: number;
  /** Why there is no figure, where that is known. */
  readonly missing?: string | undefined;
}

interface DbLook {
  /** What keeps less than 20 dB is drawn as something that hurts. */
  readonly hasLimit: boolean;
  /** What hollow and filled stand for. */
  readonly states: readonly [before: LegendEntry, now: LegendEntry];
}

/** Figures in dB as rows: hollow before, filled now, red below what a layer should keep. */
export function dbRows(
  rows: readonly DbRow[],
  { hasLimit, states: [before, now] }: DbLook,
): Pick<Picture, 'legend' | 'body'> {
  const values = rows.flatMap((row) => [row.now, row.before]);
  const scale = dbScale(values);
  const hurts = (value: number): boolean => hasLimit && value < limitDb;
  const hasBefore = rows.some((row) => !Number.isNaN(row.before));
  const hasHurt = rows.some((row) => hurts(row.now));
  const hasBeyond = values.some((value) => value > scale.high || value < scale.low);
  return {
    legend: [
      ...(hasBefore ? [now, before] : hasHurt ? [keys.enough] : []),
      ...(hasHurt ? [keys.hurts] : []),
      ...(hasLimit ? [keys.limit] : []),
      ...(hasBeyond ? [keys.beyond] : []),
    ],
    body: rowsBody(
      rows.map((row) => ({
        name: row.name,
        marks: Number.isNaN(row.now)
          ? missing(row.missing)
          : dbMarks(row.now, row.before, scale, hurts(row.now)),
        figures: changed(row.before, row.now, db),
      })),
      { scale, label: 'SQNR, dB', ...(hasLimit ? { limit: limitDb } : {}) },
      'dB',
    ),
  };
}

/** What stands in a row without figures. */
export const missing = (why = 'not measured'): Row['marks'] => [
  words(4, rowMiddle + 4, why, { fill: ink.dim }),
];

/** A figure as a number; NaN where there is none. */
export const dbOf = (value: WireNumber | undefined): number =>
  value === undefined ? NaN : fromWire(value);

/** `12.3 → 34.5`, or one figure where there is nothing to compare it with. */
export function changed(before: number, now: number, text: (value: WireNumber) => string): string {
  if (Number.isNaN(now)) return '–';
  const [was, is] = [text(toWire(before)), text(toWire(now))];
  return Number.isNaN(before) || was === is ? is : `${was} → ${is}`;
}

/** Whole tens around the figures, 0 to 60 dB at least and −20 to 100 dB at most. */
export function dbScale(values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), 0);
  const high = finite.reduce((most, value) => Math.max(most, value), 60);
  const from = 10 * Math.floor(Math.max(-20, low) / 10);
  return linear(from, 10 * Math.ceil(Math.min(100, high) / 10), plotPx, 10);
}

/** Hollow as it was, filled as it is, a line between the two. */
export function dbMarks(now: number, before: number, scale: Scale, isBad: boolean): Row['marks'] {
  const colour = isBad ? ink.bad : ink.now;
  const ends: readonly [number, number] = [scale(before), scale(now)];
  return [
    ...(Number.isNaN(before)
      ? []
      : [
          line([ends[0], rowMiddle], [ends[1], rowMiddle], colour, { width: 1.5 }),
          dotAt(before, scale, rowMiddle, ink.dim, true),
        ]),
    dotAt(now, scale, rowMiddle, colour),
  ];
}
