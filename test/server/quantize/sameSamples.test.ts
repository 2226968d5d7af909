import assert from 'node:assert/strict';
import type { Dimension, Graph } from '../../../server/core/graph/graph.ts';
import type { SampleSet } from '../../../server/data/samples.ts';
import type { EngineTensor } from '../../../server/engines/engine.ts';
import {
  pairInputs,
  sideBySide,
  takenBy,
  type Taking,
} from '../../../server/quantize/sameSamples.ts';
import { graphOf, node, type NodeSpec } from '../../kit/graphs.ts';

type Inputs = Readonly<Record<string, readonly Dimension[]>>;

const model = (
  inputs: Inputs,
  format = 'onnx',
  readBy: (name: string, rank: number) => NodeSpec = (name) =>
    node('Flatten', [name], [`${name}2`]),
): Taking => {
  const graph: Graph = graphOf({
    inputs: {},
    outputs: [],
    nodes: Object.entries(inputs).map(([name, shape]) => readBy(name, shape.length)),
  });
  const infos = Object.entries(inputs).map(([name, shape]) => ({
    name,
    type: 'float32' as const,
    shape,
  }));
  return { graph: { ...graph, inputs: infos }, info: { format } };
};
const pooled = (name: string): NodeSpec => node('GlobalAveragePool', [name], [`${name}2`]);
const turned = (name: string, rank: number): NodeSpec =>
  node('Transpose', [name], [`${name}2`], {
    perm: [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)],
  });
const movesOf = (own: Taking, other: Taking): unknown[] =>
  pairInputs(own, other).pairs.map(({ input, from, move }) => [input, from, move]);

const values = (...dims: number[]): EngineTensor => ({
  type: 'float32',
  dims,
  values: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i),
});
const samplesOf = (feeds: Record<string, EngineTensor>): SampleSet => ({
  count: 1,
  source: '',
  fixedBatch: undefined,
  feeds: () => Promise.resolve(new Map(Object.entries(feeds))),
  dispose: () => Promise.resolve(),
});

describe('the same samples for two models', () => {
  it('moves channels where one shape is the other with channels first', () => {
    const pairs: [readonly Dimension[], readonly Dimension[]][] = [
      [
        ['N', 50, 3],
        [1, 3, 50],
      ],
      [
        [1, 4, 5, 3],
        ['n', 3, 4, 5],
      ],
      [
        ['N', 4, 5, 6, 3],
        ['N', 3, 4, 5, 6],
      ],
    ];
    for (const [last, first] of pairs) {
      const [own, other] = [model({ x: last }, 'keras-h5'), model({ y: first })];
      const there = pairInputs(own, other);
      assert.deepEqual([there.why, movesOf(own, other)], [undefined, [['y', 'x', 'toFirst']]]);
      assert.match(there.notes.join(), /transposed to channels first for "y" of the other/);
      const back = movesOf(other, own);
      assert.equal((back[0] as unknown[])[1], 'y');
      assert.ok(last.length === 3 || (back[0] as unknown[])[2] === 'toLast');
    }
  });

  it('says why, where shapes fit neither way', () => {
    const found = pairInputs(model({ x: [1, 4, 5, 3] }), model({ x: [1, 3, 9, 5] }));
    assert.equal(found.why, '"x" is [1, 4, 5, 3] in one, and [1, 3, 9, 5] in the other.');
    const more = pairInputs(model({ x: [1], y: [1] }), model({ x: [1] }));
    assert.equal(more.why, 'One takes 2 inputs, the other 1.');
  });

  it('goes by the operators where a shape fits both ways, else by the formats, and says so', () => {
    const cube = { x: [1, 3, 3, 3] };
    const byOperators = pairInputs(model(cube, 'onnx', turned), model(cube, 'onnx', pooled));
    assert.equal(byOperators.pairs[0]?.move, 'toFirst');
    assert.match(byOperators.notes.join(), /as the operators that read them have it/);
    const byFormats = pairInputs(model(cube, 'tfjs'), model(cube, 'onnx'));
    assert.equal(byFormats.pairs[0]?.move, 'toFirst');
    assert.match(byFormats.notes.join(), /as last in one and first in the other, as is usual/);
    for (const [own, other] of [
      [model(cube, 'tfjs'), model(cube, 'onnx', turned)],
      [model(cube), model(cube)],
      [model({ x: [1, 3, 3] }, 'tfjs'), model({ x: [1, 3, 3] })],
    ] as const) {
      const same = pairInputs(own, other);
      assert.deepEqual([same.pairs[0]?.move, same.notes], [undefined, []]);
    }
  });

  it('pairs inputs by name where both have the same names, else by position', () => {
    const own = model({ a: [1, 4], b: [1, 4] });
    assert.deepEqual(movesOf(own, model({ b: [1, 4], a: [1, 4] })), [
      ['b', 'b', undefined],
      ['a', 'a', undefined],
    ]);
    assert.deepEqual(movesOf(own, model({ b: [1, 4], c: [1, 4] })), [
      ['b', 'a', undefined],
      ['c', 'b', undefined],
    ]);
  });

  it('hands a model its samples under its names, with every element at its place', async () => {
    const [own, other] = [model({ x: [1, 2, 3, 2] }), model({ y: [1, 2, 2, 3] }, 'onnx', pooled)];
    const feeds = await takenBy(samplesOf({ x: values(1, 2, 3, 2) }), own, other).feeds(0);
    assert.deepEqual([...feeds.keys()], ['y']);
    assert.deepEqual(feeds.get('y')?.dims, [1, 2, 2, 3]);
    assert.deepEqual([...(feeds.get('y')?.values ?? [])], [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
  });

  it('keeps apart what two models call the same', async () => {
    const [own, other] = [model({ x: [1, 4, 4, 3] }), model({ x: [1, 3, 4, 4] })];
    const { samples, feedsOf } = sideBySide(samplesOf({ x: values(1, 4, 4, 3) }), own, [other]);
    const feeds = await samples.feeds(0);
    assert.deepEqual(feeds.get('x')?.dims, [1, 4, 4, 3]);
    assert.deepEqual(feeds.get(feedsOf(other).get('x') ?? '')?.dims, [1, 3, 4, 4]);
    assert.equal(feedsOf(own).size, 0);
  });
});
