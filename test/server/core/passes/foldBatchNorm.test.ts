import assert from 'node:assert/strict';
import type { Dimension } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm, foldStructure } from '../../../../server/core/passes/foldBatchNorm.ts';
import { batchNorm, batchOf, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, intTensor, node, randomTensor } from '../../../kit/graphs.ts';
import { checkExact, opsOf, reasonsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';

/** Sums of at most some hundred float32 products, in another order than before. */
const rounding = { relative: 1e-5, absolute: 1e-6 };

interface Case {
  readonly name: string;
  readonly input: readonly Dimension[];
  readonly piece: (random: Random) => Piece;
  /** Operators left. */
  readonly left: readonly string[];
}

/** x -> layer -> batch norm -> y. */
const behind =
  (op: string, dims: number[], channels: number, attributes: Parameters<typeof layer>[5] = {}) =>
  (random: Random): Piece =>
    together(
      layer(random, op, 'x', 'layer', dims, attributes),
      batchNorm(random, 'layer', 'y', channels),
    );

/** x -> batch norm -> layer -> y. */
const before =
  (op: string, dims: number[], channels: number, attributes: Parameters<typeof layer>[5] = {}) =>
  (random: Random): Piece =>
    together(
      batchNorm(random, 'x', 'normal', channels),
      layer(random, op, 'normal', 'y', dims, attributes),
    );

const image = batchOf(4, 7, 6);
const cases: Case[] = [
  ...[undefined, 6].flatMap((bias) =>
    [0, 1].flatMap((pad) =>
      [1, 2].map((group) => ({
        name: `Conv, ${bias ? 'bias' : 'no bias'}, pads ${pad}, group ${group}`,
        input: image,
        piece: behind('Conv', [6, 4 / group, 3, 3], 6, { bias, pads: [pad, pad, pad, pad], group }),
        left: ['Conv'],
      })),
    ),
  ),
  {
    name: 'depthwise Conv',
    input: image,
    piece: behind('Conv', [4, 1, 3, 3], 4, { group: 4 }),
    left: ['Conv'],
  },
  {
    name: 'depthwise Conv with two outputs a channel',
    input: image,
    piece: behind('Conv', [8, 1, 3, 3], 8, { group: 4, bias: 8 }),
    left: ['Conv'],
  },
  { name: '1-D Conv', input: batchOf(3, 9), piece: behind('Conv', [5, 3, 3], 5), left: ['Conv'] },
  {
    name: '3-D Conv',
    input: batchOf(2, 4, 5, 4),
    piece: behind('Conv', [3, 2, 2, 3, 2], 3, { pads: [1, 0, 1, 0, 1, 0] }),
    left: ['Conv'],
  },
  {
    name: 'ConvTranspose with other channel counts',
    input: image,
    piece: behind('ConvTranspose', [4, 3, 3, 3], 3, { strides: [2, 2] }),
    left: ['ConvTranspose'],
  },
  {
    name: 'ConvTranspose of two groups',
    input: image,
    piece: behind('ConvTranspose', [4, 3, 3, 3], 6, { group: 2, bias: 6, pads: [1, 1, 1, 1] }),
    left: ['ConvTranspose'],
  },
  {
    name: 'depthwise ConvTranspose',
    input: image,
    piece: behind('ConvTranspose', [4, 1, 2, 2], 4, { group: 4 }),
    left: ['ConvTranspose'],
  },
  {
    name: '1-D ConvTranspose',
    input: batchOf(3, 9),
    piece: behind('ConvTranspose', [3, 5, 3], 5),
    left: ['ConvTranspose'],
  },
  ...[0, 1].flatMap((transB) =>
    [undefined, 5].map((bias) => ({
      name: `Gemm, transB ${transB}, ${bias ? 'bias' : 'no bias'}, alpha, beta`,
      input: batchOf(4),
      piece: behind('Gemm', transB ? [5, 4] : [4, 5], 5, { transB, bias, alpha: 0.5, beta: -2 }),
      left: ['Gemm'],
    })),
  ),
  {
    name: 'Gemm with transA',
    input: [4, 2],
    piece: behind('Gemm', [4, 5], 5, { transA: 1, bias: 5 }),
    left: ['Gemm'],
  },
  {
    name: 'Gemm with one bias for all and beta 0',
    input: batchOf(4),
    piece: behind('Gemm', [4, 5], 5, { bias: 1, beta: 0 }),
    left: ['Gemm'],
  },
  {
    name: 'MatMul without a bias becomes Gemm',
    input: batchOf(4),
    piece: behind('MatMul', [4, 5], 5),
    left: ['Gemm'],
  },
  {
    name: 'MatMul with Add',
    input: batchOf(4),
    piece: (random) =>
      together(
        layer(random, 'MatMul', 'x', 'product', [4, 5]),
        {
          nodes: [node('Add', ['bias', 'product'], ['sum'])],
          tensors: [randomTensor(random, 'bias', [1, 5])],
        },
        batchNorm(random, 'sum', 'y', 5),
      ),
    left: ['MatMul', 'Add'],
  },
  {
    name: 'through Identity, Dropout and Unsqueeze',
    input: batchOf(4),
    piece: (random) =>
      together(
        layer(random, 'Gemm', 'x', 'layer', [4, 5]),
        plain(node('Identity', ['layer'], ['same']), node('Dropout', ['same'], ['kept'])),
        {
          nodes: [node('Unsqueeze', ['kept', 'axes'], ['wide'])],
          tensors: [intTensor('axes', [2, 3])],
        },
        batchNorm(random, 'wide', 'y', 5),
      ),
    left: ['Gemm', 'Identity', 'Dropout', 'Unsqueeze'],
  },
  {
    name: 'conv, batch norm, conv: backward, not forward',
    input: image,
    piece: (random) =>
      together(
        layer(random, 'Conv', 'x', 'a', [6, 4, 3, 3]),
        batchNorm(random, 'a', 'b', 6),
        layer(random, 'Conv', 'b', 'y', [2, 6, 3, 3]),
      ),
    left: ['Conv', 'Conv'],
  },
  {
    name: 'a batch norm on either side',
    input: image,
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'a', 4),
        layer(random, 'Conv', 'a', 'b', [6, 4, 3, 3]),
        batchNorm(random, 'b', 'y', 6),
      ),
    left: ['Conv'],
  },
  {
    name: 'two in a row behind, two in a row before',
    input: image,
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'a', 4),
        batchNorm(random, 'a', 'b', 4),
        layer(random, 'Conv', 'b', 'c', [6, 4, 1, 1]),
        batchNorm(random, 'c', 'd', 6),
        batchNorm(random, 'd', 'y', 6),
      ),
    left: ['Conv'],
  },
  {
    name: 'forward into Conv',
    input: image,
    piece: before('Conv', [6, 4, 3, 3], 4, { bias: 6 }),
    left: ['Conv'],
  },
  {
    name: 'forward into grouped Conv',
    input: image,
    piece: before('Conv', [6, 2, 3, 3], 4, { group: 2 }),
    left: ['Conv'],
  },
  {
    name: 'forward into depthwise Conv',
    input: image,
    piece: before('Conv', [8, 1, 3, 3], 4, { group: 4 }),
    left: ['Conv'],
  },
  {
    name: 'forward into 1-D Conv',
    input: batchOf(3, 9),
    piece: before('Conv', [5, 3, 3], 3),
    left: ['Conv'],
  },
  {
    name: 'forward into Conv, auto_pad VALID',
    input: image,
    piece: before('Conv', [6, 4, 3, 3], 4, { auto_pad: 'VALID' }),
    left: ['Conv'],
  },
  {
    name: 'forward into Conv, auto_pad SAME that pads nothing',
    input: batchOf(4, 6, 6),
    piece: before('Conv', [6, 4, 2, 2], 4, { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
    left: ['Conv'],
  },
  {
    name: 'forward into pointwise ConvTranspose',
    input: image,
    piece: before('ConvTranspose', [4, 3, 1, 1], 4, { bias: 3 }),
    left: ['ConvTranspose'],
  },
  {
    name: 'forward into Gemm with alpha and beta',
    input: batchOf(4),
    piece: before('Gemm', [5, 4], 4, { transB: 1, alpha: 3, beta: 0.5, bias: 5 }),
    left: ['Gemm'],
  },
  {
    name: 'forward into MatMul',
    input: batchOf(4),
    piece: before('MatMul', [4, 5], 4),
    left: ['Gemm'],
  },
  {
    name: 'forward through Flatten: each channel six times',
    input: batchOf(3, 2, 3),
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'a', 3),
        plain(node('Flatten', ['a'], ['b'])),
        layer(random, 'Gemm', 'b', 'y', [18, 5]),
      ),
    left: ['Flatten', 'Gemm'],
  },
  {
    name: 'forward through Reshape into MatMul',
    input: [2, 3, 2, 2],
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'a', 3),
        { nodes: [node('Reshape', ['a', 'to'], ['b'])], tensors: [intTensor('to', [0, -1])] },
        layer(random, 'MatMul', 'b', 'y', [12, 5]),
      ),
    left: ['Reshape', 'Gemm'],
  },
  {
    name: 'forward through a Pad that reflects',
    input: image,
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'a', 4),
        {
          nodes: [node('Pad', ['a', 'pads'], ['b'], { mode: 'reflect' })],
          tensors: [intTensor('pads', [0, 0, 1, 1, 0, 0, 1, 1])],
        },
        layer(random, 'Conv', 'b', 'y', [6, 4, 3, 3]),
      ),
    left: ['Pad', 'Conv'],
  },
];

describe('foldBatchNorm: what it folds', () => {
  for (const { name, input, piece, left } of cases) {
    it(name, async () => {
      const random = new Random(7);
      const graph = graphOf({ inputs: { x: input }, outputs: ['y'], ...piece(random) });
      const result = await foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);
      assert.deepEqual(reasonsOf(result), []);
      assert.deepEqual(opsOf(result.graph), left);
      const norms = graph.nodes.filter(({ op }) => op === 'BatchNormalization').length;
      assert.equal(result.applied.length, norms);
      assert.deepEqual(foldStructure(graph).applied, result.applied);
      assert.deepEqual(opsOf(foldStructure(graph).graph), left);
      await checkExact(graph, result, random, rounding);
    });
  }
});
