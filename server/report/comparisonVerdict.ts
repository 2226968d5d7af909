import { countText, nounText, withUnit } from '../core/reports/words.ts';
import { leastGain } from '../protocol/gains.ts';
import { fromWire, type WireNumber } from '../protocol/wire.ts';
import type { ComparedPair, ComparisonInput } from './comparisonInput.ts';
import { percent } from './figures.ts';

type Found = Pick<
  ComparisonInput,
  'sides' | 'figure' | 'pairs' | 'unmatched' | 'isUnlike' | 'evaluation' | 'targetLabel'
>;

/** What the comparison came to, in a sentence or two: the result first. */
export function comparisonVerdict(found: Found): string {
  const { sides, pairs, isUnlike, figure } = found;
  const [first, second] = sides.map(({ title }) => title) as [string, string];
  if (pairs.length === 0) return `${first} and ${second} have no layer in common.`;
  if (isUnlike) {
    const counts = countsOf(found);
    const most = nounText(Math.max(counts.first, counts.second), 'layer');
    return `${first} and ${second} have little in common: ${countText(pairs.length)} of ${most} could be matched, and by shape and order only. What one of them does better says nothing of the other, so no gain is shown.`;
  }
  const isSame = countsOf(found).changed === 0 && counted(found.unmatched) === 0;
  const gains = gainWords(pairs);
  if (isSame && gains === '') {
    return `Nothing differs: weights and biases of ${pairs.length === 1 ? 'the one layer' : `all ${nounText(pairs.length, 'layer')}`} are the same.`;
  }
  const result =
    figure === 'soFar'
      ? outputWords(found)
      : figure === 'weights'
        ? weightWords(found)
        : apartWords(pairs);
  const rounding = isSame ? 'What differs is the rounding alone: all weights are the same.' : '';
  return [result, gains, rounding].filter((one) => one !== '').join(' ');
}

/** How many layers were matched and how, and what became of them. */
export function countsOf({ pairs, unmatched }: Pick<Found, 'pairs' | 'unmatched'>): {
  readonly [
    Count in
      | 'first'
      | 'second'
      | 'matched'
      | 'byName'
      | 'byWeights'
      | 'byStructure'
      | 'same'
      | 'changed'
      | 'onlyFirst'
      | 'onlySecond'
  ]: number;
} {
  const by = (kind: ComparedPair['match']): number =>
    pairs.filter(({ match }) => match === kind).length;
  const same = pairs.filter(({ change }) => change === 'same').length;
  return {
    first: pairs.length + unmatched.first.length,
    second: pairs.length + unmatched.second.length,
    matched: pairs.length,
    byName: by('name'),
    byWeights: by('weights'),
    byStructure: by('structure'),
    same,
    changed: pairs.length - same,
    onlyFirst: unmatched.first.length,
    onlySecond: unmatched.second.length,
  };
}

const counted = ({ first, second }: Found['unmatched']): number => first.length + second.length;

/** `12 layers gain, 3 lose, 13 stay as before.`; empty where none does either. */
function gainWords(pairs: readonly ComparedPair[]): string {
  const known = pairs.flatMap(({ gain }) => gain ?? []);
  const more = known.filter((gain) => gain >= leastGain).length;
  const less = known.filter((gain) => gain <= -leastGain).length;
  if (more + less === 0) return '';
  const stay = known.length - more - less;
  const gain = more === 0 ? 'No layer gains' : nounText(more, 'layer gains', 'layers gain');
  const lose = less === 0 ? 'none loses' : `${countText(less)} ${less === 1 ? 'loses' : 'lose'}`;
  const rest = stay === 0 ? '' : `, ${countText(stay)} ${stay === 1 ? 'stays' : 'stay'} as before`;
  return `${gain}, ${lose}${rest}.`;
}

/** What both keep of what float computes, on samples. */
function outputWords({ sides, evaluation, pairs, targetLabel }: Found): string {
  if (!evaluation) return depthWords(sides, pairs);
  const { rows, samples, isSynthetic, paired } = evaluation;
  const on = `On ${nounText(samples, isSynthetic ? 'synthetic input' : 'sample')} at ${targetLabel}`;
  const judged = rows.filter(({ state }) => state !== 'float');
  const isLogits = judged.every(({ logitsSqnrDb }) => logitsSqnrDb !== undefined);
  const what = isLogits ? 'logits SQNR' : 'output SQNR';
  const figure = (state: 'first' | 'second'): number | undefined => {
    const row = judged.find((one) => one.state === state);
    const value = isLogits ? row?.logitsSqnrDb : row?.sqnrDb;
    return value === undefined ? undefined : fromWire(value);
  };
  const [one, other] = [figure('first'), figure('second')];
  const [first, second] = sides;
  if (one === undefined || other === undefined) {
    const title = (one === undefined ? second : first).title;
    return `${on}, ${title} keeps ${withUnit(one ?? other ?? NaN)} of what float computes (${what}).`;
  }
  const gain = one === other ? 0 : other - one;
  const more =
    Math.abs(gain) < leastGain
      ? `keeps as much of what float computes as ${first.title}: ${what} ${withUnit(other)}`
      : `keeps ${gain > 0 ? 'more' : 'less'} of what float computes than ${first.title}: ${what} ${withUnit(other)} against ${withUnit(one)}`;
  const [was, is] = ['first', 'second'].map(
    (state) => judged.find((row) => row.state === state)?.top1,
  );
  const top =
    was === undefined || is === undefined
      ? ''
      : `, top-1 ${percent(is)} against ${percent(was)}${paired && paired.p > 0.05 ? `, which ${nounText(samples, 'sample')} cannot tell apart` : ''}`;
  return `${on}, ${second.title} ${more}${top}.`;
}

/** Where the outputs were not judged: what is left in the last layer. */
function depthWords([first, second]: Found['sides'], pairs: readonly ComparedPair[]): string {
  const last = pairs.findLast((pair) => pair.first !== undefined && pair.second !== undefined);
  if (!last) return '';
  const [one, other] = [last.first, last.second].map((db) => withUnit(fromWire(db ?? 'nan')));
  return `At the end of the network ${second.title} keeps ${other ?? ''} of what float computes, ${first.title} ${one ?? ''}.`;
}

/** What rounding leaves of the weights of the worst layer of each. */
function weightWords({ sides: [first, second], pairs, targetLabel }: Found): string {
  const worst = (of: (pair: ComparedPair) => WireNumber | undefined): number =>
    pairs.reduce((least, pair) => {
      const db = fromWire(of(pair) ?? 'nan');
      return Number.isNaN(db) ? least : Math.min(least, db);
    }, Infinity);
  const [one, other] = [worst((pair) => pair.first), worst((pair) => pair.second)];
  return `By weights alone, at ${targetLabel}: the lowest layer keeps ${withUnit(other)} in ${second.title}, ${withUnit(one)} in ${first.title}.`;
}

/** How far the weights are from each other. */
function apartWords(pairs: readonly ComparedPair[]): string {
  const all = nounText(pairs.length, 'matched layer');
  const changed = pairs.filter(({ change }) => change === 'weights' || change === 'rescaled');
  const [most] = [...changed].sort((a, b) => fromWire(a.apart) - fromWire(b.apart));
  if (most) {
    return `The weights of ${countText(changed.length)} of ${all} differ, most of all those of ${most.name}: ${withUnit(fromWire(most.apart))} apart.`;
  }
  const biases = pairs.filter(({ change }) => change === 'biases').length;
  const but =
    biases === 0
      ? ''
      : `; ${nounText(biases, 'layer has another bias', 'layers have other biases')}`;
  const whole = pairs.length === 1 ? 'the one matched layer' : `all ${all}`;
  return `The weights of ${whole} are the same${but}.`;
}
