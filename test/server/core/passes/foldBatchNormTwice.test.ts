import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import { batchNorm, batchOf, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, node, randomTensor } from '../../../kit/graphs.ts';
import { checkExact, opsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';

/** Sums of at most some hundred float32 products, in another order than before. */
const rounding = { relative: 1e-5, absolute: 1e-6 };

const image = batchOf(3, 5, 5);
const graphWith = (piece: Piece): Graph =>
  graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
const fold = (graph: Graph): ReturnType<typeof foldBatchNorm.run> =>
  foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);

describe('foldBatchNorm: several at one layer', () => {
  for (const between of ['Identity', 'Dropout']) {
    it(`folds twice into one layer through ${between}, and says no more of what lay between`, async () => {
      const random = new Random(5);
      const graph = graphWith(
        together(
          layer(random, 'Conv', 'x', 'a', [4, 3, 3, 3]),
          batchNorm(random, 'a', 'n', 4),
          plain(node(between, ['n'], ['d'])),
          batchNorm(random, 'd', 'm', 4),
          layer(random, 'Conv', 'm', 'y', [2, 4, 1, 1]),
        ),
      );
      const result = await fold(graph);
      assert.equal(result.applied.length, 2);
      assert.deepEqual(result.correspondences, [{ before: 'm', after: 'm' }]);
      await checkExact(graph, result, new Random(6), rounding);
    });
  }

  it('leaves the bias of a MatMul with its layer, whatever stands behind it', async () => {
    const random = new Random(7);
    const weights = {
      tensors: [
        randomTensor(random, 'w', [3, 5]),
        randomTensor(random, 'b', [5]),
        randomTensor(random, 'v', [5, 4]),
        randomTensor(random, 'c', [4]),
      ],
    };
    const linear = graphOf({
      inputs: { x: batchOf(3) },
      outputs: ['y'],
      nodes: [
        node('MatMul', ['x', 'w'], ['p']),
        node('Add', ['p', 'b'], ['q']),
        node('MatMul', ['q', 'v'], ['r']),
        node('Add', ['r', 'c'], ['y']),
      ],
      ...weights,
    });
    assert.deepEqual((await fold(linear)).applied, []);
    // A batch norm before the first goes into it, though nothing non-linear lies before the second.
    const before = batchNorm(random, 'q', 'n', 5);
    const graph = graphOf({
      inputs: { x: batchOf(3) },
      outputs: ['y'],
      nodes: [
        node('MatMul', ['x', 'w'], ['p']),
        node('Add', ['p', 'b'], ['q']),
        ...(before.nodes ?? []),
        node('MatMul', ['n', 'v'], ['y']),
      ],
      tensors: [...weights.tensors.slice(0, 3), ...(before.tensors ?? [])],
    });
    const result = await fold(graph);
    assert.deepEqual(
      result.applied.map(({ direction, batchNorm: name }) => [direction, name]),
      [['backward', 'n']],
    );
    assert.deepEqual(opsOf(result.graph), ['MatMul', 'Add', 'MatMul']);
    await checkExact(graph, result, new Random(8), rounding);
  });
});
