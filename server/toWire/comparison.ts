import { differencesFrom, gridKinds, gridWords, isSameKind } from '../core/compare/gridKinds.ts';
import type { LayerMatch, LayerMatching } from '../core/compare/matchLayers.ts';
import { targetLabel } from '../core/quant/targets.ts';
import { countText, decibelText, nounText } from '../core/reports/words.ts';
import { operatorLabel } from '../core/reports/operatorLabel.ts';
import { reportedLayers } from '../diagnoseModel.ts';
import type {
  ComparedLayer,
  ComparedSide,
  CompareFigure,
  Comparison,
} from '../protocol/compare.ts';
import { toWire, type WireNumber } from '../protocol/wire.ts';
import type { Compared, Standing } from '../session/compareSides.ts';
import { correctionIn } from '../session/corrections.ts';
import type { Session } from '../session/session.ts';
import { percent } from './dataVerdict.ts';
import { comparisonHeads } from './comparisonHeads.ts';
import { judgedDb } from './evaluation.ts';

/** Two models side by side, as a panel draws them. */
export function comparisonOf(session: Session, compared: Compared): Comparison {
  const { sides, figure, matching, notes } = compared;
  const names = (layers: readonly { readonly name: string }[]): string[] =>
    layers.map(({ name }) => name);
  // Behind a Softmax errors look smaller: both are judged before it, or neither.
  const hasLogits = sides.every(
    ({ side, measured }) => side.kind === 'float' || measured?.scores?.quantized.logits,
  );
  const heads = comparisonHeads(session, sides);
  const shown = (at: 0 | 1): ComparedSide => ({
    head: heads[at],
    ...sideOf(session, sides[at], hasLogits),
  });
  return {
    uri: session.uri,
    revision: session.revision,
    sides: [shown(0), shown(1)],
    figure,
    layers: layersOf(session, compared),
    unmatched: {
      first: names(matching.unmatched.first),
      second: names(matching.unmatched.second),
    },
    ...(isUnlike(matching) ? { isUnlike: true } : {}),
    words: wordsOf(session, compared),
    notes: [...notes, ...targetNotes(session, sides), ...sides.flatMap(gridNotes)],
  };
}

/** The two have little in common: some layers happen to have the same shape. */
export function isUnlike({ matches, unmatched }: LayerMatching): boolean {
  const most = matches.length + Math.max(unmatched.first.length, unmatched.second.length);
  return matches.every(({ kind }) => kind === 'structure') && 2 * matches.length < most;
}

function layersOf(
  session: Session,
  { sides, matching, apart, rescaled }: Compared,
): ComparedLayer[] {
  const rows = new Map(
    reportedLayers(session.shownGraph).map(({ name, node }) => [name, node.id] as const),
  );
  return matching.matches.map((match) => {
    const { first, second, kind } = match;
    const own = sides.findIndex(({ other }) => other === undefined);
    const layer = own < 0 ? undefined : rows.get(own === 0 ? first.name : second.name);
    const [a, b] = [figureOf(sides[0], first.name), figureOf(sides[1], second.name)];
    const shares = sides[1].shares?.[second.name];
    return {
      name: first.name,
      ...(second.name === first.name ? {} : { otherName: second.name }),
      ...(layer === undefined ? {} : { layer }),
      operator: operatorLabel(first.node, first),
      match: kind,
      ...(a === undefined ? {} : { first: a }),
      ...(b === undefined ? {} : { second: b }),
      apart: toWire(apart.get(first.name) ?? NaN),
      ...(rescaled.has(first.name) ? { isRescaled: true } : {}),
      ...(shares
        ? { weights: toWire(shares.weights), activations: toWire(shares.activations) }
        : {}),
    };
  });
}

function figureOf({ figures }: Standing, name: string): WireNumber | undefined {
  if (figures === 'exact') return 'inf';
  const value = figures?.get(name);
  return value === undefined ? undefined : toWire(value);
}

const ownTitles = {
  float: 'Float',
  opened: 'Quantized, as opened',
  now: 'Quantized, now',
} as const;

function sideOf(session: Session, one: Standing, hasLogits: boolean): Omit<ComparedSide, 'head'> {
  const { side, measured, document } = one;
  const title =
    side.kind === 'other'
      ? side.title
      : session.kind === 'quantized'
        ? session.name
        : ownTitles[side.kind];
  const scores = measured?.scores;
  if (!scores) {
    const { label, nodeCount } = document.info;
    return { title, words: `${label}, ${nounText(nodeCount, 'node')}` };
  }
  if (side.kind === 'float') {
    return { title, words: scores.float ? `top-1 ${percent(scores.float.top1)}` : 'the reference' };
  }
  const { accuracy, agreement } = scores.quantized;
  const share = accuracy
    ? [`top-1 ${percent(accuracy.top1)}`]
    : agreement === undefined
      ? []
      : [`same answer as float ${percent(agreement)}`];
  const of = hasLogits ? 'logits' : 'output';
  const db = hasLogits ? judgedDb(scores.quantized) : scores.quantized.sqnrDb;
  const sqnr = Number.isFinite(db) ? `${decibelText(db)} dB` : 'exact';
  return { title, words: [...share, `${of} SQNR ${sqnr}`].join(', ') };
}

const figureWords: Readonly<Record<CompareFigure, string>> = {
  soFar: 'So far: everything before the layer quantized too, against float',
  weights: 'Weights only: SQNR of the rounded weights',
  apart: 'SQNR of the second model’s weights against the first’s',
};

/** `So far ..., on 40 samples of imagenet-a · 28 of 28 layers matched: 20 by name, 8 by weights`. */
function wordsOf(session: Session, { sides, figure, matching }: Compared): string {
  const { matches, unmatched } = matching;
  const counts = [
    matches.length + unmatched.first.length,
    matches.length + unmatched.second.length,
  ];
  const most = Math.max(...counts);
  if (matches.length === 0) {
    return `${nameOf(session, sides[0])} has ${nounText(counts[0] ?? 0, 'layer')}, ${nameOf(session, sides[1])} ${countText(counts[1] ?? 0)}, and none is the same. Tried were weights (whatever factors their channels have), names with the same shape, and shapes in the same order.`;
  }
  const by = (kind: LayerMatch['kind'], words: string): string[] => {
    const count = matches.filter((match) => match.kind === kind).length;
    return count === 0 ? [] : [`${countText(count)} ${words}`];
  };
  const how = [
    ...by('name', 'by name'),
    ...by('weights', 'by weights'),
    ...by('structure', 'by shape and order only'),
  ];
  const { data } = session.state;
  const on =
    figure === 'soFar' && data
      ? ` on ${nounText(data.indices.judge.length, data.isSynthetic ? 'synthetic input' : 'sample')}`
      : '';
  return `${figureWords[figure]}${on} · ${countText(matches.length)} of ${nounText(most, 'layer')} matched: ${how.join(', ')}`;
}

const nameOf = (session: Session, { side }: Standing): string =>
  side.kind === 'other' ? side.title : session.name;

/** Whether both are judged on the same grid. */
function targetNotes(session: Session, [first, second]: readonly [Standing, Standing]): string[] {
  const { target } = session.state;
  const label = targetLabel(target);
  if (first.isQuantized && second.isQuantized) {
    const [one, two] = [gridKinds(first.graph), gridKinds(second.graph)];
    return isSameKind(one, two)
      ? [`Both are quantized for the same target: ${gridWords(one)}.`]
      : [
          `They are quantized for different targets: ${nameOf(session, first)} has ${gridWords(one)}, ${nameOf(session, second)} has ${gridWords(two)}.`,
        ];
  }
  const quantized = [first, second].find(({ isQuantized }) => isQuantized);
  if (quantized) {
    const kinds = gridKinds(quantized.graph);
    const unlike = differencesFrom(kinds, target);
    const name = nameOf(session, quantized);
    return [
      unlike.length === 0
        ? `${name} is quantized for the same target, ${label}: ${gridWords(kinds)}.`
        : `${name} is quantized for another target than the chosen ${label}: ${unlike.join('; ')}.`,
      ...(quantized.other === undefined && session.kind === 'quantized'
        ? ['To compare outputs on samples, open the float model and compare it with this file.']
        : []),
    ];
  }
  return [first, second].flatMap(({ document, other, side }) => {
    if (!other || side.kind !== 'other') return [];
    const corrected = correctionIn(document);
    const same = `${side.title} is rounded for the same target, ${label}`;
    if (!corrected) return [`${same}.`];
    const grid = targetLabel(corrected.target);
    return [
      grid === label
        ? `${same}; its biases are corrected for it.`
        : `${same}, but its biases are corrected for another: ${grid}.`,
    ];
  });
}

/** Faults of a quantized model's grids, told by the float network; the worst of them. */
const gridNotes = ({ isQuantized, measured }: Standing): string[] =>
  isQuantized ? (measured?.calibration?.notes ?? []).slice(0, 3).map(({ message }) => message) : [];
