import type { NodeId } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import type { Job } from '../core/job.ts';
import { isLeftInFloat } from '../core/quant/apart.ts';
import type { ClearApplied } from '../core/passes/clearDeadChannels.ts';
import { describeWeights } from '../core/reports/cockpit.ts';
import type { CockpitSet, DeadAt } from '../core/reports/cockpitStrips.ts';
import { changeText } from '../core/reports/words.ts';
import type { CockpitState } from '../protocol/cockpit.ts';
import type { Phrase } from '../protocol/model.ts';
import { toWire } from '../protocol/wire.ts';
import type { Insight } from '../session/analyst.ts';
import { cockpitDataOf } from './cockpitData.ts';
import { Refused } from '../refused.ts';
import { scaledSets, type ScaledSet } from '../session/scaledSets.ts';
import { setsIn, setsWhenFolded } from '../session/setsIn.ts';
import type { Session } from '../session/session.ts';
import { judgedByLayer } from './score.ts';

/** Why, for one layer: its sets over one channel axis, its weights on the grid, the cause in words. */
export async function cockpitOf(session: Session, id: number, job: Job): Promise<CockpitState> {
  const { insight } = session.analyst;
  const { revision, state, shownRecords } = session;
  const drawn = judgedByLayer(insight);
  const layers = new Map(
    insight.layers.map((layer) => [layer.node.id, drawn.now.get(layer.node.id)?.layer ?? layer]),
  );
  const layer = layers.get(id);
  if (!layer) {
    throw new Refused({ code: 'unknown-layer', message: `${session.name} has no layer ${id}.` });
  }
  const isFloat = session.kind === 'float';
  const scaled = isFloat ? scaledSets(shownRecords, insight.forecast) : [];
  const mine = scaled.filter(({ nodes }) => nodes.includes(id));
  const cockpit = await describeWeights(
    {
      layer,
      target: state.target,
      sets: mine.map((set) => cockpitSet(session, set, layers, scaled.indexOf(set) + 1)),
      opened: new Map([...drawn.before].map(([node, report]) => [node, report.layer])),
      dead: deadChannels(session),
    },
    job,
  );
  const { cause, now, sets, levels, statistics } = cockpit;
  const { min, max, mean, std, kurtosis } = statistics;
  const { measurement } = session.measurer;
  const data = measurement && cockpitDataOf(measurement, layer.name);
  const noSet = mine.length === 0 && isFloat ? whyNoSet(session, id) : undefined;
  return {
    ...(data ? { data } : {}),
    revision,
    layer: id,
    cause:
      isFoldedOnlyHere(insight, layer) && !isLeftInFloat(state.target, layer.name)
        ? [foldedFirst, ...cause]
        : cause,
    ...(now ? { now } : {}),
    actions: actionsFor(session, id, mine),
    sets,
    ...(noSet === undefined ? {} : { noSet }),
    levels,
    statistics: { min, max, mean, std, kurtosis: toWire(kurtosis) },
  };
}

/** What is drawn has a batch norm in it that still stands by itself in the file. */
const isFoldedOnlyHere = ({ layers, folded }: Insight, { node, weight }: Layer): boolean =>
  folded.isNeeded && layers.find((one) => one.node.id === node.id)?.weight !== weight;
const foldedFirst: Phrase = {
  text: 'Its batch norm is folded in here: this is what the target rounds. ',
};

function cockpitSet(
  session: Session,
  { nodes, scale, isApplied }: ScaledSet,
  layers: ReadonlyMap<NodeId, Layer>,
  number: number,
): CockpitSet {
  const members = nodes.map((node) => layers.get(node)).filter((layer) => layer !== undefined);
  const channelAt = channelsBetween(session, nodes.at(-2), nodes.at(-1));
  return {
    title: `Set ${number}`,
    layers: members,
    scale,
    isApplied,
    ...(channelAt ? { channelAt } : {}),
  };
}

/**
 * The channel of one layer at each input of the next, where they are not the same: sets are those of
 * the model with its batch norms folded, as shown, or as opened where scaling put nodes between.
 */
function channelsBetween(
  { shownGraph, state }: Session,
  from: NodeId | undefined,
  to: NodeId | undefined,
): Int32Array | undefined {
  if (from === undefined) return undefined;
  const link = [shownGraph, state.base]
    .map((graph) => setsWhenFolded(graph).links.after.get(from))
    .find((one) => one?.to.node.id === to);
  return link?.channelAt;
}

/** What clearing found, by layer: channels that are always 0. */
function deadChannels(session: Session): Map<NodeId, DeadAt> {
  const dead = new Map<NodeId, { made: number[]; read: number[] }>();
  const at = (id: NodeId): { made: number[]; read: number[] } => {
    const entry = dead.get(id) ?? { made: [], read: [] };
    dead.set(id, entry);
    return entry;
  };
  const { forecast } = session.analyst.insight;
  const done = session.shownRecords.flatMap((r) =>
    r.step === 'clear' && r.notKept === undefined ? r.applied : [],
  );
  const places = [...done, ...(forecast?.results.get('clear')?.applied ?? [])] as ClearApplied[];
  for (const { makerNode, readerNode, channels, constant, readerChannels } of places) {
    at(makerNode).made.push(...channels.filter((_, i) => constant[i] === 0));
    at(readerNode).read.push(...readerChannels.flatMap((own, i) => (constant[i] === 0 ? own : [])));
  }
  return dead;
}

function whyNoSet({ shownGraph, analyst }: Session, id: NodeId): string {
  const { forecast } = analyst.insight;
  const skipped = forecast?.results.get('equalize')?.skipped ?? setsIn(shownGraph).skipped;
  const reason = skipped.find((skip) => skip.node === id)?.reason;
  return reason === undefined ? 'In no set.' : `In no set: ${reason.replace(/\.$/, '')}.`;
}

/** What the outputs would keep with only this layer rounded, where samples have said it. */
function aloneIfEqualized({ measurer, analyst }: Session, id: NodeId): string | undefined {
  const { measurement } = measurer;
  const name = analyst.insight.layers.find(({ node }) => node.id === id)?.name ?? '';
  if (!measurement || measurement.isStale) return undefined;
  const [was, is] = [measurement.now.sensitivity?.[name]?.alone, measurement.now.equalized?.[name]];
  return was === undefined || is === undefined ? undefined : `alone ${changeText(was, is)}`;
}

function actionsFor(
  session: Session,
  id: NodeId,
  sets: readonly ScaledSet[],
): CockpitState['actions'] {
  if (session.kind !== 'float' || session.state.preview) return [];
  const { now, folded, equalized } = session.analyst.insight;
  if (sets.some(({ isApplied }) => isApplied)) {
    return [{ kind: 'undoLayer', label: 'Undo for this layer', note: '' }];
  }
  if (sets.length === 0) {
    return [{ kind: 'ledger', label: 'Why it is in no set', note: '' }];
  }
  const measured = aloneIfEqualized(session, id);
  const [was, is] = [folded.now.get(id) ?? now.get(id), equalized.get(id)];
  const note =
    measured ??
    (was?.isMeasured && is?.isMeasured
      ? `weights ${changeText(was.figures.sqnrChosen, is.figures.sqnrChosen)}`
      : '');
  return [{ kind: 'previewSet', label: 'Preview equalizing this set', note }];
}
