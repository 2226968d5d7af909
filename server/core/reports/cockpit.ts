import type { NodeId } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';
import type { Job } from '../job.ts';
import { absMaxByInput } from '../kernels/channels.ts';
import { isLeftInFloat, targetOf } from '../quant/apart.ts';
import type { Target } from '../quant/targets.ts';
import {
  rangesIn,
  stripsOf,
  type CockpitSet,
  type DeadAt,
  type DrawnSet,
} from './cockpitStrips.ts';
import { figuresIn, figuresOf, noiseMeasurement, type GridFigures } from './gridFigures.ts';
import { levelHistogram, type LevelHistogram } from './levelHistogram.ts';
import { scanWeightIn } from './scanWeight.ts';
import { countText, decibelText, nounText, timesText, withUnit } from './words.ts';
import { momentMeasurement, type WeightStatistics } from './weightStatistics.ts';

/** A piece of a sentence. */
export interface CockpitPhrase {
  readonly text: string;
  readonly tone?: 'strong' | 'bad' | 'dim';
}

/** What the cockpit of a layer is made from. */
export interface CockpitInput {
  readonly layer: Layer;
  readonly target: Target;
  /** The sets that the layer is in; none: it gets its own strip. */
  readonly sets: readonly CockpitSet[];
  /** Layers as opened, where their weights are others by now. */
  readonly opened: ReadonlyMap<NodeId, Layer>;
  /** By layer: channels that are always 0. */
  readonly dead: ReadonlyMap<NodeId, DeadAt>;
}

/** Why, for one layer. */
export interface Cockpit {
  /** The cause in words, of the layer as opened. */
  readonly cause: readonly CockpitPhrase[];
  /** What became of it; absent while the layer is as opened. */
  readonly now?: readonly CockpitPhrase[];
  readonly sets: readonly DrawnSet[];
  readonly levels: { readonly now: LevelHistogram; readonly before?: LevelHistogram };
  readonly statistics: WeightStatistics;
  readonly figures: GridFigures;
}

interface Measured {
  readonly statistics: WeightStatistics;
  readonly figures: GridFigures;
}

/** Everything that the cockpit shows of a layer. */
export async function describeWeights(input: CockpitInput, job: Job): Promise<Cockpit> {
  const { layer, target } = input;
  const opened = input.opened.get(layer.node.id);
  const now = await measured(layer, target, job);
  const before = opened ? await measured(opened, target, job) : undefined;
  const own: CockpitSet = { title: layer.name, layers: [layer], isApplied: false };
  const sets = [];
  for (const set of input.sets.length > 0 ? input.sets : [own])
    sets.push(await stripsOf(set, input, job));
  const histogram = (of: Layer, { statistics }: Measured): Promise<LevelHistogram> =>
    levelHistogram(of, statistics, targetOf(target, layer.name), job);
  return {
    cause: causeOf(input, before ?? now, before !== undefined),
    ...(before ? { now: nowOf(now, before) } : {}),
    sets,
    levels: {
      now: await histogram(layer, now),
      ...(before && opened ? { before: await histogram(opened, before) } : {}),
    },
    statistics: now.statistics,
    figures: now.figures,
  };
}

async function measured(layer: Layer, target: Target, job: Job): Promise<Measured> {
  const ranges = await rangesIn(layer, job);
  const moments = momentMeasurement(layer, ranges);
  const noise = noiseMeasurement(layer, ranges, targetOf(target, layer.name));
  await scanWeightIn(job, layer, [...moments.collectors, ...noise.collectors]);
  const statistics = moments.finish();
  const made = noise.finish();
  return {
    statistics,
    figures: figuresIn(target, layer, (own) => figuresOf(statistics, own, made)),
  };
}

/** `The widest channel is 171× the median. 53 of 256 channels lie below half a step ...` */
function causeOf(
  { layer, target, dead }: CockpitInput,
  { statistics, figures }: Measured,
  isPast: boolean,
): CockpitPhrase[] {
  if (statistics.fault !== undefined) return [{ text: `${statistics.fault}.`, tone: 'bad' }];
  if (isLeftInFloat(target, layer.name)) return [{ text: 'The target leaves it in float.' }];
  const the = isPast ? 'As opened: the' : 'The';
  const phrases: CockpitPhrase[] = [
    { text: `${the} widest channel is ` },
    { text: timesText(figures.spread), tone: 'strong' },
    { text: ' the median. ' },
  ];
  const isShared = target.granularity === 'tensor';
  if (figures.lostChannels > 0) {
    const [lie, round] = figures.lostChannels === 1 ? ['lies', 'rounds'] : ['lie', 'round'];
    const share = `${countText(figures.lostChannels)} of ${countText(layer.outChannels)}`;
    phrases.push(
      { text: share, tone: 'bad' },
      { text: ` channels ${lie} below half a step and ${round} to 0. ` },
    );
  }
  const zeros = dead.get(layer.node.id)?.read ?? [];
  if (zeros.length > 0) {
    const [are, their] = zeros.length === 1 ? ['is', 'its'] : ['are', 'their'];
    const holds =
      isShared && holdsScale(layer, zeros) ? `, yet ${their} weights set the scale` : '';
    phrases.push({
      text: `${nounText(zeros.length, 'channel')} it reads ${are} always 0${holds}. `,
    });
  }
  const { sqnrTensor, sqnrChannel } = figures;
  phrases.push(
    sqnrTensor === Infinity
      ? { text: 'All its weights lie on the grid: nothing is lost.' }
      : {
          text: `One scale per channel ${isShared ? 'would give' : 'gives'} ${sqnrChannel === Infinity ? 'no error' : decibelText(sqnrChannel)} instead of ${decibelText(sqnrTensor)} dB.`,
        },
  );
  return phrases;
}

/** Does the largest |w| of the whole weight lie on one of these input channels? */
function holdsScale(layer: Layer, inputs: readonly number[]): boolean {
  const byInput = absMaxByInput(readFloats(layer.weight), layer.layout);
  const on = new Set(inputs);
  let [held, other] = [0, 0];
  for (const [input, max] of byInput.entries()) {
    if (on.has(input)) held = Math.max(held, max);
    else other = Math.max(other, max);
  }
  return held > other;
}

/** `Now: spread 9.4×, weights 31.2 dB, were 22.7 dB.` */
function nowOf(now: Measured, before: Measured): CockpitPhrase[] {
  if (now.statistics.fault !== undefined)
    return [{ text: `${now.statistics.fault}.`, tone: 'bad' }];
  return [
    { text: `Now: spread ${timesText(now.figures.spread)}, weights ` },
    { text: withUnit(now.figures.sqnrChosen), tone: 'strong' },
    { text: `, were ${withUnit(before.figures.sqnrChosen)}.` },
  ];
}
