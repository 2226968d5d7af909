import { resolvingConstants } from '../core/graph/constants.ts';
import type { Graph } from '../core/graph/graph.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { foldStructure } from '../core/passes/foldBatchNorm.ts';
import { findSets } from '../core/sets/findSets.ts';
import { lazyShapes } from '../core/sets/shapes.ts';

type Found = ReturnType<typeof findSets>;

const found = new WeakMap<Graph, Found>();

/** The sets of a graph as they lie in it, and why layers are in none; found once for a graph. */
export function setsIn(graph: Graph): Found {
  const before = found.get(graph);
  if (before) return before;
  const options = { sets: 'ours', throughClamps: true } as const;
  const wiring = resolvingConstants(wiringOf(graph));
  const now = findSets(graph, options, lazyShapes(graph), wiring);
  found.set(graph, now);
  return now;
}

const structures = new WeakMap<Graph, Graph>();

/** The sets as they lie in a graph once its batch norms are folded; no weight is read for it. */
export function setsWhenFolded(graph: Graph): Found {
  const folded = structures.get(graph) ?? foldStructure(graph).graph;
  structures.set(graph, folded);
  return setsIn(folded);
}
