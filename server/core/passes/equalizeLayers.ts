import { resolvingConstants } from '../graph/constants.ts';
import { GraphDraft } from '../graph/draft.ts';
import type { Graph, NodeId } from '../graph/graph.ts';
import type { Wiring } from '../graph/layer.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { wiringOf } from '../graph/wiring.ts';
import type { Job } from '../job.ts';
import { areFinite } from '../kernels/tapMaxima.ts';
import { chooseSets } from '../sets/chooseSets.ts';
import { broadcastingMin, opsetOf } from '../sets/clamps.ts';
import { findSets, type ClsSet } from '../sets/findSets.ts';
import type { Link } from '../sets/links.ts';
import { limitsOf } from '../sets/limits.ts';
import { lazyIntervals, lazyShapes } from '../sets/shapes.ts';
import { Scaling } from '../sets/scaling.ts';
import { correspondenceOf, writeClamps, writeLayer } from '../sets/writeScaling.ts';
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
   * A ReLU6 (or another clamp) between two layers. `cap`: exact bounds per channel; `keep`: such a
   * pair is left alone; `relu`: its upper bound is dropped, which is not exact; `bound`: it stays
   * as it is, and factors are held where that is provably exact (algorithms.md 2 R).
   */
  readonly relu6: 'cap' | 'keep' | 'relu' | 'bound';
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
  async run(graph, options, job) {
    const wiring = resolvingConstants(wiringOf(graph));
    const shapeOf = lazyShapes(graph);
    const throughClamps = options.relu6 !== 'keep';
    const found = findSets(graph, { sets: options.sets, throughClamps }, shapeOf, wiring);
    const chosen = chooseSets(found.sets, found.links, options);
    const skipped = [...found.skipped, ...chosen.skipped];
    const intervalOf = options.relu6 === 'bound' ? lazyIntervals(graph) : undefined;
    const scaling = new Scaling(limitsOf(options.maxFactor, intervalOf));
    const sets = await usable(chosen.sets, graph, wiring, options, scaling, skipped, job);
    const before = sets.map((set) => scaling.spread(set));
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
    const why = whyNot(set, graph, wiring, options, scaling);
    if (why)
      skipped.push({ ...why, place: namesOf(set).join(', '), node: set.layers[0]?.node.id ?? -1 });
    else kept.push(set);
  }
  return kept;
}

type Why = Omit<Skip, 'place' | 'node'>;

function whyNot(
  set: ClsSet,
  graph: Graph,
  wiring: Wiring,
  options: EqualizeOptions,
  scaling: Scaling,
): Why | undefined {
  for (const link of set.links) {
    const why = whyNotClamps(link, graph, options.relu6);
    if (why) return why;
  }
  for (const layer of set.layers) {
    const name = layer.node.inputs[1] ?? '';
    if (options.sets === 'aimet' && wiring.useCount(name) > 1) {
      return {
        code: 'shared-weight',
        reason: `the weight "${name}" is shared, and AIMET leaves it`,
      };
    }
  }
  const faulty = notFinite(set, scaling);
  if (faulty === undefined) return undefined;
  return {
    code: 'non-finite',
    reason: `the tensor "${faulty}" has NaN or infinite elements`,
    remedy: 'Export the model again from a checkpoint whose weights are finite.',
  };
}

/** The name of a weight or bias of a set that is not finite. */
function notFinite(set: ClsSet, scaling: Scaling): string | undefined {
  const weight = scaling.notFinite(set)?.weight.name;
  return weight ?? set.layers.find(({ bias }) => bias && !areFinite(readFloats(bias)))?.bias?.name;
}

function whyNotClamps(link: Link, graph: Graph, relu6: EqualizeOptions['relu6']): Why | undefined {
  const opset = opsetOf(graph);
  for (const step of link.steps) {
    if (step.kind !== 'clamp') continue;
    const { op } = step.node;
    if (relu6 === 'cap' && opset < broadcastingMin) {
      return {
        code: 'opset',
        reason: `a bound per channel for the ${op} between them needs operator set 8, and the model has ${opset}`,
        remedy: 'Convert the model to a newer operator set, or choose bounded factors.',
      };
    }
    if (relu6 === 'relu' && !(op === 'Clip' && step.activation.lo.every((lo) => lo === 0))) {
      return {
        code: 'not-relu6',
        reason: `the ${op} between them is not a Clip from 0 and cannot become Relu`,
        remedy: 'Choose exact per-channel caps.',
      };
    }
  }
  return undefined;
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
      moved = Math.max(moved, scaling.scale(set));
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
  const capsAdded = new Map<Link, number>();
  const correspondences: Correspondence[] = [];
  const applied: EqualizeApplied[] = [];
  const handling = options.relu6 === 'bound' ? 'keep' : options.relu6;
  let isExact = true;
  const spreadAfter = sets.map((set) => scaling.spread(set));
  let written = 0;
  for (const [id, layer] of scaling.layers) {
    await job.checkpoint(
      scaling.layers.size + written++,
      3 * scaling.layers.size,
      layer.layer.name,
    );
    writeLayer(draft, layer);
    scaling.layers.delete(id);
  }
  for (const [at, set] of sets.entries()) {
    const scales = set.links.map((link) => scaling.link(link));
    if (scales.every(({ total }) => total.every((s) => s === 1))) {
      skipped.push(
        balanced(
          set,
          scales.some(({ clamped }) => clamped.size > 0),
        ),
      );
      continue;
    }
    let added = 0;
    for (const { link, total } of scales) {
      if (capsAdded.has(link) || total.every((s) => s === 1)) continue;
      const caps = writeClamps(draft, link, total, handling);
      capsAdded.set(link, caps);
      added += caps;
      if (handling === 'relu' && link.steps.some((step) => step.kind === 'clamp')) isExact = false;
      const found = correspondenceOf(link, total);
      if (found) correspondences.push(found);
    }
    applied.push({
      layers: namesOf(set),
      nodes: set.layers.map((layer) => layer.node.id),
      reluBetween: set.links.map((link) =>
        link.steps.some(({ kind }) => kind === 'homogeneous' || kind === 'clamp'),
      ),
      scale: scales.map(({ total }) => total),
      spreadBefore: spreadBefore[at] ?? 1,
      spreadAfter: spreadAfter[at] ?? 1,
      capsAdded: added,
      clamped: scales.reduce((sum, { clamped }) => sum + clamped.size, 0),
    });
  }
  return { graph: draft.close(), edits: draft.edits, applied, skipped, isExact, correspondences };
}

const balanced = (set: ClsSet, isHeld: boolean): Skip => ({
  code: isHeld ? 'held' : 'balanced',
  place: namesOf(set).join(', '),
  node: set.layers[0]?.node.id ?? -1,
  reason: isHeld
    ? 'the bounds of the activations between them leave no factor but 1'
    : 'the channels have equal ranges already, or are dead on one side',
});

const namesOf = (set: ClsSet): string[] => set.layers.map((layer) => layer.name);
