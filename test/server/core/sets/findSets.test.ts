import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { findSets, type SetOptions } from '../../../../server/core/sets/findSets.ts';
import { lazyShapes } from '../../../../server/core/sets/shapes.ts';
import { intTensor, node, tensor } from '../../../kit/graphs.ts';
import { Net } from '../../../kit/net.ts';

const image = [1, 3, 8, 8];
const ours: SetOptions = { sets: 'ours', throughClamps: true };
const aimet: SetOptions = { sets: 'aimet', throughClamps: true };

const found = (graph: Graph, options = ours): string[] =>
  findSets(graph, options, lazyShapes(graph)).sets.map(({ layers }) =>
    layers.map(({ name }) => name).join('-'),
  );

const skipped = (graph: Graph, options = ours): string[] =>
  findSets(graph, options, lazyShapes(graph)).skipped.map(({ code, place }) => `${place}: ${code}`);

/** a -> what is given -> b. */
const between = (change: (net: Net) => Net): Graph =>
  change(new Net(image).conv('a', [4, 3, 1, 1], 4))
    .conv('b', [5, 4, 1, 1], 5)
    .graph();

describe('findSets', () => {
  const refusals: readonly (readonly [string, Graph, string])[] = [
    ['Sigmoid', between((net) => net.op('Sigmoid')), 'not-homogeneous'],
    ['HardSwish', between((net) => net.op('HardSwish')), 'not-homogeneous'],
    [
      'a batch norm',
      between((net) =>
        net.op(
          'BatchNormalization',
          {},
          ['g', 'b', 'm', 'v'].map((name) => tensor(name, [4], 1)),
        ),
      ),
      'unfolded-batch-norm',
    ],
    [
      'Add of a constant',
      between((net) => net.op('Add', {}, [tensor('k', [1, 4, 1, 1], 1)])),
      'add',
    ],
    [
      'Pad with a value',
      between((net) =>
        net.op('Pad', {}, [intTensor('p', [0, 0, 1, 1, 0, 0, 1, 1]), tensor('one', [], [1])]),
      ),
      'pad-value',
    ],
    [
      'Pad of channels',
      between((net) => net.op('Pad', {}, [intTensor('p', [0, 1, 0, 0, 0, -1, 0, 0])])),
      'channels-mixed',
    ],
    [
      'a mean over the channels',
      between((net) => net.op('ReduceMean', { axes: [1], keepdims: 1 })),
      'channels-mixed',
    ],
    [
      'a Transpose of channels and rows',
      new Net([1, 3, 4, 4])
        .conv('a', [4, 3, 1, 1], 4)
        .op('Transpose', { perm: [0, 2, 1, 3] })
        .conv('b', [5, 4, 1, 1], 5)
        .graph(),
      'rank',
    ],
    [
      'a Reshape that splits the channels',
      new Net([1, 3, 4, 4])
        .conv('a', [4, 3, 1, 1], 4)
        .op('Reshape', {}, [intTensor('s', [1, 2, 2, 16])])
        .conv('b', [5, 2, 1, 1], 5)
        .graph(),
      'channels-mixed',
    ],
  ];
  for (const [name, graph, code] of refusals) {
    it(`names ${name} as the reason`, () => {
      assert.deepEqual(found(graph), []);
      assert.deepEqual(skipped(graph), [`a: ${code}`]);
    });
  }

  it('does not cross a value that others use, and says who', () => {
    const net = new Net(image).conv('a', [4, 3, 1, 1], 4).relu();
    const shared = net.value;
    net.conv('b', [4, 4, 1, 1], 4);
    net.add(node('Add', [net.value, shared], ['sum']));
    const graph = net.conv('c', [2, 4, 1, 1], 2).graph();
    const { skipped: all } = findSets(graph, ours, lazyShapes(graph));
    assert.deepEqual(
      all.map(({ code }) => code),
      ['used-elsewhere', 'add'],
    );
    assert.match(all[0]?.reason ?? '', /used by more than one: b \(Conv\), sum \(Add\)$/u);
  });

  it('does not change an output of the model', () => {
    const graph = between((net) => net.relu());
    const outputs = [
      ...graph.outputs,
      { name: 'relu1', type: 'float32', shape: undefined } as const,
    ];
    assert.deepEqual(skipped({ ...graph, outputs }), ['a: graph-output']);
  });

  it('does not change what a branch of If reads', () => {
    const graph = between((net) => net.relu());
    const branch = { ...node('If', ['flag'], ['z']), captures: ['relu1'] };
    const all = [...graph.nodes, { ...branch, id: 9 }];
    assert.deepEqual(found({ ...graph, nodes: all }), []);
    const only = all.filter(({ name }) => name !== 'b');
    const more = node('Conv', ['z', 'b.w', 'b.b'], ['b.y'], {}, 'b');
    assert.deepEqual(skipped({ ...graph, nodes: [...only, { ...more, id: 10 }] }), ['a: subgraph']);
  });

  it('says when the shape before a Flatten is not known', () => {
    const graph = new Net(['n', 3, 'h', 'w'] as never)
      .conv('a', [4, 3, 1, 1], 4)
      .op('Flatten')
      .conv('f', [256, 6], 6, {}, 'Gemm')
      .graph();
    assert.deepEqual(skipped(graph), ['a: unknown-shape']);
  });

  it('is not held up by a batch size that is not known', () => {
    const graph = new Net(['n', 3, 8, 8] as never)
      .conv('a', [4, 3, 1, 1], 4)
      .op('Reshape', {}, [intTensor('s', [-1, 256])])
      .conv('f', [256, 6], 6, {}, 'Gemm')
      .graph();
    assert.deepEqual(found(graph), ['a-f']);
  });

  it('says when the next weight is made while the model runs', () => {
    const net = new Net([2, 3]).conv('f', [3, 4], 4, {}, 'Gemm').relu();
    net.add(node('Transpose', ['x'], ['t']));
    const graph = net.add(node('MatMul', ['t', 'relu1'], ['p'], {}, 'product')).graph();
    assert.deepEqual(skipped(graph), ['f: dynamic-weight']);
  });

  it('leaves a Gemm with a transposed input alone', () => {
    const graph = new Net([4, 3])
      .conv('f', [3, 4], 4, {}, 'Gemm')
      .conv('g', [4, 6], 6, { transA: 1 }, 'Gemm')
      .graph();
    assert.deepEqual(skipped(graph), ['f: rank']);
  });

  it('says nothing of a layer that no other follows', () => {
    const graph = new Net(image).conv('a', [4, 3, 1, 1], 4).op('Softmax').graph();
    assert.deepEqual(skipped(graph), []);
  });

  describe('as AIMET does (algorithms.md 3.1, 3.2)', () => {
    const chain = (kinds: string): Graph => {
      const net = new Net([1, 4, 8, 8]);
      for (const [at, kind] of kinds.split('').entries()) {
        if (kind === 'C') net.conv(`${at}`, [4, 4, 1, 1], 4);
        if (kind === 'D') net.conv(`${at}`, [4, 1, 1, 1], 4, { group: 4 });
        if (kind === 'G') net.conv(`${at}`, [4, 2, 1, 1], 4, { group: 2 });
        net.relu();
      }
      return net.graph();
    };
    for (const [kinds, sets, mine] of [
      ['CCC', ['0-1', '1-2'], ['0-1', '1-2']],
      ['CDC', ['0-1-2'], ['0-1-2']],
      ['CD', [], ['0-1']],
      ['CDD', [], ['0-1-2']],
      ['CDDC', ['2-3'], ['0-1-2-3']],
      ['DCDC', ['0-1', '1-2-3'], ['0-1', '1-2-3']],
      ['CGCC', ['2-3'], ['0-1', '1-2', '2-3']],
      ['DGCC', ['2-3'], ['0-1', '1-2', '2-3']],
      ['GCC', ['1-2'], ['0-1', '1-2']],
      ['CDG', [], ['0-1-2']],
    ] as const) {
      it(kinds, () => {
        assert.deepEqual(found(chain(kinds), aimet), sets);
        assert.deepEqual(found(chain(kinds)), mine);
      });
    }

    it('ends a chain at what AIMET does not follow', () => {
      for (const op of ['LeakyRelu', 'Abs', 'Identity', 'GlobalAveragePool']) {
        assert.deepEqual(
          found(
            between((net) => net.op(op)),
            aimet,
          ),
          [],
          op,
        );
      }
      assert.deepEqual(
        found(
          between((net) => net.clip()),
          aimet,
        ),
        ['a-b'],
      );
    });
  });
});
