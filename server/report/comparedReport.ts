import { basename } from 'node:path';
import { channelFactors } from '../core/compare/channelFactors.ts';
import { layerDifference, sameDb, type LayerDifference } from '../core/compare/layerDifference.ts';
import type { LayerMatch } from '../core/compare/matchLayers.ts';
import type { Job } from '../core/job.ts';
import { targetLabel } from '../core/quant/targets.ts';
import type { ComparedLayer, Comparison } from '../protocol/compare.ts';
import { gainOf, holdsBack } from '../protocol/gains.ts';
import { fromWire, toWire } from '../protocol/wire.ts';
import { pairedTest } from '../quantize/scores.ts';
import type { Compared, Standing } from '../session/compareSides.ts';
import type { Session } from '../session/session.ts';
import { comparisonOf } from '../toWire/comparison.ts';
import { dataStateOf } from '../toWire/dataState.ts';
import { floatScores, quantizedScores } from '../toWire/evaluation.ts';
import { fileLineOf } from '../toWire/fileLine.ts';
import { version } from '../version.ts';
import { filesOf, originOf } from './origin.ts';
import { savedState } from './sessionReport.ts';
import type {
  ComparedPair,
  ComparedScores,
  ComparisonInput,
  PairChange,
  ReportedSide,
  ScoreRow,
} from './comparisonInput.ts';
import { comparisonVerdict } from './comparisonVerdict.ts';

/** Two sides that were compared, for a report; their weights are read once more, to tell what changed. */
export async function comparedReport(
  session: Session,
  compared: Compared,
  job: Job,
): Promise<ComparisonInput> {
  const comparison = comparisonOf(session, compared);
  const { figure, layers, unmatched, isUnlike, words, notes } = comparison;
  const { target, data } = session.state;
  const pairs: ComparedPair[] = [];
  const isQuantized = compared.sides.some((one) => one.isQuantized);
  for (const [at, layer] of layers.entries()) {
    await job.checkpoint(at, layers.length, layer.name);
    const match = compared.matching.matches[at];
    if (match) pairs.push(pairOf(layer, match, { isUnlike: isUnlike === true, isQuantized }));
  }
  const sides = sidesOf(session, compared, comparison);
  const evaluation = scoresOf(session, compared, sides);
  const found = {
    sides,
    figure,
    pairs,
    unmatched,
    ...(isUnlike ? { isUnlike } : {}),
    words,
    remarks: notes,
    target,
    targetLabel: targetLabel(target),
    ...(evaluation ? { evaluation } : {}),
  };
  return {
    ...found,
    verdict: comparisonVerdict(found),
    ...(data ? { data: dataStateOf(data, session.seed), indices: data.indices } : {}),
    seed: session.seed,
    origin: await originOf(
      compared.sides.flatMap(({ side, document }) =>
        filesOf(document, side.kind === 'other' ? side.title : undefined),
      ),
      await ownState(session, compared),
      job,
    ),
    madeBy: 'Rangefinder in VS Code',
    version,
    isPreview: session.state.preview !== undefined && compared.sides.some(isShown),
    issues: [],
    settings: [
      { name: 'Engine', value: session.context().engine?.name ?? 'none' },
      { name: 'Node', value: process.version },
    ],
  };
}

/** What is to be said of the session's own file, where it is one of the two. */
async function ownState(session: Session, { sides }: Compared): ReturnType<typeof savedState> {
  const { isUnsaved, isChangedOnDisk } = await savedState(session);
  const isOwn = sides.some(({ side }) => side.kind !== 'other');
  return { isUnsaved: isUnsaved && sides.some(isShown), isChangedOnDisk: isOwn && isChangedOnDisk };
}

const isShown = ({ side }: Standing): boolean => side.kind === 'now';

/** Titles of sides of the session's own model name it; two files of one name are told apart. */
function sidesOf(
  session: Session,
  compared: Compared,
  { sides }: Comparison,
): readonly [ReportedSide, ReportedSide] {
  const one = (at: 0 | 1): ReportedSide => {
    const { side, document, isQuantized } = compared.sides[at];
    const isOwn = side.kind !== 'other';
    return {
      title: isOwn ? ownTitle(session, compared.sides[at]) : side.title,
      head: sides[at].head,
      words: sides[at].words,
      file: fileLineOf(
        document,
        isOwn && side.kind === 'now' ? session.shownGraph : document.graph,
      ),
      isQuantized,
      isFloat: side.kind === 'float',
    };
  };
  return [one(0), one(1)];
}

function ownTitle({ name, kind, state }: Session, { side }: Standing): string {
  if (kind === 'quantized') return name;
  const now = state.preview ? 'as it would be' : 'now';
  const words = { float: 'float', opened: 'as opened', now, other: '' } as const;
  return `${name} (${words[side.kind]})`;
}

/** What of the two models tells how a pair is to be read. */
interface Both {
  readonly isUnlike: boolean;
  /** One of them is: its biases are integers, and are not read. */
  readonly isQuantized: boolean;
}

function pairOf(
  layer: ComparedLayer,
  match: LayerMatch,
  { isUnlike, isQuantized }: Both,
): ComparedPair {
  const difference = layerDifference(match);
  const { weight, bias } = difference;
  const [first, second, weights, activations] = (
    ['first', 'second', 'weights', 'activations'] as const
  ).map((field) => fromWire(layer[field] ?? 'nan')) as [number, number, number, number];
  const gain = isUnlike ? NaN : gainOf(first, second);
  const holds = holdsBack(weights, activations);
  return {
    ...layer,
    apart: toWire(weight.sqnrDb),
    change: changeOf(match, difference, isQuantized),
    maxAbs: toWire(weight.maxAbs),
    ...(bias ? { biasApart: toWire(bias.sqnrDb) } : {}),
    ...(Number.isNaN(gain) ? {} : { gain }),
    ...(holds ? { holds } : {}),
  };
}

function changeOf(
  match: LayerMatch,
  { weight, bias }: LayerDifference,
  isQuantized: boolean,
): PairChange {
  if (weight.sqnrDb <= sameDb) {
    return channelFactors(match) ? 'rescaled' : 'weights';
  }
  const [own, others] = [match.first.bias, match.second.bias];
  const isOneAlone = !isQuantized && (own === undefined) !== (others === undefined);
  const isOther = bias ? bias.sqnrDb <= sameDb : isOneAlone;
  return isOther ? 'biases' : 'same';
}

/** The outputs of both, where they were judged. */
function scoresOf(
  session: Session,
  { sides, figure }: Compared,
  reported: readonly [ReportedSide, ReportedSide],
): ComparedScores | undefined {
  const { data } = session.state;
  const known = sides.flatMap(({ measured }) => measured?.scores ?? []);
  const [any] = known;
  if (!data || !any || figure !== 'soFar') return undefined;
  const rows: ScoreRow[] = [];
  for (const [at, { side, measured }] of sides.entries()) {
    const scores = measured?.scores;
    if (!scores || side.kind === 'float') continue;
    const title = reported[at]?.title ?? '';
    rows.push({ state: at === 0 ? 'first' : 'second', title, ...quantizedScores(scores) });
  }
  const floats = sides.flatMap(({ measured }, at): ScoreRow[] => {
    const scores = measured?.scores;
    if (!scores) return [];
    return [
      { state: 'float', title: `Float of ${reported[at]?.title ?? ''}`, ...floatScores(scores) },
    ];
  });
  const [one, ...others] = floats;
  const isOne = one && others.every((row) => sameFigures(row, one));
  const [first, second] = sides.map(({ side, measured }) =>
    side.kind === 'float' ? undefined : measured?.scores?.quantized,
  );
  const isSame = first?.samples.index.join() === second?.samples.index.join();
  const [own, theirs] = [first?.accuracy?.isRight, second?.accuracy?.isRight];
  const test = isSame && own?.length === theirs?.length && own && theirs && pairedTest(own, theirs);
  return {
    rows: [...(isOne ? [{ ...one, title: 'Float' }] : floats), ...rows],
    samples: any.samples,
    source: data.samples.source === '' ? basename(data.choice.path) : data.samples.source,
    isSynthetic: data.isSynthetic,
    ...(test ? { paired: test } : {}),
  };
}

const sameFigures = (one: ScoreRow, other: ScoreRow): boolean =>
  JSON.stringify({ ...one, title: '' }) === JSON.stringify({ ...other, title: '' });
