import { isStandard, type Graph } from '../graph/graph.ts';

/** How much there is of everything that steps look at. */
export interface Counts {
  readonly layers: number;
  readonly batchNorms: number;
  /** Batch norms that a fold would take. */
  readonly foldable: number;
  readonly clsSets: number;
}

/** The counts of a model, from what the passes found in it. */
export function countParts(
  graph: Graph,
  found: { readonly layers: number; readonly foldable: number; readonly clsSets: number },
): Counts {
  const batchNorms = graph.nodes.filter(
    (node) => isStandard(node) && node.op === 'BatchNormalization',
  ).length;
  return { layers: found.layers, batchNorms, foldable: found.foldable, clsSets: found.clsSets };
}
