import { resolvingConstants } from '../graph/constants.ts';
import { GraphDraft } from '../graph/draft.ts';
import { whyBare, whyFixed } from '../graph/fixed.ts';
import { floatAttribute, type Graph, type NodeId } from '../graph/graph.ts';
import { at } from '../graph/interval.ts';
import { layerOf, type Layer, type Wiring } from '../graph/layer.ts';
import { effectiveBias } from '../graph/layerFacts.ts';
import { finish, weightedSumsInParts } from '../kernels/inParts.ts';
import { addQuotient, positionsOtherThan, subtractFrom, times } from '../kernels/vectors.ts';
import { addToBias } from '../sets/addToBias.ts';
import type { Refusal } from '../sets/channelPlace.ts';
import { boundsAt, opsetOf, setClampBounds } from '../sets/clamps.ts';
import { findLinks, type Link } from '../sets/links.ts';
import { planOf, type Plan } from '../sets/planAbsorption.ts';
import { atPositions } from '../sets/scaleFactors.ts';
import { lazyIntervals, lazyShapes } from '../sets/shapes.ts';
import { correspondenceOf } from '../sets/writeScaling.ts';
import type { Correspondence, GraphPass, Skip } from './pass.ts';

/** How high biases are absorbed. */
export interface AbsorbOptions {
  /** Pairs of layers by name; empty: all. */
  readonly pairs: readonly (readonly string[])[];
  /** Only pairs with one of these layers; empty: all. */
  readonly layers: readonly string[];
  readonly ignore: readonly string[];
  /** With a ReLU between: how many standard deviations below the mean is taken. */
  readonly sigmas: number;
  /** Absorb although the second layer is padded, which changes values at its borders. */
  readonly allowBorderEffect: boolean;
}

/** One pair of layers between which a part of the bias moved. */
export interface AbsorbApplied {
  readonly layers: readonly [string, string];
  readonly nodes: readonly [NodeId, NodeId];
  /** Channels of the first layer that gave something, of how many. */
  readonly channels: number;
  readonly of: number;
  /** What was taken from each channel. */
  readonly c: Float64Array;
  /** Largest change of an output value of the second layer where it sees padding; 0 where none. */
  readonly borderEffect: number;
  /** Share of its output positions that see padding, 0 to 1. */
  readonly borderShare: number;
  readonly reluBetween: boolean;
}

/**
 * Moves what a channel always exceeds from the bias of a layer into that of the next
 * (algorithms.md 4), so that activations need a smaller range.
 *
 *   before  x -> L1(W1, b1) -> relu -> L2(W2, b2) -> y
 *   after   x -> L1(W1, b1 - c) -> relu -> L2(W2, b2 + sum(W2)*c) -> y   c = max(0, mean - 3*std)
 *
 * mean and std come from the batch norm that was folded into L1. Without an activation between,
 * c is the mean, and the change is exact.
 */
export const absorbHighBias: GraphPass<AbsorbOptions, AbsorbApplied> = {
  id: 'absorbHighBias',
  title: 'Absorb high biases',
  defaults: { pairs: [], layers: [], ignore: [], sigmas: 3, allowBorderEffect: false },
  async run(graph, options, job) {
    const draft = new GraphDraft(graph);
    const wiring = resolvingConstants(draft);
    const shapeOf = lazyShapes(graph);
    const found = findLinks(graph, wiring, shapeOf, () => undefined);
    const links = [...found.after.values()].filter((link) => isWanted(link, options));
    const skipped: Skip[] = [...found.skipped, ...unknownPairs(options, [...found.after.values()])];
    const applied: AbsorbApplied[] = [];
    const correspondences: Correspondence[] = [];
    const planning = { ...options, opset: opsetOf(graph) };
    const throughRelu: Taken[] = [];
    let isExact = true;
    for (const [done, link] of links.entries()) {
      const ignored = options.ignore.find((name) => isIn(link, name));
      const pause = (): Promise<void> => job.checkpoint(done, links.length, link.from.name);
      await pause();
      const plan =
        (ignored === undefined ? whyNotHere(link, graph) : leftAlone(ignored)) ??
        (await finish(planOf(draft, wiring, link, shapeOf, planning), pause));
      if ('reason' in plan) {
        skipped.push(skipOf(link, plan));
        continue;
      }
      if (plan.refused) {
        const channels = { left: plan.refused.left, of: plan.c.length };
        skipped.push({ ...skipOf(link, plan.refused), channels });
      }
      if (plan.channels === 0) continue;
      const perInput = atPositions(plan.c, link.channelAt);
      const sums = weightedSumsInParts(plan.weight, link.to.layout, perInput);
      absorb(draft, wiring, link, plan, await finish(sums, pause));
      if (plan.effect.largest > 0) isExact = false;
      if (plan.between.isRelu) throughRelu.push({ link, c: plan.c });
      // Zeros that a Pad node adds do not move with the rest.
      const isPadded = link.steps.some(({ kind }) => kind === 'pad');
      const same = isPadded ? undefined : correspondenceOf(link, plan.c);
      if (same) {
        const offset = same.divisor ?? plan.c;
        correspondences.push({
          before: same.before,
          after: same.after,
          offset,
          // Only a proof asks for them.
          get changed() {
            return positionsOtherThan(0, offset);
          },
        });
      }
      applied.push({
        layers: [link.from.name, link.to.name],
        nodes: [link.from.node.id, link.to.node.id],
        channels: plan.channels,
        of: plan.c.length,
        c: plan.c,
        borderEffect: plan.effect.largest,
        borderShare: plan.effect.share,
        reluBetween: plan.between.isRelu,
      });
    }
    isExact &&= throughRelu.every(mayBeAbove) && areSurelyAbove(throughRelu, graph);
    return { graph: draft.close(), edits: draft.edits, applied, skipped, isExact, correspondences };
  },
};

interface Taken {
  readonly link: Link;
  readonly c: Float64Array;
}

/**
 * False where the bias alone is below what is taken: with an input of zeros, which hardly any
 * interval leaves out, so would be the output. Saves reading all weights in nearly all cases.
 */
function mayBeAbove({ link, c }: Taken): boolean {
  const bias = effectiveBias(link.from);
  return c.every((taken, channel) => taken === 0 || (bias?.[channel] ?? 0) >= taken);
}

/** True where no value can be below what is taken: then even a ReLU changes nothing. */
function areSurelyAbove(all: readonly Taken[], graph: Graph): boolean {
  const intervalOf = lazyIntervals(graph);
  return all.every(({ link, c }) => {
    const interval = intervalOf(link.from.output);
    if (!interval) return false;
    return c.every((taken, channel) => taken === 0 || at(interval.lo, channel) >= taken);
  });
}

/** Changes both biases, the bounds between them and the statistics; `sums`: sum(W2)*c. */
function absorb(
  draft: GraphDraft,
  wiring: Wiring,
  link: Link,
  { c }: Plan,
  sums: Float64Array,
): void {
  const now = (layer: Layer): Layer => {
    const node = draft.node(layer.node.id);
    const found = node && layerOf(node, wiring);
    if (!found) throw new Error(`${layer.name} is no layer any more`);
    return found;
  };
  addToBias(draft, now(link.from), times(c, -1));
  const alpha = link.to.kind === 'gemm' ? floatAttribute(link.to.node, 'alpha', 1) : 1;
  addToBias(draft, now(link.to), times(sums, alpha));
  lowerCaps(draft, link, c);
  const { output } = now(link.from);
  const known = draft.statistics(output);
  if (!known) return;
  const absorbed = new Float64Array(known.absorbed);
  addQuotient(absorbed, c, 1);
  draft.setStatistics(output, { ...known, absorbed });
}

/** min(max(x, 0), cap) - c = min(max(x - c, 0), cap - c) for x >= c (algorithms.md 4 R). */
function lowerCaps(draft: GraphDraft, link: Link, c: Float64Array): void {
  for (const step of link.steps) {
    if (step.kind !== 'clamp') continue;
    const { lo, hi } = boundsAt(step.activation, step.before.size);
    subtractFrom(hi, atPositions(c, step.before.channelAt));
    setClampBounds(draft, step.activation, { lo, hi }, step.before, link.from.weight.type);
  }
}

/** Why the file could not hold what absorbing on this link makes. */
function whyNotHere({ from, to, steps }: Link, graph: Graph): Refusal | undefined {
  const fixed =
    whyFixed(graph.fixed, from.node) ??
    whyFixed(graph.fixed, to.node) ??
    whyBare(graph.lacksBias, from.node) ??
    whyBare(graph.lacksBias, to.node);
  if (fixed || !graph.lacksChannelCaps || steps.every(({ kind }) => kind !== 'clamp')) return fixed;
  return {
    code: 'no-caps',
    reason: `the bound of the activation behind ${from.name} would differ from channel to channel, which the file's format has no layer for`,
    remedy: 'Save the model as ONNX, which can hold such bounds.',
  };
}

const isIn = ({ from, to }: Link, name: string): boolean => from.name === name || to.name === name;

function isWanted(link: Link, { pairs, layers }: AbsorbOptions): boolean {
  if (layers.length > 0 && !layers.some((name) => isIn(link, name))) return false;
  const { from, to } = link;
  return pairs.length === 0 || pairs.some(([a, b]) => a === from.name && b === to.name);
}

const unknownPairs = ({ pairs }: AbsorbOptions, links: readonly Link[]): Skip[] =>
  pairs
    .filter(([a, b]) => !links.some((link) => link.from.name === a && link.to.name === b))
    .map((names) => ({
      code: 'unknown-pair',
      place: names.join(', '),
      reason: `${names[1] ?? '?'} does not follow ${names[0] ?? '?'} directly`,
    }));

function skipOf(link: Link, { code, reason, remedy }: Refusal): Skip {
  const skip = {
    code,
    place: `${link.from.name}, ${link.to.name}`,
    node: link.from.node.id,
    reason,
  };
  return remedy === undefined ? skip : { ...skip, remedy };
}

const leftAlone = (name: string): Refusal => ({
  code: 'ignored',
  reason: `${name} is on the list of layers to leave alone`,
  remedy: `Take ${name} off that list.`,
});
