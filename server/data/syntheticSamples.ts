import type { Graph } from '../core/graph/graph.ts';
import { makeProbes } from '../probes.ts';
import { fewestProbes, proofBytes } from '../runCost.ts';
import { sampleBytes } from './sampleSize.ts';
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
  // All of them are kept: where they are large, fewer.
  const bytes = inputs.reduce((sum, input) => sum + sampleBytes(input), 0);
  const count = Math.min(usualCount, Math.max(fewestProbes, Math.floor(proofBytes / bytes)));
  const { feeds, source } = makeProbes(graph, { seed, count });
  return {
    count,
    source,
    fixedBatch: 1,
    feeds: (index) => {
      const [only = 0] = indicesOf(index, 1, count);
      return Promise.resolve(feeds[only] ?? new Map());
    },
    dispose: () => Promise.resolve(),
  };
}
