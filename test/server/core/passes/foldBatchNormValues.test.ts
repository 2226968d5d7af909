import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import { batchNorm, batchOf, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, intTensor, node, tensor } from '../../../kit/graphs.ts';
import { checkEdits, checkExact, opsOf, reasonsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, sameOutputs } from '../../../kit/run.ts';

/** Sums of at most some hundred float32 products, in another order than before. */
const rounding = { relative: 1e-5, absolute: 1e-6 };

const valuesOf = (graph: Graph, name: string): number[] => {
  const found = graph.tensors.get(name);
  return found ? Array.from(readFloats(found)) : [];
};

const fold = (graph: Graph): ReturnType<typeof foldBatchNorm.run> =>
  foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);

/** algorithms.md 13.1: W (2,2,2,1), b, gamma, beta, mean, variance; epsilon 0. */
const golden = [
  tensor('w', [2, 2, 2, 1], [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]),
  tensor('b', [2], [0.5, -0.25]),
  tensor('gamma', [2], [2, -0.5]),
  tensor('beta', [2], [0.1, 0.3]),
  tensor('mean', [2], [0.4, -0.2]),
  tensor('variance', [2], [0.25, 4]),
];
const parameters = ['gamma', 'beta', 'mean', 'variance'];

/** The golden numbers are exact in float32 but for the last bits of 0.1, 0.3, 0.4. */
const lastBits = { relative: 2 ** -22, absolute: 0 };

describe('foldBatchNorm: numbers', () => {
  it('golden vector, backward', async () => {
    const graph = graphOf({
      inputs: { x: [1, 2, 4, 3] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'w', 'b'], ['c']),
        node('BatchNormalization', ['c', ...parameters], ['y'], { epsilon: 0 }),
      ],
      tensors: golden,
    });
    const result = await fold(graph);
    closeTo(valuesOf(result.graph, 'w'), [1, 2, 3, 4, -0.3125, -0.375, -0.4375, -0.5], lastBits);
    closeTo(valuesOf(result.graph, 'b'), [0.5, 0.3125], lastBits);
    await checkExact(graph, result, new Random(1), rounding);
  });

  it('golden vector, forward', async () => {
    const graph = graphOf({
      inputs: { x: [1, 2, 4, 3] },
      outputs: ['y'],
      nodes: [
        node('BatchNormalization', ['x', ...parameters], ['n'], { epsilon: 0 }),
        node('Conv', ['n', 'w', 'b'], ['y']),
      ],
      tensors: golden,
    });
    const result = await fold(graph);
    closeTo(valuesOf(result.graph, 'w'), [1, 2, -0.1875, -0.25, 5, 6, -0.4375, -0.5], lastBits);
    closeTo(valuesOf(result.graph, 'b'), [-0.1875, -3.4375], lastBits);
    await checkExact(graph, result, new Random(1), rounding);
  });

  it('standalone: gamma/sigma, beta - mu*gamma/sigma, mean 0, variance 1, epsilon 0', async () => {
    const graph = graphOf({
      inputs: { x: [1, 2, 4] },
      outputs: ['y'],
      nodes: [node('BatchNormalization', ['x', ...parameters], ['y'], { epsilon: 0 })],
      tensors: golden.slice(2),
    });
    const result = await fold(graph);
    // a = (4, -0.25); beta - mu*a = (0.1 - 1.6, 0.3 - 0.05)
    closeTo(valuesOf(result.graph, 'gamma'), [4, -0.25], lastBits);
    closeTo(valuesOf(result.graph, 'beta'), [-1.5, 0.25], lastBits);
    assert.deepEqual(valuesOf(result.graph, 'mean'), [0, 0]);
    assert.deepEqual(valuesOf(result.graph, 'variance'), [1, 1]);
    const [made] = result.graph.nodes;
    assert.deepEqual(made?.attributes.get('epsilon'), { kind: 'float', value: 0 });
    await checkExact(graph, result, new Random(1), rounding);
    const again = await fold(result.graph);
    assert.deepEqual(again.edits, [], 'a pure one is left as it is');
  });

  it('reads an absent epsilon as 1e-5', async () => {
    const graph = graphOf({
      inputs: { x: [1, 1] },
      outputs: ['y'],
      nodes: [
        node('Gemm', ['x', 'w'], ['g']),
        node('BatchNormalization', ['g', 'one', 'zero', 'zero', 'tiny'], ['y']),
      ],
      tensors: [
        tensor('w', [1, 1], [1]),
        tensor('one', [1], [1]),
        tensor('zero', [1], [0]),
        tensor('tiny', [1], [0]),
      ],
    });
    const { graph: folded } = await fold(graph);
    closeTo(valuesOf(folded, 'w'), [1 / Math.sqrt(1e-5)], lastBits);
  });

  it('forward behind padding where beta = mu * a: 0 stays 0', async () => {
    const random = new Random(3);
    const piece = together(
      {
        nodes: [node('BatchNormalization', ['x', 'gamma', 'zeros', 'zeros', 'variance'], ['n'])],
        tensors: [
          tensor('gamma', [3], random.normal(3)),
          tensor('zeros', [3], 0),
          tensor('variance', [3], [0.5, 1, 2]),
        ],
      },
      layer(random, 'Conv', 'n', 'y', [4, 3, 3, 3], { pads: [1, 1, 1, 1] }),
    );
    const graph = graphOf({ inputs: { x: batchOf(3, 5, 5) }, outputs: ['y'], ...piece });
    const result = await fold(graph);
    assert.deepEqual(opsOf(result.graph), ['Conv']);
    assert.equal(result.graph.nodes[0]?.inputs.length, 2, 'no bias is needed');
    await checkExact(graph, result, random, rounding);
  });
});

describe('foldBatchNorm: tensors', () => {
  const image = batchOf(3, 5, 5);
  const twoConvs = (random: Random, second: readonly string[]): Piece => {
    const a = layer(random, 'Conv', 'x', 'a', [3, 3, 3, 3], { bias: 3 });
    return together(
      a,
      batchNorm(random, 'a', 'n', 3),
      plain(node('Conv', ['n', ...second], ['y'])),
    );
  };

  it('gives a layer a weight and bias of its own where another layer shares them', async () => {
    const random = new Random(5);
    const piece = twoConvs(random, ['a.weight', 'a.bias']);
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const result = await fold(graph);
    assert.equal(result.graph.tensors.get('a.weight'), graph.tensors.get('a.weight'));
    assert.equal(result.graph.tensors.get('a.bias'), graph.tensors.get('a.bias'));
    assert.deepEqual(result.graph.nodes[0]?.inputs, ['x', 'a.weight_1', 'a.bias_1']);
    await checkExact(graph, result, random, rounding);
  });

  it('folds two batch norms that share their statistics', async () => {
    const random = new Random(6);
    const norm = batchNorm(random, 'a', 'n', 3);
    const names = norm.nodes[0]?.inputs.slice(1) ?? [];
    const piece = together(
      layer(random, 'Conv', 'x', 'a', [3, 3, 3, 3]),
      norm,
      layer(random, 'Conv', 'n', 'b', [3, 3, 3, 3]),
      plain(node('BatchNormalization', ['b', ...names], ['y'], { epsilon: 1e-3 })),
    );
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const result = await fold(graph);
    assert.deepEqual(opsOf(result.graph), ['Conv', 'Conv']);
    assert.deepEqual([...result.graph.tensors.keys()].sort(), [
      'a.bias',
      'a.weight',
      'b.bias',
      'b.weight',
    ]);
    await checkExact(graph, result, random, rounding);
  });

  it('makes one of two standalone batch norms pure without touching what they share', async () => {
    const random = new Random(6);
    const norm = batchNorm(random, 'x', 'n', 3);
    const names = norm.nodes[0]?.inputs.slice(1) ?? [];
    const piece = together(
      norm,
      plain(
        node('Relu', ['n'], ['r']),
        node('BatchNormalization', ['r', ...names], ['y'], { epsilon: 0.5 }),
      ),
    );
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const result = await fold(graph);
    assert.equal(result.applied.length, 2);
    await checkExact(graph, result, random, rounding);
  });

  it('keeps unused constants when told to', async () => {
    const random = new Random(6);
    const piece = together(
      layer(random, 'Conv', 'x', 'a', [3, 3, 3, 3]),
      batchNorm(random, 'a', 'y', 3),
    );
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const options = { ...foldBatchNorm.defaults, keepUnusedTensors: true };
    const result = await foldBatchNorm.run(graph, options, noJob);
    assert.ok(result.graph.tensors.has('y.variance'));
    checkEdits(graph, result);
  });

  it('reaches weights and parameters through Transpose, Identity and Reshape', async () => {
    const random = new Random(8);
    const norm = batchNorm(random, 'a', 'y', 5);
    const inputs = ['a', 'y.gamma.same', 'y.beta.flat', 'y.mean', 'y.variance'];
    const graph = graphOf({
      inputs: { x: batchOf(4) },
      outputs: ['y'],
      nodes: [
        node('Transpose', ['w'], ['wT']),
        node('Identity', ['y.gamma'], ['y.gamma.same']),
        node('Reshape', ['y.beta', 'shape'], ['y.beta.flat']),
        node('MatMul', ['x', 'wT'], ['a']),
        node('BatchNormalization', inputs, ['y'], { epsilon: 1e-3 }),
      ],
      tensors: [tensor('w', [5, 4], random.normal(20)), intTensor('shape', [-1]), ...norm.tensors],
    });
    const result = await fold(graph);
    assert.deepEqual(opsOf(result.graph), ['Gemm']);
    assert.deepEqual([...result.graph.tensors.keys()].sort(), ['a.bias', 'wT_1']);
    await checkExact(graph, result, random, rounding);
  });

  it('takes no name that is in use', async () => {
    const random = new Random(9);
    const piece = together(
      layer(random, 'Conv', 'x', 'a', [3, 3, 3, 3]),
      batchNorm(random, 'a', 'a.bias', 3),
      plain(node('Relu', ['a.bias'], ['y'])),
    );
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const result = await fold(graph);
    assert.deepEqual(result.graph.nodes[0]?.inputs, ['x', 'a.weight', 'a.bias_1']);
    await checkExact(graph, result, random, rounding);
  });

  for (const [type, tolerance] of [
    ['float64', { relative: 1e-12, absolute: 0 }], // double products
    ['float16', { relative: 2e-2, absolute: 0 }], // algorithms 14: 11 bits of mantissa
  ] as const) {
    it(`keeps ${type}`, async () => {
      const random = new Random(10);
      const piece = together(
        layer(random, 'Gemm', 'x', 'a', [4, 3]),
        // A file holds epsilon as float32, so it is one that fits.
        batchNorm(random, 'a', 'y', 3, { epsilon: 2 ** -10 }),
      );
      const tensors = piece.tensors.map((old) =>
        tensor(old.name, old.dims, readFloats(old) as Float32Array, type),
      );
      const shape = [2, 4];
      const graph = graphOf({
        inputs: { x: { name: 'x', type, shape } },
        outputs: [{ name: 'y', type, shape: undefined }],
        nodes: piece.nodes,
        tensors,
      });
      const result = await fold(graph);
      for (const made of result.graph.tensors.values()) assert.equal(made.type, type);
      assert.equal(result.graph.tensors.size, 2);
      await checkExact(graph, result, random, tolerance);
    });
  }

  it('leaves the given graph as it was', async () => {
    const random = new Random(12);
    const piece = twoConvs(random, ['a.weight', 'a.bias']);
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const before = valuesOf(graph, 'a.weight');
    const [one, two] = [await fold(graph), await fold(graph)];
    assert.deepEqual(valuesOf(graph, 'a.weight'), before);
    assert.deepEqual(one.graph, two.graph, 'same graph and options, same result');
    assert.deepEqual(reasonsOf(one), []);
  });

  it('bfloat16 weights stay bfloat16', async () => {
    const random = new Random(13);
    const piece = together(layer(random, 'Gemm', 'x', 'a', [4, 3]), batchNorm(random, 'a', 'y', 3));
    const weights = piece.tensors.map((old) =>
      old.name === 'a.weight'
        ? tensor(old.name, old.dims, readFloats(old) as Float32Array, 'bfloat16')
        : old,
    );
    const graph = graphOf({
      inputs: { x: batchOf(4) },
      outputs: ['y'],
      nodes: piece.nodes,
      tensors: weights,
    });
    const result = await fold(graph);
    assert.equal(result.graph.tensors.get('a.weight')?.type, 'bfloat16');
    // W' = W * gamma / sqrt(variance + epsilon), rounded to 8 bits of mantissa
    const expected = valuesOf(graph, 'a.weight').map((w, at) => {
      const o = at % 3;
      const [gamma = 0, variance = 0] = [
        valuesOf(graph, 'y.gamma')[o],
        valuesOf(graph, 'y.variance')[o],
      ];
      return (w * gamma) / Math.sqrt(variance + 1e-3);
    });
    closeTo(valuesOf(result.graph, 'a.weight'), expected, { relative: 2 ** -8, absolute: 0 });
    checkEdits(graph, result);
  });

  it('an exact result is exact for many inputs', async () => {
    const random = new Random(14);
    const piece = together(
      layer(random, 'Conv', 'x', 'a', [3, 3, 3, 3]),
      batchNorm(random, 'a', 'y', 3),
    );
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const result = await fold(graph);
    for (let i = 0; i < 3; i++) await sameOutputs(graph, result.graph, random, rounding);
  });
});
