import type { Graph } from '../core/graph/graph.ts';
import { makeProbes } from '../probes.ts';
import { fewestProbes, proofBytes } from '../runCost.ts';
import { sampleBytes } from './sampleSize.ts';
import { indicesOf, type SampleInput, type SampleSet } from './samples.ts';

/** How many samples there are when nobody says. */
const usualCount = 8;

/** How many are made. All of them are kept: where they are large, fewer. */
export function syntheticCount(inputs: readonly SampleInput[]): number {
  const bytes = inputs.reduce((sum, input) => sum + sampleBytes(input), 0);
  return Math.min(usualCount, Math.max(fewestProbes, Math.floor(proofBytes / bytes)));
}

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
  const count = syntheticCount(inputs);
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
