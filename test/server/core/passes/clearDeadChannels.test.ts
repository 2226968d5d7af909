import assert from 'node:assert/strict';
import type { Dimension, Graph } from '../../../../server/core/graph/graph.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import {
  clearDeadChannels,
  type ClearOptions,
} from '../../../../server/core/passes/clearDeadChannels.ts';
import { batchOf, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, intTensor, node, tensor } from '../../../kit/graphs.ts';
import { checkExact, reasonsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';

/** Sums of at most some hundred float32 products, with a constant's share moved into the bias. */
const rounding = { relative: 1e-5, absolute: 1e-6 };

const clear = (
  graph: Graph,
  options: Partial<ClearOptions> = {},
): ReturnType<typeof clearDeadChannels.run> =>
  clearDeadChannels.run(graph, { ...clearDeadChannels.defaults, ...options }, noJob);

const valuesOf = (graph: Graph, name: string): number[] => {
  const found = graph.tensors.get(name);
  return found ? Array.from(readFloats(found)) : [];
};

/** Puts one number into a run of a constant. */
function set(piece: Piece, name: string, from: number, to: number, value: number): Piece {
  const tensors = piece.tensors.map((old) => {
    if (old.name !== name) return old;
    return tensor(
      name,
      old.dims,
      Float64Array.from(readFloats(old)).fill(value, from, to),
      old.type,
    );
  });
  return { ...piece, tensors };
}

interface Case {
  readonly name: string;
  readonly input: readonly Dimension[];
  readonly outputs?: readonly string[];
  readonly piece: (random: Random) => Piece;
  readonly applied: readonly string[];
  readonly reasons?: readonly string[];
  /** Constants that must be 0 there afterwards: name, from, to. */
  readonly zeros?: readonly (readonly [name: string, from: number, to: number])[];
}

const bounds = [tensor('zero', [], [0]), tensor('six', [], [6])];
const relu6 = (input: string, output: string): Piece =>
  plain(node('Clip', [input, 'zero', 'six'], [output]));
const image = batchOf(2, 5, 5);
const conv = (
  random: Random,
  input: string,
  output: string,
  dims: readonly number[],
  attributes: Parameters<typeof layer>[5] = {},
): Piece => layer(random, 'Conv', input, output, dims, { bias: dims[0], ...attributes });

/** conv a (3 channels) whose channel 1 has no weights and this bias. */
const withConstant = (random: Random, bias: number, activation: Piece): Piece => {
  const a = conv(random, 'x', 'a', [3, 2, 1, 1]);
  return together(set(set(a, 'a.weight', 2, 4, 0), 'a.bias', 1, 2, bias), activation);
};

const cases: Case[] = [
  {
    name: 'no weights and a negative bias before ReLU: dead, also where the reader pads',
    input: image,
    piece: (random) =>
      together(
        withConstant(random, -1, plain(node('Relu', ['a'], ['r']))),
        conv(random, 'r', 'y', [2, 3, 3, 3], { pads: [1, 1, 1, 1] }),
      ),
    applied: ['a > y: 1 = 0'],
    zeros: [
      ['a.bias', 1, 2],
      ['y.weight', 9, 18],
      ['y.weight', 36, 45],
    ],
  },
  {
    name: 'no weights and a positive bias: moves into the bias of a reader without padding',
    input: image,
    piece: (random) =>
      together(
        withConstant(random, 0.5, plain(node('Relu', ['a'], ['r']))),
        layer(random, 'Conv', 'r', 'y', [2, 3, 3, 3]),
      ),
    applied: ['a > y: 1 = 0.5'],
    zeros: [
      ['y.weight', 9, 18],
      ['y.weight', 36, 45],
    ],
  },
  {
    name: 'a constant that is not 0 stays where the reader pads',
    input: image,
    piece: (random) =>
      together(
        withConstant(random, 0.5, plain(node('Relu', ['a'], ['r']))),
        conv(random, 'r', 'y', [2, 3, 3, 3], { pads: [0, 1, 0, 0] }),
      ),
    applied: [],
    reasons: ['padded y'],
  },
  {
    name: 'interval below 0 behind ReLU6: weights up to 6 * sum, bias far below',
    input: image,
    piece: (random) => {
      const first = together(conv(random, 'x', 'a', [3, 2, 1, 1]), relu6('a', 'r'));
      const second = set(conv(random, 'r', 'b', [2, 3, 1, 1]), 'b.weight', 0, 3, 0.5);
      return together(
        first,
        set(second, 'b.bias', 0, 1, -9.01), // 6 * 3 * 0.5 = 9
        plain(node('Relu', ['b'], ['s'])),
        conv(random, 's', 'y', [2, 2, 1, 1]),
        { nodes: [], tensors: bounds },
      );
    },
    applied: ['b > y: 0 = 0'],
    zeros: [
      ['b.weight', 0, 3],
      ['b.bias', 0, 1],
      ['y.weight', 0, 1],
      ['y.weight', 2, 3],
    ],
  },
  {
    name: 'interval above 6 behind ReLU6: constant 6',
    input: image,
    piece: (random) => {
      const first = together(conv(random, 'x', 'a', [3, 2, 1, 1]), relu6('a', 'r'));
      const second = set(conv(random, 'r', 'b', [2, 3, 1, 1]), 'b.weight', 0, 3, 0.5);
      return together(
        first,
        set(second, 'b.bias', 0, 1, 6.01),
        relu6('b', 's'),
        layer(random, 'Conv', 's', 'y', [2, 2, 3, 3]),
        { nodes: [], tensors: bounds },
      );
    },
    applied: ['b > y: 0 = 6'],
    zeros: [
      ['b.weight', 0, 3],
      ['y.weight', 0, 9],
    ],
  },
  {
    name: 'down a chain: a depthwise reader makes another constant, and its reader takes it',
    input: image,
    piece: (random) => {
      const depthwise = conv(random, 'r', 'd', [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] });
      return together(
        withConstant(random, -1, plain(node('Relu', ['a'], ['r']))),
        set(depthwise, 'd.bias', 1, 2, 0.25),
        plain(node('Relu', ['d'], ['s'])),
        layer(random, 'Conv', 's', 'y', [2, 3, 1, 1]),
      );
    },
    applied: ['a > d: 1 = 0', 'd > y: 1 = 0.25'],
    zeros: [
      ['d.weight', 9, 18],
      ['y.weight', 1, 2],
      ['y.weight', 4, 5],
    ],
  },
  {
    name: 'through pooling and Flatten into Gemm: each channel four times',
    input: batchOf(2, 4, 4),
    piece: (random) =>
      together(
        withConstant(random, 0.5, plain(node('Relu', ['a'], ['r']))),
        plain(
          node('MaxPool', ['r'], ['p'], { kernel_shape: [2, 2], strides: [2, 2] }),
          node('Flatten', ['p'], ['f']),
        ),
        layer(random, 'Gemm', 'f', 'y', [12, 2], { alpha: 2, beta: 3, bias: 2 }),
      ),
    applied: ['a > y: 1 = 0.5'],
    zeros: [['y.weight', 8, 16]],
  },
  {
    name: 'through Concat, at its offset',
    input: image,
    piece: (random) =>
      together(
        conv(random, 'x', 'b', [2, 2, 1, 1]),
        withConstant(random, 0, plain(node('Relu', ['a'], ['r']))),
        plain(node('Concat', ['b', 'r'], ['c'], { axis: 1 })),
        conv(random, 'c', 'y', [1, 5, 3, 3]),
      ),
    applied: ['a > y: 1 = 0'],
    zeros: [['y.weight', 27, 36]],
  },
  {
    name: 'the sum of two constants',
    input: image,
    piece: (random) => {
      const b = conv(random, 'x', 'b', [3, 2, 1, 1]);
      return together(
        withConstant(random, 0.5, plain(node('Relu', ['a'], ['r']))),
        set(set(b, 'b.weight', 2, 4, 0), 'b.bias', 1, 2, 0.25),
        plain(node('Add', ['r', 'b'], ['sum'])),
        layer(random, 'Conv', 'sum', 'y', [2, 3, 1, 1]),
      );
    },
    applied: ['sum > y: 1 = 0.75'],
    zeros: [
      ['y.weight', 1, 2],
      ['y.weight', 4, 5],
    ],
  },
  {
    name: 'a bias of a dead channel goes although no layer reads the channel',
    input: image,
    piece: (random) =>
      together(
        withConstant(random, -40, plain(node('Relu', ['a'], ['r']))),
        plain(node('Add', ['r', 'r'], ['y'])),
      ),
    applied: ['a > r: 1 = 0'],
    zeros: [['a.bias', 1, 2]],
  },
  {
    name: 'not where the activation is an output: its value stays, the weights may go',
    input: image,
    outputs: ['y', 'r'],
    piece: (random) =>
      together(
        withConstant(random, -1, plain(node('Relu', ['a'], ['r']))),
        conv(random, 'r', 'y', [2, 3, 1, 1]),
      ),
    applied: ['a > y: 1 = 0'],
    zeros: [['y.weight', 1, 2]],
  },
  {
    name: 'the layer that is an output itself keeps its bias',
    input: image,
    outputs: ['y', 'a'],
    piece: (random) =>
      together(
        withConstant(random, -1, plain(node('Relu', ['a'], ['r']))),
        conv(random, 'r', 'y', [2, 3, 1, 1]),
      ),
    applied: ['a > y: 1 = 0'],
    zeros: [['y.weight', 1, 2]],
  },
  {
    name: 'two layers that share their weights: only the one that reads the dead channel',
    input: batchOf(3, 5, 5),
    piece: (random) => {
      const a = set(conv(random, 'x', 'a', [3, 3, 1, 1]), 'a.weight', 3, 6, 0);
      return together(
        set(a, 'a.bias', 1, 2, -1),
        plain(node('Relu', ['a'], ['r'])),
        layer(random, 'Conv', 'r', 'b', [3, 3, 1, 1]),
        plain(node('Conv', ['x', 'b.weight'], ['c']), node('Add', ['b', 'c'], ['y'])),
      );
    },
    applied: ['a > b: 1 = 0'],
    zeros: [['b.weight_1', 1, 2]],
  },
];

describe('clearDeadChannels', () => {
  for (const { name, input, outputs = ['y'], piece, applied, reasons = [], zeros = [] } of cases) {
    it(name, async () => {
      const random = new Random(5);
      const graph = graphOf({ inputs: { x: input }, outputs, ...piece(random) });
      const result = await clear(graph);
      assert.deepEqual(
        result.applied.map(
          ({ maker, reader, channels, constant }) =>
            `${maker} > ${reader}: ${channels.join()} = ${constant.join()}`,
        ),
        applied,
      );
      assert.deepEqual(reasonsOf(result), reasons);
      for (const [constant, from, to] of zeros) {
        const values = valuesOf(result.graph, constant).slice(from, to);
        assert.deepEqual(values, Array(to - from).fill(0), `${constant} ${from}..${to}`);
      }
      await checkExact(graph, result, random, rounding);
      const again = await clear(result.graph);
      assert.deepEqual(again.edits, [], 'a second time there is nothing to do');
    });
  }

  const tinyWeights = (random: Random): Graph => {
    const a = set(conv(random, 'x', 'a', [3, 2, 1, 1]), 'a.weight', 2, 4, 1e-12);
    const piece = together(
      set(a, 'a.bias', 1, 2, -0.35),
      plain(node('Relu', ['a'], ['r'])),
      conv(random, 'r', 'y', [2, 3, 1, 1]),
    );
    return graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
  };

  it('weights near 1e-12 beside weights near 1 are dead, for inputs of any size', async () => {
    const graph = tinyWeights(new Random(6));
    const result = await clear(graph);
    assert.deepEqual(
      result.applied.map(({ channels }) => channels),
      [[1]],
    );
    assert.ok(result.isExact);
    await checkExact(graph, result, new Random(7), rounding);
  });

  it('names of layers choose', async () => {
    const graph = tinyWeights(new Random(6));
    assert.equal((await clear(graph, { layers: ['a'] })).applied.length, 1);
    assert.equal((await clear(graph, { layers: ['y'] })).applied.length, 1);
    assert.deepEqual((await clear(graph, { layers: ['other'] })).edits, []);
  });

  it('says who makes, who reads, and where', async () => {
    const random = new Random(8);
    const piece = together(
      withConstant(random, 0.5, plain(node('Relu', ['a'], ['r']))),
      plain(node('Flatten', ['r'], ['f'])),
      layer(random, 'Gemm', 'f', 'y', [12, 2]),
    );
    const graph = graphOf({ inputs: { x: [1, 2, 2, 2] }, outputs: ['y'], ...piece });
    assert.deepEqual((await clear(graph)).applied, [
      {
        maker: 'a',
        makerNode: 0,
        reader: 'y',
        readerNode: 3,
        channels: [1],
        constant: [0.5],
        readerChannels: [[4, 5, 6, 7]],
      },
    ]);
  });

  it('leaves NaN weights alone and names them', async () => {
    const random = new Random(9);
    const reader = conv(random, 'r', 'y', [2, 3, 1, 1]);
    const piece = together(
      withConstant(random, -1, plain(node('Relu', ['a'], ['r']))),
      set(reader, 'y.weight', 0, 1, NaN),
    );
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const { skipped } = await clear(graph);
    assert.deepEqual(
      skipped.map(({ code, reason }) => [code, reason]),
      [['not-finite', '"y.weight" of "y" has NaN or infinite values.']],
    );
  });

  it('a cleared channel no longer varies: gamma 0, beta its bias', async () => {
    const random = new Random(10);
    const piece = together(
      withConstant(random, -1, plain(node('Relu', ['a'], ['r']))),
      conv(random, 'r', 'y', [2, 3, 1, 1]),
    );
    const record = {
      batchNorm: 'n',
      gamma: [1, 2, 3],
      beta: [4, -5, 6],
      scale: [1, 2, 1],
      absorbed: [0, 0, 0],
    };
    const graph = graphOf({ inputs: { x: image }, outputs: ['y'], ...piece });
    const { graph: cleared } = await clear({ ...graph, statistics: new Map([['a', record]]) });
    assert.deepEqual(cleared.statistics.get('a'), { ...record, gamma: [1, 0, 3], beta: [4, 0, 6] });
  });

  it('reads through Reshape whose shape is a constant', async () => {
    const random = new Random(11);
    const piece = together(
      withConstant(random, -1, plain(node('Relu', ['a'], ['r']))),
      { nodes: [node('Reshape', ['r', 'to'], ['f'])], tensors: [intTensor('to', [-1, 12])] },
      layer(random, 'MatMul', 'f', 'y', [12, 2]),
    );
    const graph = graphOf({ inputs: { x: [3, 2, 2, 2] }, outputs: ['y'], ...piece });
    const result = await clear(graph);
    assert.deepEqual(valuesOf(result.graph, 'y.weight').slice(8, 16), Array(8).fill(0));
    await checkExact(graph, result, random, rounding);
  });
});
