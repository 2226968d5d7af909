import type {
  CompareFigure,
  Comparison,
  OwnSide,
  SideView,
} from '../../../server/protocol/compare.ts';
import { gainOf, holdsBack } from '../../../server/protocol/gains.ts';
import type { LayerRow, Mark, ModelState } from '../../../server/protocol/model.ts';
import type { DepthLine } from '../../kit/charts/depthLines.ts';
import { plural } from '../../kit/numbers.ts';
import { dbOf } from './dataModel.ts';
import { keptLimitsDb } from './limits.ts';

/** A layer on both sides; figures in dB, NaN where not measured. */
export interface ComparedRow {
  readonly name: string;
  /** Its name on the second side, where that is another. */
  readonly otherName: string | undefined;
  /** Id of its row in the layers table; undefined: it is of neither side. */
  readonly layer: number | undefined;
  /** By what the second side keeps, which this tab shows; undefined: it has no figure. */
  readonly mark: Mark | undefined;
  readonly operator: string;
  readonly first: number;
  readonly second: number;
  readonly gain: number;
  readonly weights: number;
  readonly activations: number;
  /** What rounds the second side most. */
  readonly holds: string;
  /** SQNR of the second side's weights against the first's; undefined between states of one model. */
  readonly apart: number | undefined;
  /** The weights differ by factors of channels alone. */
  readonly isRescaled: boolean;
}

/** Two sides as the tab draws them. */
export interface CompareTable {
  readonly figure: CompareFigure;
  /** In the order of the network. */
  readonly layers: readonly ComparedRow[];
  /** What differs most comes first. */
  readonly rows: readonly ComparedRow[];
  readonly lines: readonly DepthLine[];
  readonly heads: readonly [string, string];
  readonly hasShares: boolean;
  /** Some layers of a side are not among these. */
  readonly isPartial: boolean;
  /** That nothing differs, or that a difference means nothing; empty: the figures say it. */
  readonly words: string;
}

/**
 * Two states of the model itself: figures are in its own state. What rounding only weights, or only
 * activations, does so far is asked for (`answer`); until then a layer's own shares stand for it.
 */
export function ownTable(
  model: ModelState,
  first: OwnSide,
  second: OwnSide,
  answer?: Comparison,
): CompareTable {
  const depth = new Map(answer?.layers.map(({ name, ...shares }) => [name, shares]));
  const isMeasured = model.layers.some(({ data }) => data !== undefined);
  const known = isMeasured ? model.layers.filter(({ data }) => data !== undefined) : model.layers;
  const figureOf = isMeasured ? soFarOf : weightsOf;
  const layers = known.map((row) => {
    const shares = second === 'opened' ? (row.data?.before ?? row.data?.now) : row.data?.now;
    const isFloat = second === 'float';
    return rowOf({
      name: row.name,
      otherName: undefined,
      layer: row.id,
      operator: row.operator,
      first: figureOf(row, first),
      second: figureOf(row, second),
      weights: isFloat ? NaN : dbOf(depth.get(row.name)?.weights ?? shares?.weights),
      activations: isFloat ? NaN : dbOf(depth.get(row.name)?.activations ?? shares?.activations),
      apart: undefined,
      isRescaled: false,
    });
  });
  const names = [first, second].map((side) => ownNames(model)[side]) as [string, string];
  const kinds = [first, second] as const;
  const table = tableOf(isMeasured ? 'soFar' : 'weights', layers, kinds, names, isMeasured);
  const said = { ...table, words: ownWords(model, kinds, layers) };
  return depth.size > 0 && second !== 'float' ? withShareLines(said) : said;
}

/** That both states are the same, and why. */
function ownWords(
  { preview, changes }: ModelState,
  [first, second]: readonly [OwnSide, OwnSide],
  layers: readonly ComparedRow[],
): string {
  if (first === second) return 'Both sides are the same.';
  const differs = layers.some(({ gain }) => gain !== 0 && !Number.isNaN(gain));
  if (differs || first === 'float' || second === 'float') return '';
  if (preview) return 'The preview changes no figure: it would be as it was opened.';
  return changes.length === 0
    ? 'Nothing was applied yet: the model is as it was opened, and no layer differs.'
    : 'What was applied changes no figure of these.';
}

/** What the server answered about another model. */
export function answeredTable(
  { figure, layers: compared, unmatched, isUnlike, sides: answered }: Comparison,
  sides: readonly [SideView, SideView],
): CompareTable {
  const layers = compared.map((one) =>
    rowOf({
      name: one.name,
      otherName: one.otherName,
      layer: one.layer,
      operator: one.operator,
      first: dbOf(one.first),
      second: dbOf(one.second),
      weights: dbOf(one.weights),
      activations: dbOf(one.activations),
      apart: dbOf(one.apart),
      isRescaled: one.isRescaled === true,
    }),
  );
  const names = [answered[0].head, answered[1].head] as const;
  const kinds = [sides[0].kind, sides[1].kind] as const;
  if (isUnlike === true) {
    // Layers of another network: what one of them does better says nothing of the other.
    const apart = layers.map((row) => ({ ...row, gain: NaN }));
    const table = tableOf(figure, apart, kinds, names, false);
    const most = layers.length + Math.max(unmatched.first.length, unmatched.second.length);
    return { ...table, lines: [], words: unlikeWords(layers.length, most) };
  }
  const hasShares = layers.some(({ holds }) => holds !== '');
  const isWhole = unmatched.first.length + unmatched.second.length === 0;
  const words = isWhole ? sameWords(layers) : '';
  const whole = tableOf(figure, layers, kinds, names, hasShares);
  const table = { ...whole, isPartial: !isWhole, words };
  return hasShares ? withShareLines(table) : table;
}

const unlikeWords = (matched: number, most: number): string =>
  `These models have little in common: ${matched} of ${plural(most, 'layer')} ${matched === 1 ? 'was' : 'were'} matched, and by shape and order only. What one of them does better says nothing of the other, so no gain is shown.`;

/** That the weights of both are the same, or but for factors of channels; empty where some differ. */
function sameWords(layers: readonly ComparedRow[]): string {
  const rescaled = layers.filter(({ isRescaled }) => isRescaled).length;
  if (!layers.every(({ apart, isRescaled }) => isRescaled || isSameWeight(apart))) return '';
  if (rescaled > 0) {
    const rest = rescaled === layers.length ? '' : ': the others are the same';
    return `The weights of ${rescaled} of ${plural(layers.length, 'layer')} differ by factors of their channels alone, as equalizing leaves them${rest}.`;
  }
  const all = `the weights of ${layers.length === 1 ? 'the one layer' : `all ${plural(layers.length, 'layer')}`} are the same`;
  return layers.some(({ gain }) => gain !== 0 && !Number.isNaN(gain))
    ? `What differs is the rounding alone: ${all}.`
    : `Nothing differs: ${all}.`;
}

/** From here on weights differ by the rounding of float32 itself: 6 dB for each of its 24 bits. */
const sameDb = 120;

export const isSameWeight = (apart: number | undefined): boolean =>
  apart !== undefined && apart > sameDb;

/** What rounding only weights, and only activations, leaves of the second side. */
const withShareLines = (table: CompareTable): CompareTable => ({
  ...table,
  lines: [
    ...table.lines,
    { name: 'weights only', look: 'weights', values: table.layers.map(({ weights }) => weights) },
    {
      name: 'activations only',
      look: 'activations',
      values: table.layers.map(({ activations }) => activations),
    },
  ],
});

function rowOf(row: Omit<ComparedRow, 'gain' | 'holds' | 'mark'>): ComparedRow {
  const { first, second, weights, activations } = row;
  const holds = holdsBack(weights, activations) ?? '';
  return { ...row, mark: markOf(second), gain: gainOf(first, second), holds };
}

function markOf(db: number): Mark | undefined {
  if (Number.isNaN(db)) return undefined;
  return db < keptLimitsDb.hurts ? 'hurts' : db < keptLimitsDb.watch ? 'watch' : 'fine';
}

function tableOf(
  figure: CompareFigure,
  layers: readonly ComparedRow[],
  kinds: readonly [SideView['kind'], SideView['kind']],
  heads: readonly [string, string],
  hasShares: boolean,
): CompareTable {
  const rows = layers
    .map((row, at) => ({ row, at, hasGain: !Number.isNaN(row.gain), key: urgency(row, figure) }))
    .sort(
      (a, b) =>
        Number(b.hasGain) - Number(a.hasGain) ||
        descending(a.key, b.key) ||
        descending(b.row.second, a.row.second) ||
        a.at - b.at,
    )
    .map(({ row }) => row);
  const lines = linesOf(figure, layers, kinds, heads);
  const own = [headOf(heads[0]), headOf(heads[1])] as const;
  return { figure, layers, rows, lines, heads: own, hasShares, isPartial: false, words: '' };
}

const ownWordings = new Set(['float', 'as opened', 'now', 'would be', 'first', 'second']);

/** Our own words begin a head with a capital; names of files and commits stay as they are. */
const headOf = (name: string): string =>
  ownWordings.has(name) ? name.charAt(0).toUpperCase() + name.slice(1) : name;

/** What differs most first; where there is no gain to speak of, what loses most. */
function urgency(
  { gain, first, second, apart, isRescaled }: ComparedRow,
  figure: CompareFigure,
): number {
  if (figure === 'apart' && isRescaled) return -sameDb;
  if (figure === 'apart') return apart === undefined || Number.isNaN(apart) ? -Infinity : -apart;
  if (!Number.isNaN(gain)) return Math.abs(gain);
  return -Math.min(finiteOr(first, Infinity), finiteOr(second, Infinity));
}

const finiteOr = (db: number, other: number): number => (Number.isFinite(db) ? db : other);

/** Infinities of one sign are equal; what is not known is no order. */
const descending = (a: number, b: number): number => (a === b ? 0 : b - a || 0);

/** One line a side, in the order of the network; a float network loses nothing and has none. */
function linesOf(
  figure: CompareFigure,
  layers: readonly ComparedRow[],
  [first, second]: readonly [SideView['kind'], SideView['kind']],
  [one, two]: readonly [string, string],
): readonly DepthLine[] {
  if (figure === 'apart') {
    const values = layers.map(({ apart }) => apart ?? NaN);
    return [{ name: 'weights apart', look: 'now', values }];
  }
  const before = { name: one, look: 'before', values: layers.map((row) => row.first) } as const;
  const now = { name: two, look: 'now', values: layers.map((row) => row.second) } as const;
  if (first === 'float') return second === 'float' ? [] : [now];
  if (second === 'float') return [{ ...before, look: 'now' }];
  const isSame = before.values.every((db, at) => db === now.values[at] || Number.isNaN(db));
  if (!isSame || first === 'other' || second === 'other') return [before, now];
  return [{ ...now, name: one === two ? two : `${one} and ${two}` }];
}

/** What a row's dots show: the second side, and hollow the first; where one has no figure the other. */
export const dotsOf = ({
  first,
  second,
}: ComparedRow): [now: number, before: number | undefined] =>
  Number.isNaN(second) ? [first, undefined] : [second, first];

const soFarOf = ({ data }: LayerRow, side: OwnSide): number => {
  if (side === 'float') return Infinity;
  return dbOf((side === 'opened' ? (data?.before ?? data?.now) : data?.now)?.soFar);
};

const weightsOf = ({ now, before, isMeasured }: LayerRow, side: OwnSide): number => {
  if (side === 'float') return Infinity;
  return isMeasured ? dbOf((side === 'opened' ? (before ?? now) : now).sqnrChosen) : NaN;
};

const ownNames = ({ preview }: ModelState): Readonly<Record<OwnSide, string>> => ({
  float: 'float',
  opened: 'as opened',
  now: preview ? 'would be' : 'now',
});
