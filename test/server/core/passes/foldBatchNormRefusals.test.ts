import assert from 'node:assert/strict';
import type { Dimension } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { foldBatchNorm, foldStructure } from '../../../../server/core/passes/foldBatchNorm.ts';
import { batchNorm, batchOf, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, intTensor, node, randomTensor, tensor } from '../../../kit/graphs.ts';
import { checkEdits, opsOf, reasonsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { sameOutputs } from '../../../kit/run.ts';

/** A batch norm that becomes a pure scale and shift is computed with other roundings. */
const rounding = { relative: 1e-5, absolute: 1e-6 };

interface Refusal {
  readonly name: string;
  readonly input?: readonly Dimension[];
  readonly outputs?: readonly string[];
  readonly opset?: number;
  readonly piece: (random: Random) => Piece;
  readonly reasons: readonly string[];
  /** Batch norms that are made pure; default: all. */
  readonly pure?: number;
  /** Where ONNX Runtime cannot run the graph. */
  readonly isNotRun?: boolean;
}

const image = batchOf(4, 7, 6);
const conv = (random: Random, input: string, output: string, from = 4, to = 4): Piece =>
  layer(random, 'Conv', input, output, [to, from, 3, 3]);

/** Puts other numbers into one constant. */
function withValues(piece: Piece, name: string, values: number[], type?: 'float16'): Piece {
  const tensors = piece.tensors.map((old) =>
    old.name === name ? tensor(name, old.dims, values, type ?? old.type) : old,
  );
  return { ...piece, tensors };
}

/** A convolution, and a batch norm that gives statistics out besides its output. */
function withStatistics(random: Random, statistics: readonly string[]): Piece {
  const norm = batchNorm(random, 'a', 'y', 4);
  const nodes = norm.nodes.map((made) => ({ ...made, outputs: ['y', ...statistics] }));
  return together(conv(random, 'x', 'a'), { ...norm, nodes });
}

const refusals: Refusal[] = [
  {
    name: 'no layer on either side: after Add',
    piece: (random) =>
      together(
        conv(random, 'x', 'a'),
        conv(random, 'x', 'b'),
        plain(node('Add', ['a', 'b'], ['sum'])),
        batchNorm(random, 'sum', 'n', 4),
        plain(node('Relu', ['n'], ['y'])),
      ),
    reasons: ['no-layer n'],
  },
  {
    name: 'the layer is used twice',
    piece: (random) =>
      together(
        conv(random, 'x', 'a'),
        batchNorm(random, 'a', 'n', 4),
        plain(node('Add', ['a', 'n'], ['y'])),
      ),
    reasons: ['used-elsewhere n'],
  },
  {
    name: 'the layer is an output of the network',
    outputs: ['y', 'a'],
    piece: (random) => together(conv(random, 'x', 'a'), batchNorm(random, 'a', 'y', 4)),
    reasons: ['graph-output y'],
  },
  {
    name: 'forward: the batch norm is an output of the network',
    outputs: ['y', 'n'],
    piece: (random) => together(batchNorm(random, 'x', 'n', 4), conv(random, 'n', 'y')),
    reasons: ['graph-output n'],
  },
  {
    name: 'forward: two layers read the batch norm',
    outputs: ['y', 'z'],
    piece: (random) =>
      together(batchNorm(random, 'x', 'n', 4), conv(random, 'n', 'y'), conv(random, 'n', 'z')),
    reasons: ['used-elsewhere n'],
  },
  {
    name: 'forward: pads',
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'n', 4),
        layer(random, 'Conv', 'n', 'y', [3, 4, 3, 3], { pads: [0, 1, 0, 0] }),
      ),
    reasons: ['padded n'],
  },
  {
    name: 'forward: auto_pad SAME',
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'n', 4),
        layer(random, 'Conv', 'n', 'y', [3, 4, 3, 3], { auto_pad: 'SAME_LOWER' }),
      ),
    reasons: ['padded n'],
  },
  {
    name: 'forward: auto_pad SAME of a size that is not known',
    input: ['N', 4, 'H', 'W'],
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'n', 4),
        layer(random, 'Conv', 'n', 'y', [3, 4, 2, 2], { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
      ),
    reasons: ['padded n'],
  },
  {
    name: 'forward: a Pad node between',
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'n', 4),
        {
          nodes: [node('Pad', ['n', 'pads'], ['p'])],
          tensors: [intTensor('pads', [0, 0, 1, 1, 0, 0, 1, 1])],
        },
        conv(random, 'p', 'y'),
      ),
    reasons: ['padded n'],
  },
  {
    name: 'forward: ConvTranspose, whose outputs see different weights',
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'n', 4),
        layer(random, 'ConvTranspose', 'n', 'y', [4, 3, 2, 2], { strides: [2, 2] }),
      ),
    reasons: ['transposed n'],
  },
  {
    name: 'forward: Gemm that transposes its input',
    input: [3, 4],
    piece: (random) =>
      together(
        batchNorm(random, 'x', 'n', 4),
        layer(random, 'Gemm', 'n', 'y', [3, 5], { transA: 1 }),
      ),
    reasons: ['rank n'],
  },
  {
    name: 'MatMul of rank 3: the batch norm works on another axis',
    input: batchOf(5, 4),
    piece: (random) =>
      together(layer(random, 'MatMul', 'x', 'a', [4, 5]), batchNorm(random, 'a', 'y', 5)),
    reasons: ['rank y'],
  },
  {
    name: 'forward: MatMul of rank 3',
    input: batchOf(4, 4),
    piece: (random) =>
      together(batchNorm(random, 'x', 'n', 4), layer(random, 'MatMul', 'n', 'y', [4, 5])),
    reasons: ['rank n'],
  },
  {
    name: 'product of two activations',
    input: [4, 4],
    piece: (random) =>
      together(plain(node('MatMul', ['x', 'x'], ['a'])), batchNorm(random, 'a', 'y', 4)),
    reasons: ['dynamic-weight y'],
  },
  {
    name: 'the weight is on the left',
    input: [4, 5],
    piece: (random) =>
      together(
        {
          nodes: [node('MatMul', ['w', 'x'], ['a'])],
          tensors: [randomTensor(random, 'w', [3, 4])],
        },
        batchNorm(random, 'a', 'y', 5),
      ),
    reasons: ['weight-on-left y'],
  },
  {
    name: 'the bias is computed',
    input: [2, 4],
    piece: (random) =>
      together(
        {
          nodes: [
            node('ReduceSum', ['x', 'axis'], ['sum'], { keepdims: 0 }),
            node('Concat', ['sum', 'one'], ['b'], { axis: 0 }),
            node('Gemm', ['x', 'w', 'b'], ['a']),
          ],
          tensors: [
            intTensor('axis', [0]),
            randomTensor(random, 'one', [1]),
            randomTensor(random, 'w', [4, 5]),
          ],
        },
        batchNorm(random, 'a', 'y', 5),
      ),
    reasons: ['dynamic-bias y'],
  },
  {
    name: 'the mean is computed',
    piece: (random) => {
      const norm = batchNorm(random, 'a', 'y', 4);
      const [made] = norm.nodes;
      const inputs = made?.inputs.map((name) => (name === 'y.mean' ? 'twice' : name)) ?? [];
      return together(conv(random, 'x', 'a'), plain(node('Add', ['y.mean', 'y.mean'], ['twice'])), {
        nodes: [node('BatchNormalization', inputs, ['y'])],
        tensors: norm.tensors,
      });
    },
    reasons: ['dynamic-parameters y'],
    pure: 0,
  },
  {
    name: 'training mode',
    piece: (random) =>
      together(
        conv(random, 'x', 'a'),
        batchNorm(random, 'a', 'y', 4, { training_mode: 1, epsilon: 1e-3 }),
      ),
    reasons: ['training-mode y'],
    pure: 0,
    isNotRun: true,
  },
  ...[7, 8, 9, 13].map((opset) => ({
    name: `training mode of opset ${opset}: statistics given out, though not used`,
    opset,
    piece: (random: Random) => withStatistics(random, ['m', 'v', 'sm', 'sv']),
    reasons: ['training-mode y'],
    pure: 0,
    isNotRun: true,
  })),
  {
    name: 'training mode of opset 13 with one statistic',
    opset: 13,
    piece: (random) => withStatistics(random, ['', '', 'sm']),
    reasons: ['training-mode y'],
    pure: 0,
    isNotRun: true,
  },
  {
    name: 'training mode of opset 6: is_test is not set',
    opset: 6,
    piece: (random) => withStatistics(random, []),
    reasons: ['training-mode y'],
    pure: 0,
    isNotRun: true,
  },
  {
    name: 'statistics of the batch norm are used',
    opset: 14,
    outputs: ['y', 'mean'],
    piece: (random) => withStatistics(random, ['mean']),
    reasons: ['extra-outputs y'],
    pure: 0,
    isNotRun: true,
  },
  {
    name: 'spatial = 0 of opset 8',
    opset: 8,
    piece: (random) =>
      together(conv(random, 'x', 'a'), batchNorm(random, 'a', 'y', 4, { spatial: 0 })),
    reasons: ['per-element y'],
    pure: 0,
    isNotRun: true,
  },
  {
    name: 'a variance that leaves no deviation',
    piece: (random) =>
      withValues(
        together(conv(random, 'x', 'a'), batchNorm(random, 'a', 'y', 4, { epsilon: 0 })),
        'y.variance',
        [1, 1, 0, 1],
      ),
    reasons: ['zero-sigma y'],
    pure: 0,
    isNotRun: true,
  },
  {
    name: 'NaN in the batch norm',
    piece: (random) =>
      withValues(together(conv(random, 'x', 'a'), batchNorm(random, 'a', 'y', 4)), 'y.beta', [
        1,
        NaN,
        0,
        1,
      ]),
    reasons: ['not-finite y'],
    pure: 0,
  },
  {
    name: 'an infinite weight',
    input: batchOf(2),
    piece: (random) =>
      withValues(
        together(layer(random, 'Gemm', 'x', 'a', [2, 2]), batchNorm(random, 'a', 'y', 2)),
        'a.weight',
        [1, Infinity, 0, 1],
      ),
    reasons: ['not-finite y'],
    isNotRun: true,
  },
  {
    name: 'weights too large for float16',
    input: batchOf(2),
    piece: (random) => {
      const piece = together(
        layer(random, 'Gemm', 'x', 'a', [2, 2]),
        batchNorm(random, 'a', 'y', 2, { epsilon: 0 }),
      );
      const large = withValues(piece, 'a.weight', [60000, 1, 1, 1], 'float16');
      return withValues(withValues(large, 'y.gamma', [2, 2]), 'y.variance', [1, 1]);
    },
    reasons: ['overflow y'],
    isNotRun: true,
  },
];

describe('foldBatchNorm: what it leaves alone, and why', () => {
  for (const {
    name,
    input = image,
    outputs = ['y'],
    opset,
    piece,
    reasons,
    pure = 1,
    isNotRun,
  } of refusals) {
    it(name, async () => {
      const random = new Random(11);
      const graph = graphOf({
        inputs: { x: input },
        outputs,
        ...piece(random),
        ...(opset === undefined ? {} : { opset }),
      });
      const result = await foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);
      assert.deepEqual(reasonsOf(result), reasons);
      assert.deepEqual(opsOf(result.graph), opsOf(graph));
      const directions = result.applied.map(({ direction }) => direction);
      assert.deepEqual(directions, Array(pure).fill('standalone'));
      assert.equal(
        foldStructure(graph).applied.filter((one) => one.direction !== 'standalone').length,
        name.includes('infinite') || name.includes('float16') ? 1 : 0,
      );
      checkEdits(graph, result);
      if (!isNotRun) await sameOutputs(graph, result.graph, random, rounding);
    });
  }

  it('says what to do, in sentences that name the nodes', async () => {
    const random = new Random(1);
    const piece = together(conv(random, 'x', 'a'), batchNorm(random, 'a', 'y', 4));
    const graph = graphOf({ inputs: { x: image }, outputs: ['y', 'a'], ...piece });
    const { skipped } = await foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob);
    assert.deepEqual(skipped, [
      {
        code: 'graph-output',
        place: 'y',
        node: 1,
        reason:
          'The output of "a" ("a") is also an output of the network. It was made a pure scale and shift instead.',
        remedy: 'Take "a" out of the outputs of the network.',
      },
    ]);
  });
});
