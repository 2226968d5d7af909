import { checkGraph } from './core/graph/check.ts';
import type { Graph } from './core/graph/graph.ts';

/**
 * What is wrong with a graph that was not wrong with the one it was made of, in words: names used
 * twice, values used before they are made. Engines and files would be refused for it, by this
 * runtime or by others. Undefined where nothing is.
 */
export function unsoundness(graph: Graph, source: Graph): string | undefined {
  if (graph === source) return undefined;
  const faults = checkGraph(graph, source);
  if (faults.length === 0) return undefined;
  const known = new Set(checkGraph(source));
  return faults.find((fault) => !known.has(fault));
}
