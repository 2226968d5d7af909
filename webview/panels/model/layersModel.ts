import { markWords } from '../../../server/protocol/marks.ts';
import type { LayerRow } from '../../../server/protocol/model.ts';
import { fromWire } from '../../../server/protocol/wire.ts';
import type { TargetSettings } from '../../../server/protocol/target.ts';
import { decibels, plural, times } from '../../kit/numbers.ts';
import { decades, linear, log, quantiles, type Scale } from '../../kit/scales.ts';
import { dataCells, dataHead, dataInWords, dbOf, type OwnFigure } from './dataModel.ts';
import { sortColumns, type Sort, type SortColumn } from './kept.ts';

/** SQNR that one scale for the tensor costs against one a channel, in dB; NaN before it is measured. */
export function gapOf(row: LayerRow): number {
  if (!isMeasured(row)) return NaN;
  const gap = fromWire(row.now.sqnrChannel) - fromWire(row.now.sqnrTensor);
  return Number.isNaN(gap) ? 0 : gap;
}

/** What the layer keeps alone, estimated, in dB; NaN where it is not. */
export function estimateOf(row: LayerRow): number {
  return isMeasured(row) ? dbOf(row.now.estimated) : NaN;
}

/** Whether it is estimated what layers keep alone. */
export const areEstimated = (rows: readonly LayerRow[]): boolean =>
  rows.some(({ now }) => now.estimated !== undefined);

/** Whether the numbers of a row say anything. */
export const isMeasured = (row: LayerRow): boolean => row.isMeasured && row.fault === undefined;

const sortKeys: Record<SortColumn, (row: LayerRow) => number | string> = {
  layer: (row) => inTextOrder(row.name),
  operator: (row) => inTextOrder(row.operator),
  range: (row) => row.now.range.max,
  spread: (row) => fromWire(row.now.spread),
  weights: (row) => fromWire(row.now.sqnrChosen),
  estimate: estimateOf,
  gap: gapOf,
  lost: (row) => row.now.lostChannels,
  findings: (row) => row.findings.length,
  activation: (row) => {
    const range = row.data?.now.activation;
    return range ? Math.max(Math.abs(range.min), Math.abs(range.max)) : NaN;
  },
  alone: (row) => dbOf(row.data?.now.alone ?? row.data?.now.local),
  soFar: (row) => dbOf(row.data?.now.soFar),
  bias: (row) => Math.abs(row.data?.now.biasError ?? NaN),
};

/**
 * Numbers in a name by their size, separators first: `conv_2`, `conv_10`, `conv1`. Comparing by
 * locale takes 20 times longer.
 */
function inTextOrder(text: string): string {
  const known = textOrders.get(text);
  if (known !== undefined) return known;
  const order =
    plainOrder(text) ??
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, ' ')
      .replace(/\d+/g, (digits) => digits.padStart(numberWidth, '0'));
  if (textOrders.size >= mostTextOrders) textOrders.clear();
  textOrders.set(text, order);
  return order;
}

/** Names stay the same from one state of a model to the next. */
const textOrders = new Map<string, string>();
const mostTextOrders = 100_000;

/** Does before what sorting by name would take most of its time for. */
export function prepareSort(rows: readonly LayerRow[]): void {
  for (const row of rows) inTextOrder(row.name);
}

const numberWidth = 12;
const [zero, nine, space] = [48, 57, 32];
const codes: number[] = [];

/** The same for what most names are made of, in a third of the time; undefined: it has other letters. */
function plainOrder(text: string): string | undefined {
  codes.length = 0;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at++);
    if (code > 126) return undefined;
    if (code >= zero && code <= nine) {
      const begin = at - 1;
      while (at < text.length && text.charCodeAt(at) >= zero && text.charCodeAt(at) <= nine) at++;
      for (let digits = at - begin; digits < numberWidth; digits++) codes.push(zero);
      for (let i = begin; i < at; i++) codes.push(text.charCodeAt(i));
    } else if (code >= 97 && code <= 122) codes.push(code);
    else codes.push(code >= 65 && code <= 90 ? code + 32 : space);
  }
  return codes.length > longestPlain ? undefined : String.fromCharCode(...codes);
}

/** What is spread into a call must not be too much for the stack. */
const longestPlain = 4096;

/** Rows in the order wanted; what is not measured comes last, ties stay in model order. */
export function sortLayers(rows: readonly LayerRow[], sort: Sort): LayerRow[] {
  const key = sortKeys[sort.column];
  const isText = sort.column === 'layer' || sort.column === 'operator';
  const sign = sort.isDescending ? -1 : 1;
  const keyed = rows.map((row, at) => ({
    row,
    at,
    key: isText || isMeasured(row) ? key(row) : NaN,
  }));
  keyed.sort((a, b) => {
    if (a.key < b.key) return -sign;
    if (a.key > b.key) return sign;
    if (a.key === b.key) return a.at - b.at;
    const [isNoneA, isNoneB] = [Number.isNaN(a.key), Number.isNaN(b.key)];
    return Number(isNoneA) - Number(isNoneB) || a.at - b.at;
  });
  return keyed.map(({ row }) => row);
}

/** Rows of which the name, operator or a finding has every word of the text. */
export function filterLayers(rows: readonly LayerRow[], text: string): readonly LayerRow[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const own = [...row.findings, row.mark, markWords[row.mark], ...apartWords(row)].join(' ');
    const hay = `${row.name} ${row.operator} ${own}`.toLowerCase();
    return wanted.every((word) => hay.includes(word));
  });
}

/**
 * Worst first. With samples what the layer does by itself says it (panels: section 4), without what
 * the batch norms tell of that. Where they tell nothing, and with one scale for the tensor, the gap to one a channel says most (panels: section 4);
 * with one a channel that is not lost, and the lowest SQNR says it.
 */
export const worstFirst = (
  target: TargetSettings | undefined,
  known: 'samples' | 'estimates' | 'weights',
): Sort =>
  known !== 'weights'
    ? { column: known === 'samples' ? 'alone' : 'estimate', isDescending: false }
    : target?.granularity === 'channel'
      ? { column: 'weights', isDescending: false }
      : { column: 'gap', isDescending: true };

/** The sort that a click on a head gives: the other way round, or the worst of that column first. */
export function nextSort(now: Sort, column: SortColumn): Sort {
  return now.column === column ? turned(now) : worstOf(column);
}

const worstOf = (column: SortColumn): Sort => ({
  column,
  isDescending: !['layer', 'operator', 'weights', 'estimate', 'alone', 'soFar'].includes(column),
});
const turned = ({ column, isDescending }: Sort): Sort => ({ column, isDescending: !isDescending });

const sortWords: Record<SortColumn, readonly [rising: string, falling: string]> = {
  layer: ['By name', 'By name, last first'],
  operator: ['By operator', 'By operator, last first'],
  range: ['Narrowest range first', 'Widest range first'],
  spread: ['Smallest spread first', 'Largest spread first'],
  weights: ['Lowest weights SQNR first', 'Highest weights SQNR first'],
  estimate: ['Lowest estimate first', 'Highest estimate first'],
  gap: ['Smallest gap first', 'Largest gap first'],
  lost: ['Fewest lost channels first', 'Most lost channels first'],
  findings: ['Fewest findings first', 'Most findings first'],
  activation: ['Narrowest activations first', 'Widest activations first'],
  alone: ['Worst alone first', 'Best alone first'],
  soFar: ['Worst so far first', 'Best so far first'],
  bias: ['Smallest bias error first', 'Largest bias error first'],
};

/** Of the column of a layer by itself while it shows the layer's own output. */
const ownSortWords: (typeof sortWords)['alone'] = ['Worst own error first', 'Best own error first'];

/** `Largest gap first`. `figure`: what the column of a layer by itself shows. */
export function sortInWords({ column, isDescending }: Sort, figure?: OwnFigure): string {
  const isOwn = column === 'alone' && figure === 'local';
  return (isOwn ? ownSortWords : sortWords[column])[isDescending ? 1 : 0];
}

const byNeed: readonly SortColumn[] = [
  'alone',
  'soFar',
  'bias',
  'activation',
  'estimate',
  'gap',
  'weights',
  'lost',
  'spread',
  'range',
  'findings',
];

/**
 * Every order of the layers that the table has columns for: the worst of each first, then the same
 * ones the other way round.
 */
export const sortChoices = (hasData: boolean, hasEstimates: boolean): readonly Sort[] =>
  [worstOf, (of: SortColumn) => turned(worstOf(of))].flatMap((order) =>
    [...byNeed, ...sortColumns.filter((column) => !byNeed.includes(column))]
      .filter((column) =>
        column === 'estimate' ? hasEstimates : hasData || !dataColumns.has(column),
      )
      .map(order),
  );

const dataColumns: ReadonlySet<SortColumn> = new Set(['activation', 'alone', 'soFar', 'bias']);

/** What was wished for this layer alone, in short: `float`, `16 bits`, `ignored`. */
export const apartWords = ({ ownBits, isIgnored }: LayerRow): readonly string[] => [
  ...(ownBits === undefined ? [] : [ownBits === 'float' ? 'float' : `${ownBits} bits`]),
  ...(isIgnored === true ? ['ignored'] : []),
];

/** What a screen reader says of a row. */
export function layerLabel(row: LayerRow): string {
  if (row.fault !== undefined) return `${row.name}, ${row.operator}, not measured: ${row.fault}`;
  if (!row.isMeasured) return `${row.name}, ${row.operator}, not measured yet`;
  const { now } = row;
  const parts = [
    row.name,
    ...apartInWords(row),
    markWords[row.mark],
    ...dataInWords(row),
    `weights ${decibels(now.sqnrTensor)} decibel per tensor`,
    `${decibels(now.sqnrChannel)} per channel`,
    ...estimateInWords(row),
    `spread ${times(now.spread).replace('×', ' times')}`,
  ];
  if (now.lostChannels > 0)
    parts.push(`${now.lostChannels} of ${plural(row.channels, 'channel')} lost`);
  if (row.findings.length > 0) parts.push(row.findings.join(', '));
  return parts.join(', ');
}

const estimateInWords = ({ now, data }: LayerRow): readonly string[] =>
  now.estimated === undefined || data ? [] : [`alone about ${decibels(now.estimated)} decibel`];

const apartInWords = ({ ownBits, isIgnored }: LayerRow): readonly string[] => [
  ...(ownBits === undefined ? [] : [ownBits === 'float' ? 'in float' : `${ownBits} bits`]),
  ...(isIgnored === true ? ['ignored in corrections'] : []),
];

const tsvHead = [
  'Layer',
  'Operator',
  'Shape',
  'Mark',
  'Least max |w|',
  'Median max |w|',
  'Largest max |w|',
  'Half step',
  'Spread',
  'Weights per tensor, dB',
  'Weights per channel, dB',
  'Gap, dB',
  'Alone estimated, dB',
  'Lost channels',
  'Channels',
  'Findings',
  ...dataHead,
] as const;

/** Rows as tab-separated values with a head, plain numbers, ready for a spreadsheet. */
export function layersTsv(rows: readonly LayerRow[]): string {
  const lines = rows.map((row) => {
    const { range: at, ...now } = row.now;
    const numbers = isMeasured(row)
      ? [
          at.min,
          at.median,
          at.max,
          at.halfStep,
          fromWire(now.spread),
          fromWire(now.sqnrTensor),
          fromWire(now.sqnrChannel),
          gapOf(row),
          now.estimated === undefined ? '' : fromWire(now.estimated),
          now.lostChannels,
        ]
      : Array.from({ length: 10 }, () => '');
    return [
      row.name,
      row.operator,
      row.shape,
      row.mark,
      ...numbers,
      row.channels,
      row.findings.join(' '),
      ...dataCells(row),
    ];
  });
  return [tsvHead, ...lines].map((cells) => cells.map(oneLine).join('\t')).join('\n');
}

const oneLine = (cell: string | number): string => String(cell).replace(/[\t\r\n]+/g, ' ');

/**
 * The one axis of all range bars: 0.01 … 100 where the model lies in it, else the decades it needs,
 * six at most. Linear: from 0 to the widest channel.
 */
export function rangeAxis(
  rows: readonly LayerRow[],
  axis: 'log' | 'linear',
  pixels: readonly [number, number],
): Scale {
  const measured = rows.filter(isMeasured);
  const all = measured.flatMap(({ now, before }) => [now.range, ...(before ? [before.range] : [])]);
  const high = all.reduce((most, at) => Math.max(most, at.max), 0);
  if (axis === 'linear') return linear([0, high > 0 ? high : 1], pixels, 4);
  const lows = all.map((at) => Math.min(at.min, at.halfStep)).filter((low) => low > 0);
  const low = quantiles(lows, [0.02])[0];
  if (low === undefined || Number.isNaN(low) || (low >= 0.001 && high <= 100 && high > 1))
    return log([0.01, 100], pixels);
  const [bottom, top] = decades(Math.max(low, high / 1e6), high);
  return log([Math.min(bottom, Number((top / 1e3).toPrecision(6))), top], pixels);
}

/** Splits a long name so that its end, which tells layers apart, is cut off last. */
export function splitName(name: string, most = 18): readonly [start: string, end: string] {
  if (name.length <= most + 2) return ['', name];
  const cut = name.slice(-most).search(/[/._]/);
  const at = name.length - most + Math.max(0, cut);
  return [name.slice(0, at), name.slice(at)];
}

/** `uneven-channels +1`: the first code, and how many more there are. */
export const codesInShort = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first} +${others.length}`;
