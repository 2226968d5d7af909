import assert from 'node:assert/strict';
import type { Graph, LayerStatistics } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import {
  foldBatchNorm,
  foldStructure,
  type FoldOptions,
} from '../../../../server/core/passes/foldBatchNorm.ts';
import { batchNorm, batchOf, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, node, randomTensor, tensor } from '../../../kit/graphs.ts';
import { checkExact, opsOf, reasonsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo } from '../../../kit/run.ts';

/** Sums of at most some hundred float32 products, in another order than before. */
const rounding = { relative: 1e-5, absolute: 1e-6 };

const image = batchOf(3, 5, 5);
const graphWith = (piece: Piece, input = image): Graph =>
  graphOf({ inputs: { x: input }, outputs: ['y'], ...piece });
const fold = (
  graph: Graph,
  options: Partial<FoldOptions> = {},
): ReturnType<typeof foldBatchNorm.run> =>
  foldBatchNorm.run(graph, { ...foldBatchNorm.defaults, ...options }, noJob);

describe('foldBatchNorm: names and statistics', () => {
  const net = (random: Random): Graph =>
    graphWith(
      together(
        layer(random, 'Conv', 'x', 'a', [4, 3, 3, 3]),
        batchNorm(random, 'a', 'n', 4),
        plain(node('Relu', ['n'], ['r'])),
        batchNorm(random, 'r', 'm', 4),
        layer(random, 'Conv', 'm', 'y', [2, 4, 1, 1]),
      ),
    );

  it('says what was folded where; the layer gives the value that the batch norm gave', async () => {
    const graph = net(new Random(1));
    const result = await fold(graph);
    assert.deepEqual(result.applied, [
      { layer: 'a', layerNode: 0, batchNorm: 'n', direction: 'backward' },
      { layer: 'y', layerNode: 4, batchNorm: 'm', direction: 'forward' },
    ]);
    assert.deepEqual(
      result.graph.nodes.map(({ id, name, outputs }) => [id, name, ...outputs]),
      [
        [0, 'a', 'n'],
        [2, 'r', 'r'],
        [4, 'y', 'y'],
      ],
    );
    assert.deepEqual(result.correspondences, [
      { before: 'n', after: 'n' },
      { before: 'y', after: 'y' },
    ]);
  });

  it('a node without a name keeps the one that users saw', async () => {
    const graph = net(new Random(1));
    const nameless = { ...graph, nodes: graph.nodes.map((made) => ({ ...made, name: '' })) };
    const result = await fold(nameless);
    assert.deepEqual(
      result.applied.map(({ layer: name, batchNorm: norm }) => [name, norm]),
      [
        ['a', 'n'],
        ['y', 'm'],
      ],
    );
    assert.equal(result.graph.nodes[0]?.name, 'a');
    await checkExact(nameless, result, new Random(2), rounding);
  });

  it('remembers gamma and beta, signed, of backward folds only', async () => {
    const graph = net(new Random(3));
    const { graph: folded } = await fold(graph);
    assert.deepEqual([...folded.statistics.keys()], ['n']);
    const record = folded.statistics.get('n');
    const values = (name: string): Float64Array =>
      new Float64Array(new Float32Array(graph.tensors.get(name)?.data.read().slice().buffer ?? []));
    assert.deepEqual(record, {
      batchNorm: 'n',
      gamma: values('n.gamma'),
      beta: values('n.beta'),
      scale: Float64Array.of(1, 1, 1, 1),
      absorbed: new Float64Array(4),
    });
    assert.ok(record.gamma.some((gamma) => gamma < 0));
  });

  const known: LayerStatistics = {
    batchNorm: 'old',
    gamma: [2, -4],
    beta: [6, 8],
    scale: [2, 4],
    absorbed: [1, 0],
  };

  it('a later batch norm replaces the record; its name follows the value', async () => {
    const random = new Random(4);
    const piece = together(
      layer(random, 'Conv', 'x', 'a', [2, 3, 3, 3]),
      batchNorm(random, 'a', 'y', 2),
    );
    const graph = { ...graphWith(piece), statistics: new Map([['a', known]]) };
    const { graph: folded } = await fold(graph);
    assert.deepEqual([...folded.statistics.keys()], ['y']);
    assert.equal(folded.statistics.get('y')?.batchNorm, 'y');
  });

  it('arithmetic behind a layer changes the record: mean a*m + d, deviation |a|*s', async () => {
    const random = new Random(4);
    const piece = together(layer(random, 'Conv', 'x', 'a', [2, 3, 3, 3]), {
      nodes: [node('Mul', ['a', 'times'], ['b']), node('Add', ['b', 'plus'], ['y'])],
      tensors: [tensor('times', [1, 2, 1, 1], [3, -0.5]), tensor('plus', [2, 1, 1], [10, 20])],
    });
    const graph = { ...graphWith(piece), statistics: new Map([['a', known]]) };
    const result = await fold(graph);
    // mean was 6/2 - 1 = 2 and 8/4 = 2; deviation 2/2 = 1 and 4/4 = 1
    assert.deepEqual(result.graph.statistics.get('y'), {
      batchNorm: 'old',
      gamma: Float64Array.of(3, 0.5),
      beta: Float64Array.of(16, 19),
      scale: Float64Array.of(1, 1),
      absorbed: new Float64Array(2),
    });
    await checkExact(graph, result, random, rounding);
  });

  it('values that a sub-graph reads keep their names', async () => {
    const random = new Random(5);
    const piece = together(
      layer(random, 'Conv', 'x', 'a', [2, 3, 3, 3]),
      batchNorm(random, 'a', 'n', 2),
      plain({ ...node('If', ['flag'], ['y']), captures: ['n'] }),
    );
    const graph = graphOf({
      inputs: { x: image, flag: { name: 'flag', type: 'bool', shape: [] } },
      outputs: ['y'],
      ...piece,
    });
    const { graph: folded } = await fold(graph);
    assert.deepEqual(opsOf(folded), ['Conv', 'If']);
    assert.deepEqual(folded.nodes[0]?.outputs, ['n']);
  });
});

describe('foldBatchNorm: arithmetic counts as a batch norm', () => {
  const constants = (random: Random, dims: readonly number[]): Piece['tensors'] => [
    randomTensor(random, 'p', dims),
    tensor(
      'q',
      dims,
      random.uniform(
        dims.reduce((a, b) => a * b, 1),
        0.5,
        2,
      ),
    ),
    tensor('two', [], [2]),
  ];
  const cases = [
    {
      name: 'Mul, Add',
      ops: [
        ['Mul', 'v', 'q'],
        ['Add', 'p', 'v'],
      ],
      dims: [1, 4, 1, 1],
    },
    {
      name: 'Sub, Div',
      ops: [
        ['Sub', 'v', 'p'],
        ['Div', 'v', 'q'],
      ],
      dims: [4, 1, 1],
    },
    { name: 'constant minus value', ops: [['Sub', 'p', 'v']], dims: [1, 4, 1, 1] },
    { name: 'Mul alone', ops: [['Mul', 'q', 'v']], dims: [4, 1, 1] },
    {
      name: 'a plain number among them',
      ops: [
        ['Mul', 'v', 'two'],
        ['Add', 'v', 'p'],
        ['Mul', 'v', 'q'],
      ],
      dims: [4, 1, 1],
    },
  ] as const;
  for (const { name, ops, dims } of cases) {
    for (const side of ['behind', 'before'] as const) {
      it(`${name}, ${side} a layer`, async () => {
        const random = new Random(20);
        const [first, last] = side === 'behind' ? ['a', 'y'] : ['x', 'a'];
        const chain = ops.map(([op, left, right], at) => {
          const input = at === 0 ? first : `v${at}`;
          const output = at === ops.length - 1 ? last : `v${at + 1}`;
          const names = [left, right].map((word) => (word === 'v' ? input : word));
          return node(op, names, [output]);
        });
        const conv =
          side === 'behind'
            ? layer(random, 'Conv', 'x', 'a', [4, 4, 3, 3])
            : layer(random, 'Conv', 'a', 'y', [5, 4, 3, 3]);
        const arithmetic = { nodes: chain, tensors: constants(random, dims) };
        const piece = side === 'behind' ? together(conv, arithmetic) : together(arithmetic, conv);
        const graph = graphWith(piece, batchOf(4, 5, 5));
        const result = await fold(graph);
        assert.deepEqual(opsOf(result.graph), ['Conv']);
        assert.deepEqual(foldStructure(graph).applied, result.applied);
        await checkExact(graph, result, random, rounding);
      });
    }
  }

  it('on the last axis behind a MatMul of rank 3', async () => {
    const random = new Random(21);
    const piece = together(layer(random, 'MatMul', 'x', 'a', [4, 5]), {
      nodes: [node('Mul', ['a', 'times'], ['b']), node('Add', ['b', 'plus'], ['y'])],
      tensors: [randomTensor(random, 'times', [5]), randomTensor(random, 'plus', [5])],
    });
    const graph = graphWith(piece, batchOf(3, 4));
    const result = await fold(graph);
    assert.deepEqual(opsOf(result.graph), ['MatMul', 'Add']);
    assert.deepEqual(result.graph.nodes[0]?.name, 'a');
    await checkExact(graph, result, random, rounding);
  });

  const left: { name: string; nodes: Piece['nodes']; tensors: Piece['tensors'] }[] = [
    {
      name: 'plain numbers, as in a hard sigmoid',
      nodes: [node('Add', ['a', 'k'], ['b']), node('Relu', ['b'], ['y'])],
      tensors: [tensor('k', [], [3])],
    },
    {
      name: 'a constant that varies along the image',
      nodes: [node('Mul', ['a', 'k'], ['y'])],
      tensors: [tensor('k', [3], [1, 2, 3])],
    },
    {
      name: 'a constant of another rank, which widens the value',
      nodes: [node('Add', ['a', 'k'], ['y'])],
      tensors: [tensor('k', [1, 1, 4, 1, 1], [1, 2, 3, 4])],
    },
    {
      name: 'a divisor of 0',
      nodes: [node('Div', ['a', 'k'], ['y'])],
      tensors: [tensor('k', [4, 1, 1], [1, 0, 1, 1])],
    },
  ];
  for (const { name, nodes, tensors } of left) {
    it(`leaves ${name}`, async () => {
      const random = new Random(22);
      const conv = layer(random, 'Conv', 'x', 'a', [4, 3, 3, 3]);
      const graph = graphWith(together(conv, { nodes, tensors }));
      const result = await fold(graph);
      assert.deepEqual(result.edits, []);
    });
  }

  it('is told of when it stands beside a layer and cannot be folded', async () => {
    const random = new Random(23);
    const piece = together(
      {
        nodes: [node('Sub', ['x', 'mean'], ['a']), node('Div', ['a', 'std'], ['b'])],
        tensors: [tensor('mean', [1, 3, 1, 1], [1, 2, 3]), tensor('std', [1, 3, 1, 1], [4, 5, 6])],
      },
      layer(random, 'Conv', 'b', 'y', [4, 3, 3, 3], { pads: [1, 1, 1, 1] }),
    );
    const result = await fold(graphWith(piece));
    assert.deepEqual(reasonsOf(result), ['padded b']);
    assert.deepEqual(result.edits, []);
  });
});

describe('foldBatchNorm: chosen pairs', () => {
  const net = (random: Random): Graph =>
    graphWith(
      together(
        layer(random, 'Conv', 'x', 'a', [4, 3, 3, 3]),
        batchNorm(random, 'a', 'n', 4),
        layer(random, 'Conv', 'n', 'b', [4, 4, 1, 1]),
        batchNorm(random, 'b', 'm', 4),
        plain(node('Relu', ['m'], ['y'])),
      ),
    );
  const cases = [
    {
      name: 'one pair',
      pairs: [{ layer: 'b', batchNorm: 'm' }],
      applied: ['b m backward'],
      reasons: [],
    },
    {
      name: 'the direction is the one that is asked for',
      pairs: [{ layer: 'b', batchNorm: 'n', direction: 'forward' }],
      applied: ['b n forward'],
      reasons: [],
    },
    {
      name: 'both sides asked for: backward',
      pairs: [
        { layer: 'a', batchNorm: 'n' },
        { layer: 'b', batchNorm: 'n' },
      ],
      applied: ['a n backward'],
      reasons: ['unknown-pair n'],
    },
    {
      name: 'a pair that does not exist',
      pairs: [{ layer: 'a', batchNorm: 'm' }],
      applied: [],
      reasons: ['unknown-pair m'],
    },
  ] as const;
  for (const { name, pairs, applied, reasons } of cases) {
    it(name, async () => {
      const graph = net(new Random(30));
      const result = await fold(graph, { pairs });
      assert.deepEqual(
        result.applied.map((a) => `${a.layer} ${a.batchNorm} ${a.direction}`),
        applied,
      );
      assert.deepEqual(reasonsOf(result), reasons);
      await checkExact(graph, result, new Random(31), rounding);
    });
  }

  it('a scale of 0.5 in a record stays where only the other side is folded', async () => {
    const random = new Random(32);
    const piece = together(
      batchNorm(random, 'x', 'n', 3),
      layer(random, 'Conv', 'n', 'y', [2, 3, 3, 3]),
    );
    const record: LayerStatistics = {
      batchNorm: 'old',
      gamma: [1, 1],
      beta: [2, 3],
      scale: [0.5, 1],
      absorbed: [0, 0],
    };
    const graph = { ...graphWith(piece), statistics: new Map([['y', record]]) };
    const { graph: folded } = await fold(graph);
    assert.deepEqual(folded.statistics.get('y'), record);
    closeTo(folded.statistics.get('y')?.scale ?? [], [0.5, 1], { relative: 0, absolute: 0 });
  });
});
