import assert from 'node:assert/strict';
import { checkGraph } from '../../../../server/core/graph/check.ts';
import { applyEdits, invertAll } from '../../../../server/core/graph/edits.ts';
import type { Graph, LayerStatistics } from '../../../../server/core/graph/graph.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../../server/core/job.ts';
import {
  absorbHighBias,
  type AbsorbApplied,
  type AbsorbOptions,
} from '../../../../server/core/passes/absorbHighBias.ts';
import type { PassResult } from '../../../../server/core/passes/pass.ts';
import { graphOf, node, randomTensor, tensor, type NodeSpec } from '../../../kit/graphs.ts';
import { closeTo, runGraph, sameOutputs } from '../../../kit/run.ts';
import { Net } from '../../../kit/net.ts';
import { Random } from '../../../kit/random.ts';

const absorb = (
  graph: Graph,
  options: Partial<AbsorbOptions> = {},
): Promise<PassResult<AbsorbApplied>> =>
  absorbHighBias.run(graph, { ...absorbHighBias.defaults, ...options }, noJob);

/** Biases are float32; the numbers of algorithms.md 13.3 are short decimals. */
const float32 = { relative: 1e-6, absolute: 1e-6 };
/** Outputs of a few float32 products each, computed in another order. */
const outputs = { relative: 1e-5, absolute: 1e-5 };

const biasOf = (graph: Graph, name: string): ArrayLike<number> => {
  const found = graph.tensors.get(name);
  assert.ok(found, `no tensor ${name}`);
  return readFloats(found);
};

const known = (gamma: number[], beta: number[], scale = gamma.map(() => 1)): LayerStatistics => ({
  batchNorm: 'bn',
  gamma,
  beta,
  scale,
  absorbed: gamma.map(() => 0),
});

/** c1 -> between -> c2, with statistics of c1. */
function pairGraph(
  between: readonly NodeSpec[],
  statistics: LayerStatistics,
  { pads = [0, 0, 0, 0], kernel = 1 }: { pads?: number[]; kernel?: number } = {},
): Graph {
  const last = between.at(-1)?.outputs[0] ?? 'a';
  const w2 = [1, -8, 0.5, 2].flatMap((w) => Array<number>(kernel * kernel).fill(w));
  const graph = graphOf({
    inputs: { x: [1, 2, 6, 6] },
    outputs: ['y'],
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], ['a'], {}, 'c1'),
      ...between,
      node('Conv', [last, 'w2', 'b2'], ['y'], { pads }, 'c2'),
    ],
    tensors: [
      tensor('w1', [2, 2, 1, 1], [0.3, -0.2, 0.1, 0.2]),
      tensor('b1', [2], [8, -1]),
      tensor('w2', [2, 2, kernel, kernel], w2),
      tensor('b2', [2], [0, 1]),
      tensor('zero', [], [0]),
      tensor('six', [], [6]),
    ],
  });
  return { ...graph, statistics: new Map([['a', statistics]]) };
}

const relu = [node('Relu', ['a'], ['r'])];
const high = known([1, 0.8], [4, -2]);

describe('absorbHighBias', () => {
  describe('golden vectors (algorithms.md 13.3)', () => {
    it('absorbs beta - 3 gamma through a ReLU', async () => {
      // gamma^ = (.5, -.2), beta^ = (2, .5): of gamma and beta before the scale (2, 4).
      const graph = pairGraph(relu, known([1, -0.8], [4, 2], [2, 4]));
      const { graph: after, applied, isExact, edits, correspondences } = await absorb(graph);
      closeTo(applied[0]?.c ?? [], [0.5, 0], float32, 'c');
      assert.deepEqual(
        correspondences.map(({ before, changed }) => ({ before, changed })),
        [{ before: 'r', changed: [0] }],
      );
      closeTo(biasOf(after, 'b1'), [7.5, -1], float32, 'b1');
      closeTo(biasOf(after, 'b2'), [0.5, 1.25], float32, 'b2');
      assert.equal(applied[0]?.channels, 1);
      assert.equal(applied[0]?.reluBetween, true);
      assert.equal(isExact, false);
      assert.deepEqual(Array.from(after.statistics.get('a')?.absorbed ?? []), [0.5, 0]);
      assert.deepEqual(checkGraph(after), []);
      assert.deepEqual(applyEdits(after, invertAll(edits)), graph);
    });

    it('absorbs the whole mean where no activation lies between, exactly', async () => {
      const graph = pairGraph([], known([1, -0.8], [4, 2], [2, 4]));
      const { graph: after, isExact } = await absorb(graph);
      closeTo(biasOf(after, 'b1'), [6, -1.5], float32, 'b1');
      closeTo(biasOf(after, 'b2'), [-2, 3], float32, 'b2');
      assert.ok(isExact);
      await sameOutputs(graph, after, new Random(1), outputs);
    });
  });

  describe('moves the constant right, whatever the second layer', () => {
    const first = (): Net => new Net([1, 3, 6, 6]).conv('a', [4, 3, 1, 1], 4);
    const cases: readonly (readonly [string, Net])[] = [
      ['convolution', first().conv('b', [5, 4, 3, 3], 5)],
      ['grouped convolution', first().conv('b', [6, 2, 3, 3], 6, { group: 2 })],
      ['depthwise convolution', first().conv('b', [4, 1, 3, 3], 4, { group: 4 })],
      ['multiplier 2', first().conv('b', [8, 1, 3, 3], 8, { group: 4 })],
      ['transposed 1x1', first().conv('b', [4, 5, 1, 1], 5, {}, 'ConvTranspose')],
      ['grouped transposed 1x1', first().conv('b', [4, 3, 1, 1], 6, { group: 2 }, 'ConvTranspose')],
      [
        'average pool',
        first()
          .op('AveragePool', { kernel_shape: [2, 2] })
          .conv('b', [5, 4, 1, 1], 5),
      ],
      [
        'Gemm with alpha and beta, behind Flatten',
        first().op('Flatten').conv('b', [144, 5], 5, { alpha: 0.5, beta: 2 }, 'Gemm'),
      ],
      [
        'Gemm with transB',
        first().op('GlobalAveragePool').op('Flatten').conv('b', [5, 4], 5, { transB: 1 }, 'Gemm'),
      ],
    ];
    for (const [name, net] of cases) {
      it(name, async () => {
        const graph = {
          ...net.graph(),
          statistics: new Map([['a.y', known([1, 1, 1, 1], [2, -3, 0, 5])]]),
        };
        const result = await absorb(graph);
        assert.equal(result.applied[0]?.channels, 3);
        assert.ok(result.isExact);
        assert.deepEqual(checkGraph(result.graph), []);
        await sameOutputs(graph, result.graph, new Random(3), outputs);
      });
    }

    it('MatMul without a bias gets an Add', async () => {
      const graph = graphOf({
        inputs: { x: [2, 3] },
        outputs: ['y'],
        nodes: [
          node('MatMul', ['x', 'w'], ['a'], {}, 'm'),
          node('MatMul', ['a', 'v'], ['y'], {}, 'n'),
        ],
        tensors: [tensor('w', [3, 2], [1, 2, 3, 4, 5, 6]), tensor('v', [2, 1], [7, 8])],
      });
      const given = { ...graph, statistics: new Map([['a', known([1, 1], [2, -3])]]) };
      const result = await absorb(given);
      assert.deepEqual(
        result.graph.nodes.map(({ op }) => op),
        ['MatMul', 'Add', 'MatMul', 'Add'],
      );
      assert.deepEqual([...result.graph.statistics.keys()], ['a']);
      await sameOutputs(given, result.graph, new Random(3), outputs);
    });

    it('refuses a transposed convolution whose positions see different taps', async () => {
      const net = first().conv('b', [4, 5, 3, 3], 5, { strides: [2, 2] }, 'ConvTranspose');
      const statistics = new Map([['a.y', known([1, 1, 1, 1], [2, -3, 0, 5])]]);
      const result = await absorb({ ...net.graph(), statistics }, { allowBorderEffect: true });
      assert.deepEqual(result.applied, []);
      assert.equal(result.skipped[0]?.code, 'strided');
    });
  });

  it('counts what was absorbed before as gone', async () => {
    const graph = pairGraph(relu, { ...known([0.1, 0.1], [1, 2]), absorbed: [0.7, 1.7] });
    const { applied, skipped } = await absorb(graph);
    assert.deepEqual(applied, []);
    assert.equal(skipped[0]?.code, 'nothing-to-absorb');
  });

  it('lowers a cap with the bias', async () => {
    const clip = [node('Clip', ['a', 'zero', 'six'], ['r'])];
    const graph = pairGraph(clip, known([0.01, 0.01], [5, -1]));
    const { graph: after, applied } = await absorb(graph);
    closeTo(applied[0]?.c ?? [], [4.97, 0], float32, 'c');
    assert.deepEqual(
      after.nodes.map((made) => made.op),
      ['Conv', 'Relu', 'Min', 'Conv'],
    );
    closeTo(biasOf(after, 'r_cap'), [1.03, 6], float32, 'cap');
    assert.equal(after.tensors.has('six'), false);
    assert.deepEqual(checkGraph(after), []);
    // The bias of c1 is 8: every value is above the 4.97 that is taken, and most are capped.
    await sameOutputs(graph, after, new Random(2), outputs);
  });

  it('takes no more than the cap', async () => {
    const clip = [node('Clip', ['a', 'zero', 'six'], ['r'])];
    const { applied } = await absorb(pairGraph(clip, known([0.01, 0.01], [9, -1])));
    closeTo(applied[0]?.c ?? [], [6, 0], float32, 'c');
  });

  describe('padding of the second layer', () => {
    const statistics = known([0.01, 0.01], [5, -1]);

    it('skips the channels that it reaches, and says how far it goes', async () => {
      const graph = pairGraph(relu, statistics, { pads: [1, 1, 1, 1], kernel: 3 });
      const { applied, skipped } = await absorb(graph);
      assert.deepEqual(applied, []);
      assert.equal(skipped[0]?.code, 'padded');
      assert.deepEqual(skipped[0].channels, { left: 1, of: 2 });
      // 6 x 6 outputs, 4 x 4 inside; a corner misses 5 of 9 taps of weight 1: 5 * 4.97.
      assert.match(skipped[0]?.reason ?? '', /56 % .* up to 24\.8/u);
    });

    it('absorbs all the same when asked, and reports the effect', async () => {
      const graph = pairGraph(relu, statistics, { pads: [1, 1, 1, 1], kernel: 3 });
      const { applied, isExact } = await absorb(graph, { allowBorderEffect: true });
      assert.equal(applied[0]?.channels, 1);
      closeTo([applied[0]?.borderEffect ?? 0], [5 * 4.97], float32, 'effect');
      closeTo([applied[0]?.borderShare ?? 0], [20 / 36], float32, 'share');
      assert.equal(isExact, false);
    });

    it('counts a Pad node before it as its own', async () => {
      const pad = [...relu, node('Pad', ['r'], ['p'], { pads: [0, 0, 1, 1, 0, 0, 0, 0] })];
      const graph = { ...pairGraph(pad, statistics, { kernel: 3 }), opsets: new Map([['', 10]]) };
      const { applied, skipped } = await absorb(graph);
      assert.deepEqual(applied, []);
      // 5 x 5 outputs, of which the first row and column see zeros: 9 of 25; a corner misses 5 taps.
      assert.match(skipped[0]?.reason ?? '', /36 % .* up to 24\.8/u);
    });

    it('does not mind auto_pad where the size makes it nothing', async () => {
      const graph = pairGraph(relu, statistics, { kernel: 3 });
      const nodes = graph.nodes.map((made) =>
        made.name === 'c2'
          ? { ...made, ...node('Conv', made.inputs, made.outputs, { auto_pad: 'VALID' }, 'c2') }
          : made,
      );
      const { applied } = await absorb({ ...graph, nodes });
      assert.equal(applied[0]?.channels, 1);
    });
  });

  it('is exact where no value can be below what is taken', async () => {
    const graph = graphOf({
      inputs: { x: { name: 'x', type: 'uint8', shape: [1, 1, 2, 2] } },
      outputs: ['y'],
      nodes: [
        node('Cast', ['x'], ['f'], { to: 1 }),
        node('Conv', ['f', 'w', 'b'], ['a'], {}, 'c1'),
        node('Relu', ['a'], ['r']),
        node('Conv', ['r', 'v'], ['y'], {}, 'c2'),
      ],
      tensors: [
        tensor('w', [1, 1, 1, 1], [0.01]),
        tensor('b', [1], [5]),
        tensor('v', [1, 1, 1, 1], [2]),
      ],
    });
    // The least value is 5, at x = 0. Taken: 4 - 3 * 0.1, then 6 - 3 * 0.1.
    const low = { ...graph, statistics: new Map([['a', known([0.1], [4])]]) };
    const result = await absorb(low);
    assert.equal(result.applied[0]?.channels, 1);
    assert.ok(result.isExact);
    closeTo(biasOf(result.graph, result.graph.nodes[3]?.inputs[2] ?? ''), [7.4], float32, 'b2');
    const feeds = { x: { dims: [1, 1, 2, 2], values: Float32Array.of(0, 1, 100, 255) } };
    const [before, after] = [await runGraph(low, feeds), await runGraph(result.graph, feeds)];
    closeTo(after.get('y')?.values ?? [], before.get('y')?.values ?? [], outputs, 'y');
    const high = { ...graph, statistics: new Map([['a', known([0.1], [6])]]) };
    assert.equal((await absorb(high)).isExact, false);
  });

  it('refuses a second Gemm whose C has no one number a channel, and takes all others', async () => {
    const shapes: readonly (readonly [number[], boolean])[] = [
      [[3, 5], false],
      [[3, 1], false],
      [[5], true],
      [[1, 5], true],
      [[1, 1], true],
      [[1], true],
      [[], true],
    ];
    for (const [dims, isTaken] of shapes) {
      const random = new Random(4);
      const graph = graphOf({
        inputs: { x: [3, 2] },
        outputs: ['y'],
        nodes: [
          node('Gemm', ['x', 'w1', 'b1'], ['a'], {}, 'g1'),
          node('Relu', ['a'], ['r']),
          node('Gemm', ['r', 'w2', 'c2'], ['y'], {}, 'g2'),
        ],
        tensors: [
          randomTensor(random, 'w1', [2, 2], { std: 0.01 }),
          tensor('b1', [2], [5, 5]),
          randomTensor(random, 'w2', [2, 5]),
          randomTensor(random, 'c2', dims),
        ],
      });
      const before = { ...graph, statistics: new Map([['a', known([0.1, 0.1], [5, 5])]]) };
      const { graph: after, applied, skipped } = await absorb(before);
      const codes = skipped.map(({ code }) => code);
      assert.deepEqual([applied.length, codes], isTaken ? [1, []] : [0, ['bias-shape']]);
      await sameOutputs(before, after, new Random(2), outputs);
    }
  });

  it('refuses with a reason', async () => {
    const leaky = pairGraph([node('LeakyRelu', ['a'], ['r'])], high);
    assert.equal((await absorb(leaky)).skipped[0]?.code, 'activation');
    const bare = { ...pairGraph(relu, high), statistics: new Map() };
    assert.equal((await absorb(bare)).skipped[0]?.code, 'no-statistics');
    const pair = await absorb(pairGraph(relu, high), { pairs: [['c1', 'c3']] });
    assert.equal(pair.skipped[0]?.code, 'unknown-pair');
    const ignored = await absorb(pairGraph(relu, high), { ignore: ['c2'] });
    assert.deepEqual(ignored.applied, []);
    assert.equal(ignored.skipped[0]?.code, 'ignored');
  });
});
