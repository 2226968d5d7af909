import { resolvingConstants } from '../core/graph/constants.ts';
import type { Graph } from '../core/graph/graph.ts';
import { wiringOf } from '../core/graph/wiring.ts';
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
