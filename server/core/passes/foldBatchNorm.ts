import { batchNormOf, isArithmetic, isBatchNorm, type Refusal } from '../graph/affine.ts';
import { GraphDraft } from '../graph/draft.ts';
import { displayName, type Graph, type Node, type NodeId } from '../graph/graph.ts';
import type { InParts } from '../kernels/inParts.ts';
import { chainBefore, chainBehind } from './fold/chains.ts';
import { foldBackward } from './fold/foldBackward.ts';
import { foldForward } from './fold/foldForward.ts';
import { folding, skip, type Attempt, type Folding } from './fold/folding.ts';
import { purify } from './fold/purify.ts';
import { wantedPairs, type FoldPair } from './fold/wantedPairs.ts';
import { wayBack, wayOn } from './fold/way.ts';
import type { GraphPass, PassResult } from './pass.ts';

/** Which batch norms to fold, and how. */
export interface FoldOptions {
  /** Keeps constants that nobody uses any more. */
  readonly keepUnusedTensors: boolean;
  /** Only these; all where empty. */
  readonly pairs: readonly FoldPair[];
  /** Only folds in which a node of one of these names takes part; all where empty. */
  readonly layers: readonly string[];
  /** Nodes by name that no fold may touch. */
  readonly ignore: readonly string[];
}

/** One batch norm that was folded, or made a pure scale and shift (`standalone`: no layer). */
export interface FoldApplied {
  readonly layer: string;
  readonly layerNode: NodeId;
  readonly batchNorm: string;
  readonly direction: 'backward' | 'forward' | 'standalone';
}

/**
 * Moves every batch norm into the layer before it, or else into the layer behind it; what is left
 * becomes a pure scale and shift. Arithmetic with one constant a channel counts as a batch norm.
 *
 *   backward    x -> layer(W, b) -> BN -> y   becomes   x -> layer(a*W, a*b + d) -> y
 *   forward     x -> BN -> layer(W, b) -> y   becomes   x -> layer(W*a, b + W.d) -> y
 *   standalone  gamma/sigma, beta - mu*gamma/sigma, mean 0, variance 1, epsilon 0
 *
 * a = gamma / sqrt(v + epsilon), d = beta - mu*a; algorithms.md section 1. Exact, or not done.
 */
export const foldBatchNorm: GraphPass<FoldOptions, FoldApplied> = {
  id: 'foldBatchNorm',
  title: 'Fold batch norms',
  defaults: { keepUnusedTensors: false, pairs: [], layers: [], ignore: [] },
  async run(graph, options, job) {
    const draft = new GraphDraft(graph);
    const wanted = wantedPairs(options.pairs);
    const { pairs, layers, ignore } = options;
    const isChosen = (...names: readonly string[]): boolean =>
      (layers.length === 0 || names.some((name) => layers.includes(name))) &&
      !names.some((name) => ignore.includes(name));
    const into = folding(graph, draft, {
      keepTensors: options.keepUnusedTensors,
      computes: true,
      isWanted: (layer, batchNorm, direction) =>
        isChosen(layer, batchNorm) && wanted.has(layer, batchNorm, direction),
    });
    let done = 0;
    let place = '';
    const isChoice = pairs.length + layers.length + ignore.length > 0;
    for (const name of foldAll(into, graph, isChoice)) {
      if (name !== undefined) done++;
      place = name ?? place;
      await job.checkpoint(done, 3 * graph.nodes.length, place);
    }
    return {
      graph: draft.close(),
      edits: draft.edits,
      applied: into.applied,
      skipped: [...into.skipped, ...wanted.notFound()],
      isExact: true,
      correspondences: into.correspondences,
    };
  },
};

/**
 * The graph wired as folding would leave it, its weights neither read nor changed: to find out what
 * else could be done with it, not to run.
 */
export function foldStructure(
  graph: Graph,
  isWanted: Folding['isWanted'] = () => true,
): Pick<PassResult<FoldApplied>, 'graph' | 'applied' | 'skipped'> {
  const draft = new GraphDraft(graph);
  const into = folding(graph, draft, { keepTensors: true, computes: false, isWanted });
  Array.from(foldAll(into, graph, false));
  return { graph: draft.close(), applied: into.applied, skipped: into.skipped };
}

/** Folds; gives the name of each place before it looks at it, and stops within large ones. */
function* foldAll(into: Folding, graph: Graph, onlyFolds: boolean): Generator<string | undefined> {
  const refusals = new Map<NodeId, Refusal[]>();
  const note = (node: Node, attempt: Attempt): void => {
    if (typeof attempt === 'string') return;
    refusals.set(node.id, [...(refusals.get(node.id) ?? []), attempt]);
  };
  for (const { id } of graph.nodes) {
    const node = into.draft.node(id);
    if (!node || !canFold(into, node)) continue;
    yield displayName(node);
    note(node, yield* tryFold(into, node, 'backward'));
  }
  const already = into.applied.length;
  for (const { id } of graph.nodes.toReversed()) {
    const node = into.draft.node(id);
    if (!node || !canFold(into, node)) continue;
    yield displayName(node);
    note(node, yield* tryFold(into, node, 'forward'));
  }
  into.applied.push(...into.applied.splice(already).reverse());
  for (const { id } of graph.nodes) {
    const node = into.draft.node(id);
    if (!node) continue;
    yield displayName(node);
    settle(into, node, refusals.get(id) ?? [], onlyFolds);
  }
}

const canFold = (into: Folding, node: Node): boolean =>
  isBatchNorm(node) || (isArithmetic(node) && !into.fixed?.has(node.id));

function* tryFold(into: Folding, node: Node, direction: 'backward' | 'forward'): InParts<Attempt> {
  const fold = direction === 'backward' ? foldBackward : foldForward;
  if (isBatchNorm(node)) {
    const found = batchNormOf(node, into.wiring, into.opset);
    if (found.ok) return yield* fold(into, found.value);
    const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
    const way = direction === 'backward' ? wayBack(input, into) : wayOn(output, into);
    const isWanted = way && into.isWanted(displayName(way.node), displayName(node), direction);
    return isWanted ? found.error : 'none';
  }
  const chain = direction === 'backward' ? chainBehind(into, node) : chainBefore(into, node);
  return chain ? yield* fold(into, chain) : 'none';
}

/** What becomes of a node that was not folded: a batch norm is made pure, and the ledger told. */
function settle(into: Folding, node: Node, why: readonly Refusal[], onlyFolds: boolean): void {
  const name = displayName(node);
  if (!isBatchNorm(node)) {
    for (const refusal of why) skip(into, { name }, node.id, refusal);
    return;
  }
  const found = batchNormOf(node, into.wiring, into.opset);
  if (!found.ok) {
    if (why.length > 0 || !onlyFolds) skip(into, { name }, node.id, found.error);
    return;
  }
  const isPure = !onlyFolds && purify(into, node, found.value);
  if (isPure) {
    into.applied.push({
      layer: name,
      layerNode: node.id,
      batchNorm: name,
      direction: 'standalone',
    });
    into.correspondences.push({ before: found.value.output, after: found.value.output });
  }
  const instead = isPure ? ' It was made a pure scale and shift instead.' : '';
  if (why.length === 0 && !onlyFolds) why = [noLayer(name)];
  for (const refusal of why) {
    skip(into, { name }, node.id, { ...refusal, reason: refusal.reason + instead });
  }
}

const noLayer = (name: string): Refusal => ({
  code: 'no-layer',
  reason: `No layer stands right before or right behind "${name}".`,
});
