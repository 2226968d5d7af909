import type { Graph } from '../core/graph/graph.ts';
import { makeProbes } from '../probes.ts';
import { indicesOf, type SampleInput, type SampleSet } from './samples.ts';

/** How many samples there are when nobody says. */
const usualCount = 8;

/** Samples made from a seed: shape-correct, and nothing more can be said of them. */
export function syntheticSamples(inputs: readonly SampleInput[], seed: number): SampleSet {
  const graph: Graph = {
    name: '',
    nodes: [],
    tensors: new Map(),
    inputs,
    outputs: [],
    values: new Map(),
    opsets: new Map(),
    statistics: new Map(),
  };
  const { feeds, source } = makeProbes(graph, { seed, count: usualCount });
  return {
    count: usualCount,
    source,
    fixedBatch: 1,
    feeds: (index) => {
      const [only = 0] = indicesOf(index, 1, usualCount);
      return Promise.resolve(feeds[only] ?? new Map());
    },
    dispose: () => Promise.resolve(),
  };
}
