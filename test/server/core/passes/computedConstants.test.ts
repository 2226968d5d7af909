import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { absorbHighBias } from '../../../../server/core/passes/absorbHighBias.ts';
import type { Tensor } from '../../../../server/core/graph/tensor.ts';
import { equalize, invariant, setsOf } from '../../../kit/equalizing.ts';
import {
  graphOf,
  intTensor,
  node,
  randomTensor,
  tensor,
  type NodeSpec,
} from '../../../kit/graphs.ts';
import { checkEdits, opsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { sameOutputs } from '../../../kit/run.ts';

/** How a constant comes about: as it stands, or made of another by a node. */
type Way = 'plain' | 'Identity' | 'Reshape';

/** A constant of six numbers along axis 1, and what makes it. */
function constant(name: string, way: Way, value: number): { nodes: NodeSpec[]; tensors: Tensor[] } {
  const dims = [1, 6, 1, 1];
  if (way === 'plain') return { nodes: [], tensors: [tensor(name, dims, value)] };
  if (way === 'Identity') {
    return {
      nodes: [node('Identity', [`${name}.from`], [name])],
      tensors: [tensor(`${name}.from`, dims, value)],
    };
  }
  return {
    nodes: [node('Reshape', [`${name}.from`, `${name}.dims`], [name])],
    tensors: [tensor(`${name}.from`, [6], value), intTensor(`${name}.dims`, dims)],
  };
}

/** Two convolutions with a Min or Max of constants between, which lie on both sides of the data. */
function clamped(op: 'Min' | 'Max', first: Way, second?: Way): Graph {
  const random = new Random(5);
  const [near, far] = op === 'Min' ? [0.5, 3] : [0.1, -2];
  const before = constant('k', first, near);
  const after = second ? constant('l', second, far) : { nodes: [], tensors: [] };
  const inputs = second ? ['k', 'a', 'l'] : ['k', 'a'];
  return graphOf({
    inputs: { x: [1, 3, 4, 4] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'w1'], ['a'], {}, 'first'),
      ...before.nodes,
      ...after.nodes,
      node(op, inputs, ['b'], {}, 'clamp'),
      node('Conv', ['b', 'w2'], ['y'], {}, 'second'),
    ],
    tensors: [
      randomTensor(random, 'w1', [6, 3, 1, 1]),
      randomTensor(random, 'w2', [5, 6, 1, 1]),
      ...before.tensors,
      ...after.tensors,
    ],
  });
}

describe('constants that nodes make of others', () => {
  const ways: readonly Way[] = ['plain', 'Identity', 'Reshape'];
  for (const op of ['Min', 'Max'] as const) {
    for (const first of ways) {
      for (const second of [undefined, ...ways]) {
        it(`${op} of ${first}, data${second ? `, ${second}` : ''} keeps its data when scaled`, async () => {
          const graph = clamped(op, first, second);
          const result = await equalize(graph);
          assert.deepEqual(setsOf(result), ['first-second']);
          checkEdits(graph, result);
          assert.deepEqual(opsOf(result.graph), ['Conv', op, 'Conv'], 'nothing is left behind');
          assert.equal(result.graph.tensors.size, 3);
          await sameOutputs(graph, result.graph, new Random(6), invariant);
        });
      }
    }
  }

  for (const way of ways) {
    it(`Min of ${way}, data keeps its data when a bias is absorbed through it`, async () => {
      const cap = constant('k', way, 6);
      const graph = graphOf({
        inputs: { x: [1, 3, 4, 4] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'w1', 'b1'], ['a']),
          node('Relu', ['a'], ['r']),
          ...cap.nodes,
          node('Min', ['k', 'r'], ['c']),
          node('Conv', ['c', 'w2'], ['y']),
        ],
        tensors: [
          randomTensor(new Random(3), 'w1', [6, 3, 1, 1], { std: 0.01 }),
          tensor('b1', [6], 5),
          ...cap.tensors,
          randomTensor(new Random(4), 'w2', [5, 6, 1, 1]),
        ],
      });
      const ones = new Array<number>(6).fill(1);
      const statistics = { batchNorm: 'n', gamma: ones, beta: ones.map(() => 5) };
      const known = { ...statistics, scale: ones, absorbed: ones.map(() => 0) };
      const before: Graph = { ...graph, statistics: new Map([['a', known]]) };
      const result = await absorbHighBias.run(before, absorbHighBias.defaults, noJob);
      assert.deepEqual(
        result.applied.map(({ channels }) => channels),
        [6],
      );
      checkEdits(before, result);
      await sameOutputs(before, result.graph, new Random(6), invariant);
    });
  }

  it('a constant that others use too stays theirs', async () => {
    const graph = clamped('Min', 'Identity');
    const shared = {
      ...graph,
      nodes: [...graph.nodes, { ...node('Neg', ['k'], ['n']), id: 10 }],
      outputs: [...graph.outputs, { name: 'n', type: 'float32' as const, shape: undefined }],
    };
    const result = await equalize(shared);
    assert.deepEqual(setsOf(result), ['first-second']);
    assert.deepEqual(opsOf(result.graph), ['Conv', 'Identity', 'Min', 'Conv', 'Neg']);
    await sameOutputs(shared, result.graph, new Random(6), invariant);
  });
});
