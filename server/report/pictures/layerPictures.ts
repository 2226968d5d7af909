import type { LayerFigures, LayerRow } from '../../protocol/model.ts';
import { fromWire, type WireNumber } from '../../protocol/wire.ts';
import { count, size, times } from '../figures.ts';
import { worthOf } from '../layerSection.ts';
import type { ReportInput } from '../reportInput.ts';
import { changed, dbMarks, dbOf, dbRows, missing } from './dbRows.ts';
import type { Picture } from './frame.ts';
import * as keys from './keys.ts';
import { bar, ink, line, words } from './marks.ts';
import { plotPx, rowMiddle, rowsBody, type Row } from './rows.ts';
import { decades, linear, roundStep, type Scale } from './scale.ts';

/** More rows than these are looked at by nobody. */
export const mostRows = 400;

/** The layers that are drawn, in the order of the network, and what is said of those left out. */
interface Drawn {
  readonly rows: readonly LayerRow[];
  readonly notes: readonly string[];
}

/** The charts of the layers: a row each, or at most the 400 worst of them. */
export function layerPictures({ layers, target, kind }: ReportInput): Picture[] {
  const drawn = worstOf(layers, target.granularity);
  if (layers.length === 0) return [];
  const isJudged = kind === 'float';
  return [
    rangesPicture(layers, drawn),
    ...(isJudged ? dbPictures.map((one) => dbPicture(one, drawn)) : []),
    biasPicture(drawn),
  ].filter((one) => one !== undefined);
}

function worstOf(layers: readonly LayerRow[], granularity: 'tensor' | 'channel'): Drawn {
  const order = 'Layers in the order of the network.';
  if (layers.length <= mostRows) return { rows: layers, notes: [order] };
  const worth = worthOf(layers, granularity);
  const worst = [...layers].sort((a, b) => worth(a) - worth(b)).slice(0, mostRows);
  const kept = new Set(worst);
  const left = layers.length - mostRows;
  const why = `The ${count(mostRows)} worst of ${count(layers.length)} layers; ${count(left)} are left out.`;
  return { rows: layers.filter((row) => kept.has(row)), notes: [`${why} ${order}`] };
}

/** Figures of a row that can be drawn. */
const isKnown = ({ isMeasured, fault }: LayerRow): boolean => isMeasured && fault === undefined;

/** Largest |w| of the channels of every layer, against the step of one scale for the tensor. */
function rangesPicture(layers: readonly LayerRow[], { rows, notes }: Drawn): Picture | undefined {
  const known = rows.filter(isKnown);
  if (known.length === 0) return undefined;
  const { scale, isHeld } = rangeScale(layers.filter(isKnown));
  const hasBefore = known.some(({ before }) => before !== undefined);
  const hasLost = known.some(({ now }) => now.range.max > 0 && now.range.min < now.range.halfStep);
  const hasGrid = known.some(({ now }) => now.range.halfStep > 0);
  const spread = ({ now, before }: LayerRow): string => {
    const [was, is] = [before && times(before.spread), times(now.spread)];
    return was === undefined || was === is ? is : `${was} → ${is}`;
  };
  return {
    name: 'weight-ranges',
    title: 'Weight ranges of the channels',
    notes: [
      'Largest |w| of each output channel. Spread: the widest channel over the median one.',
      ...notes,
      ...(isHeld ? ['Channels narrower than the axis are drawn at its left end.'] : []),
    ],
    legend: [
      keys.allChannels,
      keys.middleHalf,
      keys.median,
      ...(hasGrid ? [keys.resolved] : []),
      ...(hasLost ? [keys.lost] : []),
      ...(hasBefore ? [keys.rangeBefore] : []),
    ],
    body: rowsBody(
      rows.map((row) => ({
        name: row.name,
        marks: isKnown(row) ? rangeMarks(row.now, row.before, scale) : missing(row.fault),
        figures: isKnown(row) ? spread(row) : '–',
      })),
      { scale, label: 'max |w| of a channel' },
      'Spread',
    ),
  };
}

/** Whole powers of ten around nearly all ranges: one strange channel does not squeeze the others. */
function rangeScale(layers: readonly LayerRow[]): { scale: Scale; isHeld: boolean } {
  const ranges = layers
    .flatMap(({ now, before }) => [now.range, ...(before ? [before.range] : [])])
    .filter(({ max }) => max > 0 && Number.isFinite(max));
  const lows = ranges
    .map(({ min, halfStep }) => Math.min(min, halfStep))
    .filter((low) => low > 0)
    .sort((a, b) => a - b);
  const most = ranges.reduce((high, { max }) => Math.max(high, max), 0) || 1;
  const usual = lows[Math.round(0.02 * (lows.length - 1))] ?? most / 100;
  const top = Math.ceil(Math.log10(most) - 1e-9);
  const low = Math.min(top - 1, Math.floor(Math.log10(Math.max(usual, most / 1e8)) + 1e-9));
  const isHeld = ranges.some(({ min }) => min < Number(`1e${low}`));
  return { scale: decades(low, top, plotPx), isHeld };
}

function rangeMarks(
  { range }: LayerFigures,
  before: LayerFigures | undefined,
  scale: Scale,
): Row['marks'] {
  if (!(range.max > 0)) {
    return [words(4, rowMiddle + 4, 'All weights are 0.', { fill: ink.dim })];
  }
  const [low, high] = [scale(range.min), scale(range.max)];
  // Where the channels share no grid there is no floor for all of them.
  const floor = range.halfStep > 0 ? scale(range.halfStep) : low;
  const y = before ? 12.5 : rowMiddle;
  const was = before?.range;
  return [
    ...(range.halfStep > 0 ? [bar(floor, 3, high - floor, 14, ink.soft)] : []),
    ...(was && was.max > 0
      ? [
          line([scale(was.min), 5], [scale(was.max), 5], ink.dim),
          bar(scale(was.q1), 3, scale(was.q3) - scale(was.q1), 4, ink.ground, ink.dim),
        ]
      : []),
    ...(low < floor
      ? [line([low, y], [Math.min(floor, high), y], ink.bad, { width: 1.5, dashes: '2 2' })]
      : []),
    line([Math.min(high, Math.max(low, floor)), y], [high, y], ink.now, { width: 1.5 }),
    bar(scale(range.q1), y - 3, scale(range.q3) - scale(range.q1), 6, ink.now),
    line([scale(range.median), y - 5], [scale(range.median), y + 5], ink.text, { width: 1.5 }),
  ];
}

/** A figure in dB of every layer. */
interface DbFigure {
  readonly name: string;
  readonly title: string;
  readonly note: string;
  /** A layer that keeps less than 20 dB is drawn as one that hurts. */
  readonly hasLimit: boolean;
  readonly of: (row: LayerRow, which: 'now' | 'before') => WireNumber | undefined;
}

const dbPictures: readonly DbFigure[] = [
  {
    name: 'weights-db',
    title: 'SQNR of the weights',
    note: 'The weights of each layer as the target rounds them.',
    hasLimit: true,
    of: (row, which) => (isKnown(row) ? row[which]?.sqnrChosen : undefined),
  },
  {
    name: 'alone-db',
    title: 'SQNR of each layer alone',
    note: 'The output of each layer with nothing but it quantized.',
    hasLimit: true,
    of: ({ data }, which) => data?.[which]?.local,
  },
  {
    name: 'so-far-db',
    title: 'SQNR so far',
    note: 'The output of each layer with everything before it quantized too.',
    hasLimit: true,
    of: ({ data }, which) => data?.[which]?.soFar,
  },
  {
    name: 'only-this-db',
    title: 'SQNR of the outputs, only this layer quantized',
    note: 'What the outputs of the model keep (logits where there are some).',
    hasLimit: true,
    of: ({ data }, which) => data?.[which]?.alone,
  },
  {
    name: 'all-but-this-db',
    title: 'SQNR of the outputs, only this layer in float',
    note: 'What the outputs of the model keep (logits where there are some).',
    hasLimit: false,
    of: ({ data }, which) => data?.[which]?.allButThis,
  },
];

function dbPicture(figure: DbFigure, { rows, notes }: Drawn): Picture | undefined {
  const { name, title, note, hasLimit, of } = figure;
  const found = rows.map((row) => ({
    name: row.name,
    now: dbOf(of(row, 'now')),
    before: dbOf(of(row, 'before')),
    missing: row.fault,
  }));
  if (found.every(({ now }) => Number.isNaN(now))) return undefined;
  const drawn = dbRows(found, { hasLimit, states: [keys.before, keys.now] });
  return { name, title, notes: [`${note} Higher is better.`, ...notes], ...drawn };
}

/** How far rounding moves the mean of a layer's channels. */
function biasPicture({ rows, notes }: Drawn): Picture | undefined {
  const found = rows.map((row) => ({
    row,
    now: row.data?.now.biasError ?? NaN,
    before: row.data?.before?.biasError ?? NaN,
  }));
  const all = found.flatMap(({ now, before }) => [now, before]).filter(Number.isFinite);
  if (found.every(({ now }) => Number.isNaN(now))) return undefined;
  const most = all.reduce((high, one) => Math.max(high, one), 0.001);
  const step = roundStep(most / 5);
  const scale = linear(0, step * Math.ceil(most / step - 1e-9), plotPx, step);
  const hasBefore = found.some(({ before }) => !Number.isNaN(before));
  return {
    name: 'bias-error',
    title: 'Bias error of each layer',
    notes: [
      'How far rounding moves the mean of a channel of the output, over the deviation σ of the output; mean of all channels. Lower is better.',
      ...notes,
    ],
    legend: hasBefore ? [keys.now, keys.before] : [],
    body: rowsBody(
      found.map(({ row, now, before }) => ({
        name: row.name,
        marks: Number.isNaN(now) ? missing(row.fault) : dbMarks(now, before, scale, false),
        figures: changed(before, now, (value) => size(fromWire(value))),
      })),
      { scale, label: 'mean |bias error|, σ' },
      'σ',
    ),
  };
}
