import { resolvingConstants } from '../graph/constants.ts';
import { GraphDraft } from '../graph/draft.ts';
import type { Graph, NodeId } from '../graph/graph.ts';
import type { Wiring } from '../graph/layer.ts';
import { wiringOf } from '../graph/wiring.ts';
import type { Job } from '../job.ts';
import { areAll } from '../kernels/vectors.ts';
import { chooseSets } from '../sets/chooseSets.ts';
import { findSets, type ClsSet } from '../sets/findSets.ts';
import type { Link } from '../sets/links.ts';
import { limitsOf } from '../sets/limits.ts';
import { lazyIntervals, lazyShapes } from '../sets/shapes.ts';
import { Scaling } from '../sets/scaling.ts';
import { whyNotScale, type Relu6Handling } from '../sets/whyNotScale.ts';
import { correspondenceOf, isActivation, writeClamps, writeLayer } from '../sets/writeScaling.ts';
import type { Correspondence, GraphPass, PassResult, Skip } from './pass.ts';

/** How cross-layer scaling is done. */
export interface EqualizeOptions {
  /** Passes over all sets in model order, or until no factor moves. */
  readonly passes: number | 'converge';
  /** `aimet`: exactly the sets of algorithms.md 3.1 and 3.2. */
  readonly sets: 'ours' | 'aimet';
  /** Sets by the names of their layers; empty: all that are found. */
  readonly only: readonly (readonly string[])[];
  /** Only sets with one of these layers; empty: all. */
  readonly layers: readonly string[];
  readonly ignore: readonly string[];
  /**
   * A ReLU6 (or another clamp) between two layers. `cap`: exact bounds per channel, or as `bound`
   * where the format has none; `keep`: such a pair is left alone; `relu`: its upper bound is
   * dropped, which is not exact; `bound`: it stays as it is, and factors are held where that is
   * provably exact (algorithms.md 2 R).
   */
  readonly relu6: Relu6Handling;
  /** Factors stay within 1/maxFactor and maxFactor. */
  readonly maxFactor: number;
}

/** One set that was scaled. */
export interface EqualizeApplied {
  /** Names of the layers, in the order of the data. */
  readonly layers: readonly string[];
  readonly nodes: readonly NodeId[];
  /** One a joint: is there an activation between the two layers. */
  readonly reluBetween: readonly boolean[];
  /** One a joint: what each channel was divided by. */
  readonly scale: readonly Float64Array[];
  /** Largest over median range of the output channels, in the worst of the layers but the last. */
  readonly spreadBefore: number;
  readonly spreadAfter: number;
  /** Min (and Max) nodes added to keep a ReLU6 exact. */
  readonly capsAdded: number;
  /** Channels whose factor a limit holds back. */
  readonly clamped: number;
  /** A bound that the file's format has for all channels only is what holds them back. */
  readonly isHeldByFormat?: true;
}

/** Where iterating stops (algorithms.md 3.4). */
const converged = 1e-4;
const mostPasses = 1000;

/**
 * Scales neighbouring layers so that their channels have equal ranges (algorithms.md 3).
 *
 *   before  x -> L1(W1, b1) -> f -> L2(W2, b2) -> y
 *   after   x -> L1(W1/s, b1/s) -> f' -> L2(W2*s, b2) -> y   s = sqrt(max|W1| / max|W2|) per channel
 *
 * f is positively homogeneous, f' = f; or f is a clamp, and f' has its bounds divided by s.
 */
export const equalizeLayers: GraphPass<EqualizeOptions, EqualizeApplied> = {
  id: 'equalizeLayers',
  title: 'Equalize layers',
  defaults: {
    passes: 1,
    sets: 'ours',
    only: [],
    layers: [],
    ignore: [],
    relu6: 'cap',
    maxFactor: 1e4,
  },
  async run(graph, given, job) {
    const isBounded = given.relu6 === 'cap' && graph.lacksChannelCaps === true;
    const options = isBounded ? { ...given, relu6: 'bound' as const } : given;
    const wiring = resolvingConstants(wiringOf(graph));
    const shapeOf = lazyShapes(graph);
    const throughClamps = options.relu6 !== 'keep';
    const found = findSets(graph, { sets: options.sets, throughClamps }, shapeOf, wiring);
    const chosen = chooseSets(found.sets, found.links, options);
    const skipped = [...found.skipped, ...chosen.skipped];
    const intervalOf = options.relu6 === 'bound' ? lazyIntervals(graph) : undefined;
    const scaling = new Scaling(limitsOf(options.maxFactor, intervalOf), () =>
      job.checkpoint(1, 2),
    );
    const sets = await usable(chosen.sets, graph, wiring, options, scaling, skipped, job);
    const before = await spreads(sets, scaling);
    await scaleAll(sets, scaling, options.passes, job);
    return write(graph, sets, before, scaling, options, skipped, job);
  },
};

/** The sets that can be scaled; why not the others. Reads the weights. */
async function usable(
  sets: readonly ClsSet[],
  graph: Graph,
  wiring: Wiring,
  options: EqualizeOptions,
  scaling: Scaling,
  skipped: Skip[],
  job: Job,
): Promise<ClsSet[]> {
  const kept: ClsSet[] = [];
  for (const [done, set] of sets.entries()) {
    await job.checkpoint(done, 3 * sets.length, `Reading ${set.layers[0]?.name ?? ''}`);
    const why = await whyNotScale(set, graph, wiring, options, scaling);
    if (why)
      skipped.push({ ...why, place: namesOf(set).join(', '), node: set.layers[0]?.node.id ?? -1 });
    else kept.push(set);
  }
  return kept;
}

async function spreads(sets: readonly ClsSet[], scaling: Scaling): Promise<number[]> {
  const all: number[] = [];
  for (const set of sets) all.push(await scaling.spread(set));
  return all;
}

async function scaleAll(
  sets: readonly ClsSet[],
  scaling: Scaling,
  passes: number | 'converge',
  job: Job,
): Promise<void> {
  const most = passes === 'converge' ? mostPasses : passes;
  for (let pass = 0; pass < most; pass++) {
    let moved = 0;
    for (const set of sets) {
      await job.checkpoint(1, 3, `Scaling, pass ${pass + 1}`);
      moved = Math.max(moved, await scaling.scale(set));
    }
    if (moved === 0 || (passes === 'converge' && moved < converged)) return;
  }
}

async function write(
  graph: Graph,
  sets: readonly ClsSet[],
  spreadBefore: readonly number[],
  scaling: Scaling,
  options: EqualizeOptions,
  skipped: Skip[],
  job: Job,
): Promise<PassResult<EqualizeApplied>> {
  const draft = new GraphDraft(graph);
  const spreadAfter = await spreads(sets, scaling);
  const layers = [...scaling.layers.values()];
  for (const [done, scaled] of layers.entries()) {
    await job.checkpoint(layers.length + done, 2 * layers.length, scaled.layer.name);
    await writeLayer(draft, scaled);
    // The old weight is let go as soon as the new one is there.
    scaling.layers.delete(scaled.layer.node.id);
  }
  const applied: EqualizeApplied[] = [];
  const isOneBound = graph.lacksChannelCaps === true && options.relu6 === 'bound';
  const written = new WrittenLinks(draft, options.relu6);
  for (const [at, set] of sets.entries()) {
    const scales = set.links.map((link) => scaling.link(link));
    const clamped = scales.reduce((sum, each) => sum + each.clamped.size, 0);
    if (scales.every(({ total }) => isOne(total))) {
      skipped.push(balanced(set, clamped > 0, isOneBound));
      continue;
    }
    applied.push({
      layers: namesOf(set),
      nodes: set.layers.map((layer) => layer.node.id),
      reluBetween: set.links.map((link) => link.steps.some(isActivation)),
      scale: scales.map(({ total }) => total),
      spreadBefore: spreadBefore[at] ?? 1,
      spreadAfter: spreadAfter[at] ?? 1,
      capsAdded: scales.reduce((sum, { link, total }) => sum + written.write(link, total), 0),
      clamped,
      ...(isOneBound && clamped > 0 && hasClamp(set) ? { isHeldByFormat: true } : {}),
    });
  }
  const { isExact, correspondences } = written;
  return { graph: draft.close(), edits: draft.edits, applied, skipped, isExact, correspondences };
}

/** Changes what lies between layers; each link once, however many sets share it. */
class WrittenLinks {
  readonly correspondences: Correspondence[] = [];
  isExact = true;
  readonly #done = new Set<Link>();

  constructor(
    private readonly draft: GraphDraft,
    private readonly relu6: Relu6Handling,
  ) {}

  /** Answers the number of Min and Max nodes added. */
  write(link: Link, total: Float64Array): number {
    if (this.#done.has(link) || isOne(total)) return 0;
    this.#done.add(link);
    const same = correspondenceOf(link, total);
    if (same) this.correspondences.push(same);
    if (this.relu6 === 'bound' || this.relu6 === 'keep') return 0;
    if (this.relu6 === 'relu' && link.steps.some(({ kind }) => kind === 'clamp'))
      this.isExact = false;
    return writeClamps(this.draft, link, total, this.relu6);
  }
}

const isOne = (total: Float64Array): boolean => areAll(total, 1);

const hasClamp = ({ links }: ClsSet): boolean =>
  links.some(({ steps }) => steps.some(({ kind }) => kind === 'clamp'));

function balanced(set: ClsSet, isHeld: boolean, isOneBound: boolean): Skip {
  const place = namesOf(set).join(', ');
  const node = set.layers[0]?.node.id ?? -1;
  if (isHeld && isOneBound && hasClamp(set)) {
    return {
      code: 'held',
      place,
      node,
      reason:
        'the bound of the activation between them (ReLU6) may be reached, so that no factor but 1 keeps the outputs',
      remedy: 'Save the model as ONNX: there each channel can have an exact bound of its own.',
    };
  }
  const reason = isHeld
    ? 'the bounds of the activations between them, or the largest factor allowed, leave no factor but 1'
    : 'the channels have equal ranges already, or are dead on one side';
  return { code: isHeld ? 'held' : 'balanced', place, node, reason };
}

const namesOf = (set: ClsSet): string[] => set.layers.map((layer) => layer.name);
