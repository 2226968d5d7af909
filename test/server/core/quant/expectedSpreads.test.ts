import assert from 'node:assert/strict';
import type { Graph, LayerStatistics } from '../../../../server/core/graph/graph.ts';
import { expectedSpreads } from '../../../../server/core/quant/expectedMeans.ts';
import { graphOf, node, tensor, type NodeSpec } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo } from '../../../kit/run.ts';

const beta = [1, -2, 0.5];
const gamma = [1, 3, -0.2];
const statistics: LayerStatistics = {
  batchNorm: 'bn',
  beta,
  gamma,
  scale: [1, 1, 1],
  absorbed: [0, 0, 0],
};

/** Two layers that make N(beta, gamma^2) of different inputs, and what is done with that. */
const graphWith = (...nodes: readonly NodeSpec[]): Graph => ({
  ...graphOf({
    inputs: { x: ['N', 3, 8, 8], y: ['N', 3, 8, 8] },
    outputs: [nodes.at(-1)?.outputs[0] ?? ''],
    nodes: [node('Conv', ['x', 'w'], ['a']), node('Conv', ['y', 'w'], ['b']), ...nodes],
    tensors: [tensor('w', [3, 3, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1])],
  }),
  statistics: new Map([
    ['a', statistics],
    ['b', statistics],
  ]),
});

/** Mean and variance of what `make` does with independent values of the two layers. */
function drawn(make: (a: number, b: number) => number): { mean: number[]; variance: number[] } {
  const random = new Random(3);
  const draws = 200_000;
  const each = beta.map((centre, c) => {
    const [p, q] = [random.normal(draws), random.normal(draws)];
    const of = (z: number): number => centre + (gamma[c] ?? 0) * z;
    const values = p.map((z, n) => make(of(z), of(q[n] ?? 0)));
    const mean = values.reduce((sum, v) => sum + v, 0) / draws;
    return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / draws };
  });
  return { mean: each.map(({ mean }) => mean), variance: each.map(({ variance }) => variance) };
}

const relu = (v: number): number => Math.max(v, 0);

describe('expectedSpreads', () => {
  // 200,000 draws tell a variance to half a percent.
  const rough = { relative: 0.02, absolute: 0 };
  const cases: readonly {
    name: string;
    nodes: NodeSpec[];
    make: (a: number, b: number) => number;
  }[] = [
    { name: 'a ReLU', nodes: [node('Relu', ['a'], ['v'])], make: relu },
    {
      name: 'a LeakyRelu',
      nodes: [node('LeakyRelu', ['a'], ['v'], { alpha: 0.3 })],
      make: (a) => (a > 0 ? a : 0.3 * a),
    },
    {
      name: 'a sum of rectified values',
      nodes: [
        node('Relu', ['a'], ['p']),
        node('Relu', ['b'], ['q']),
        node('Add', ['p', 'q'], ['v']),
      ],
      make: (a, b) => relu(a) + relu(b),
    },
  ];
  for (const { name, nodes, make } of cases) {
    it(`agrees with a Monte Carlo: ${name}`, () => {
      const spread = expectedSpreads(graphWith(...nodes))('v');
      const want = drawn(make);
      closeTo(spread?.mean ?? [], want.mean, rough);
      closeTo(spread?.variance ?? [], want.variance, rough);
    });
  }

  it('leaves mean and variance as they are behind pooling', () => {
    const pool = { kernel_shape: [2, 2] };
    for (const op of ['MaxPool', 'AveragePool', 'GlobalAveragePool']) {
      const attributes = op === 'GlobalAveragePool' ? {} : pool;
      const graph = graphWith(node('Relu', ['a'], ['p']), node(op, ['p'], ['v'], attributes));
      const spreadOf = expectedSpreads(graph);
      assert.ok(spreadOf('v'), op);
      assert.deepEqual(spreadOf('v')?.variance, spreadOf('p')?.variance, op);
      assert.deepEqual(spreadOf('v')?.mean, spreadOf('p')?.mean, op);
    }
  });

  it('says what share no bound cuts off', () => {
    const { inside = [] } = expectedSpreads(graphWith(node('Relu', ['a'], ['v'])))('v') ?? {};
    closeTo(inside, [0.841345, 0.252493, 0.99379], { relative: 0, absolute: 1e-5 });
  });

  it('knows nothing of what no batch norm made', () => {
    assert.equal(expectedSpreads(graphWith(node('Relu', ['x'], ['v'])))('v'), undefined);
    assert.equal(expectedSpreads(graphWith(node('Sigmoid', ['a'], ['v'])))('v'), undefined);
  });
});
