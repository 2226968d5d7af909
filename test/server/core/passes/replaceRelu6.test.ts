import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { noJob } from '../../../../server/core/job.ts';
import { replaceRelu6 } from '../../../../server/core/passes/replaceRelu6.ts';
import { batchNorm, batchOf, layer, plain, together, type Piece } from '../../../kit/batchNorms.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { checkEdits, opsOf, reasonsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { runGraph } from '../../../kit/run.ts';

const bounds = [tensor('zero', [], [0]), tensor('six', [], [6]), tensor('one', [], [1])];
const clip = (input: string, output: string, lo = 'zero', hi = 'six'): Piece =>
  plain(node('Clip', [input, lo, hi], [output]));

/** x -> conv a -> middle -> conv y. */
const graphWith = (middle: Piece, last: string, opset = 17): Graph => {
  const random = new Random(1);
  const piece = together(
    layer(random, 'Conv', 'x', 'a', [3, 2, 1, 1]),
    middle,
    layer(random, 'Conv', last, 'y', [2, 3, 1, 1]),
    { nodes: [], tensors: bounds },
  );
  return graphOf({ inputs: { x: batchOf(2, 4, 4) }, outputs: ['y'], opset, ...piece });
};

const cases: {
  name: string;
  graph: Graph;
  applied: string[];
  reasons: string[];
  layers?: string[];
}[] = [
  { name: 'Clip(0, 6)', graph: graphWith(clip('a', 'r'), 'r'), applied: ['r 6'], reasons: [] },
  {
    name: 'Clip(0, 1): the bound is looked at, not assumed',
    graph: graphWith(clip('a', 'r', 'zero', 'one'), 'r'),
    applied: ['r 1'],
    reasons: [],
  },
  {
    name: 'attributes of opset 6',
    graph: graphWith(plain(node('Clip', ['a'], ['r'], { min: 0, max: 6 })), 'r', 10),
    applied: ['r 6'],
    reasons: [],
  },
  {
    name: 'behind a batch norm that is not folded',
    graph: graphWith(together(batchNorm(new Random(2), 'a', 'n', 3), clip('n', 'r')), 'r'),
    applied: ['r 6'],
    reasons: [],
  },
  {
    name: 'no upper bound: nothing to take away',
    graph: graphWith(plain(node('Clip', ['a', 'zero'], ['r'])), 'r'),
    applied: [],
    reasons: [],
  },
  {
    name: 'a lower bound that is not 0',
    graph: graphWith(clip('a', 'r', 'one', 'six'), 'r'),
    applied: [],
    reasons: ['not-relu6 r'],
  },
  {
    name: 'a bound that is computed',
    graph: graphWith(
      together(
        plain(node('ReduceMax', ['x'], ['top'], { keepdims: 0 })),
        clip('a', 'r', 'zero', 'top'),
      ),
      'r',
    ),
    applied: [],
    reasons: ['dynamic-bounds r'],
  },
  {
    name: 'not behind a layer: part of a hard sigmoid',
    graph: graphWith(together(plain(node('Add', ['a', 'one'], ['b'])), clip('b', 'r')), 'r'),
    applied: [],
    reasons: ['no-layer r'],
  },
  {
    name: 'chosen by the layer before it',
    graph: graphWith(together(clip('a', 'r'), clip('r', 's')), 's'),
    layers: ['a'],
    applied: ['r 6'],
    reasons: [],
  },
];

describe('replaceRelu6', () => {
  for (const { name, graph, applied, reasons, layers = [] } of cases) {
    it(name, async () => {
      const result = await replaceRelu6.run(graph, { mode: 'relu', layers }, noJob);
      assert.deepEqual(
        result.applied.map(({ activation, bound }) => `${activation} ${bound}`),
        applied,
      );
      assert.deepEqual(reasonsOf(result), reasons);
      assert.equal(result.isExact, applied.length === 0);
      const relus = opsOf(result.graph).filter((op) => op === 'Relu');
      assert.equal(relus.length, applied.length);
      checkEdits(graph, result);
    });
  }

  it('moves only what was above the bound', async () => {
    const graph = graphWith(clip('a', 'r'), 'r');
    const { graph: after } = await replaceRelu6.run(graph, replaceRelu6.defaults, noJob);
    const values = new Random(3).normal(32, 0, 8);
    const feeds = { x: { dims: [1, 2, 4, 4], values } };
    const before = (await runGraph(graph, feeds, ['r'])).get('r');
    const now = (await runGraph(after, feeds, ['r'])).get('r');
    assert.ok(before && now && before.values.some((x) => x === 6));
    assert.deepEqual(
      Array.from(now.values, (x) => Math.min(x, 6)),
      Array.from(before.values),
    );
    assert.ok(!after.tensors.has('six') && !after.tensors.has('zero'), 'bounds go with the Clip');
  });
});
