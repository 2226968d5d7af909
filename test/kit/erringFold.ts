import type { Graph } from '../../server/core/graph/graph.ts';
import { foldBatchNorm } from '../../server/core/passes/foldBatchNorm.ts';

/** Does something while folding spoils what it gives: a bug of a pass. */
export async function whileFoldErrs<T>(
  spoil: (graph: Graph) => Graph,
  work: () => Promise<T>,
): Promise<T> {
  const pass = foldBatchNorm as { run: typeof foldBatchNorm.run };
  const run = pass.run.bind(pass);
  pass.run = async (...given) => {
    const result = await run(...given);
    return { ...result, graph: spoil(result.graph) };
  };
  try {
    return await work();
  } finally {
    pass.run = run;
  }
}

/** A graph whose first node is of an operator that there is not. */
export const unknownFirst = (graph: Graph): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node, at) => (at === 0 ? { ...node, op: 'Nonesuch' } : node)),
});

/** A graph whose nodes all have one name; our engine renames nodes and does not mind. */
export const oneName = (graph: Graph): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node) => ({ ...node, name: 'same' })),
});
