import assert from 'node:assert/strict';
import { noJob } from '../../../../server/core/job.ts';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import {
  clearDeadChannels,
  type ClearApplied,
  type ClearOptions,
} from '../../../../server/core/passes/clearDeadChannels.ts';
import type { PassResult } from '../../../../server/core/passes/pass.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';

const clear = (
  graph: Graph,
  options: Partial<ClearOptions> = {},
): Promise<PassResult<ClearApplied>> =>
  clearDeadChannels.run(graph, { ...clearDeadChannels.defaults, ...options }, noJob);

describe('clearDeadChannels, for inputs of any size', () => {
  it('small weights that large inputs bring to life stay, like those that read pressures', async () => {
    // Dead for inputs below 66,000, and 1 % of the other channel's weight.
    const graph = graphOf({
      inputs: { x: [1, 1] },
      outputs: ['y'],
      nodes: [
        node('Gemm', ['x', 'w1', 'b1'], ['a'], {}, 'a'),
        node('Relu', ['a'], ['r']),
        node('Gemm', ['r', 'w2'], ['y'], {}, 'y'),
      ],
      tensors: [
        tensor('w1', [1, 2], [1e-5, 1e-3]),
        tensor('b1', [2], [-0.66, 0]),
        tensor('w2', [2, 1], [2, 0.003]),
      ],
    });
    assert.deepEqual((await clear(graph)).edits, []);
    const limited = await clear(graph, { inputLimit: 65536 });
    assert.deepEqual(
      limited.applied.map(({ channels, constant }) => [channels, constant]),
      [[[0], [0]]],
    );
    assert.equal(limited.isExact, false, 'only for inputs within the limit');
  });
});
