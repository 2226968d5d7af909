import assert from 'node:assert/strict';
import type { Graph } from '../../../../server/core/graph/graph.ts';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { readFloats } from '../../../../server/core/graph/tensorValues.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { correctBiases, type BiasError } from '../../../../server/core/passes/correctBiases.ts';
import { restoreBiases, type FormerBias } from '../../../../server/core/passes/restoreBiases.ts';
import { graphOf, node, randomTensor, tensor } from '../../../kit/graphs.ts';
import { checkEdits, reasonsOf } from '../../../kit/passChecks.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, randomFeeds, runGraph } from '../../../kit/run.ts';

const random = new Random(3);
const weight = (dims: number[], type?: 'float16'): ReturnType<typeof tensor> =>
  randomTensor(random, 'w', dims, type ? { type } : {});

/** A layer `fc` or `conv` of two output channels, in each form that a bias can have. */
const cases: readonly { name: string; graph: Graph; added: boolean; tolerance: number }[] = [
  {
    name: 'Conv with a bias',
    graph: conv([tensor('b', [2], [1, -2])], ['b']),
    added: false,
    tolerance: 1e-6,
  },
  { name: 'Conv without a bias', graph: conv([], []), added: true, tolerance: 1e-6 },
  {
    name: 'ConvTranspose without a bias',
    graph: graphOf({
      inputs: { x: [1, 3, 4, 4] },
      outputs: ['y'],
      nodes: [node('ConvTranspose', ['x', 'w'], ['y'], {}, 'layer')],
      tensors: [weight([3, 2, 2, 2])],
    }),
    added: true,
    tolerance: 1e-5,
  },
  {
    name: 'Gemm whose bias is multiplied by beta',
    graph: gemm({ beta: 0.5 }, [tensor('b', [2], [1, -2])]),
    added: false,
    tolerance: 1e-6,
  },
  {
    name: 'Gemm whose bias is one number for all channels',
    graph: gemm({}, [tensor('b', [], [0.25])]),
    added: false,
    tolerance: 1e-6,
  },
  { name: 'Gemm without a bias', graph: gemm({}, []), added: true, tolerance: 1e-6 },
  {
    name: 'MatMul without an Add',
    graph: matMul([], [node('Relu', ['p'], ['y'])]),
    added: true,
    tolerance: 1e-6,
  },
  {
    name: 'MatMul with its Add',
    graph: matMul([tensor('b', [2], [3, 4])], [node('Add', ['p', 'b'], ['y'])]),
    added: false,
    tolerance: 1e-6,
  },
];

function conv(more: ReturnType<typeof tensor>[], bias: string[]): Graph {
  return graphOf({
    inputs: { x: [1, 3, 4, 4] },
    outputs: ['y'],
    nodes: [node('Conv', ['x', 'w', ...bias], ['y'], { pads: [1, 1, 1, 1] }, 'layer')],
    tensors: [weight([2, 3, 3, 3]), ...more],
  });
}

function gemm(attributes: object, more: ReturnType<typeof tensor>[]): Graph {
  return graphOf({
    inputs: { x: [3, 4] },
    outputs: ['y'],
    nodes: [
      node('Gemm', ['x', 'w', ...more.map(({ name }) => name)], ['y'], { ...attributes }, 'layer'),
    ],
    tensors: [weight([4, 2]), ...more],
  });
}

function matMul(more: ReturnType<typeof tensor>[], after: ReturnType<typeof node>[]): Graph {
  return graphOf({
    inputs: { x: [2, 3, 4] },
    outputs: ['y'],
    nodes: [node('MatMul', ['x', 'w'], ['p'], {}, 'layer'), ...after],
    tensors: [weight([4, 2]), ...more],
  });
}

const errors: readonly BiasError[] = [{ layer: 'layer', error: [0.5, -0.125] }];

/** What is noted of the biases before a correction. */
const formerOf = (graph: Graph): FormerBias[] =>
  layersOf(graph, wiringOf(graph)).map(({ name, bias }) => ({ layer: name, bias: bias ?? null }));

describe('correctBiases and restoreBiases', () => {
  for (const { name, graph, added, tolerance } of cases) {
    it(`${name}: the output moves by the error, and comes back bit for bit`, async () => {
      const result = await correctBiases.run(graph, { errors }, noJob);
      checkEdits(graph, result);
      assert.deepEqual(result.skipped, []);
      assert.equal(result.isExact, false);
      assert.deepEqual(
        result.applied.map(({ layer, channels, biasAdded, meanError }) => [
          ...[layer, channels, biasAdded, meanError],
        ]),
        [['layer', 2, added, 0.3125]],
      );
      const before = layersOf(graph, wiringOf(graph))[0]?.output ?? '';
      const after = layersOf(result.graph, wiringOf(result.graph))[0]?.output ?? '';
      const feeds = randomFeeds(graph, new Random(7));
      const [was, is] = await Promise.all([
        runGraph(graph, feeds, before === 'y' ? [] : [before]),
        runGraph(result.graph, feeds, after === 'y' ? [] : [after]),
      ]);
      const [old, now] = [was.get(before), is.get(after)];
      assert.ok(old && now);
      const [axis, inner] = old.dims.length === 4 ? [1, 16] : [old.dims.length - 1, 1];
      const size = axis === 1 && inner > 1 ? old.values.length / 2 : 1;
      const expected = old.values.map((value, i) => {
        const channel = Math.floor(i / size) % 2;
        return value - (channel === 0 ? 0.5 : -0.125);
      });
      closeTo(now.values, expected, { relative: tolerance, absolute: tolerance });

      const back = await restoreBiases.run(result.graph, { former: formerOf(graph) }, noJob);
      checkEdits(result.graph, back);
      assert.deepEqual(back.skipped, []);
      assert.equal(back.applied[0]?.biasRemoved, added);
      assert.equal(back.graph.nodes.length, graph.nodes.length);
      const again = await runGraph(back.graph, feeds, before === 'y' ? [] : [before]);
      assert.deepEqual(again.get(before)?.values, old.values);
      const biases = formerOf(back.graph).map(({ bias }) => bias && [...readFloats(bias)]);
      assert.deepEqual(
        biases,
        formerOf(graph).map(({ bias }) => bias && [...readFloats(bias)]),
      );
      assert.equal(back.graph.tensors.size, graph.tensors.size, 'nothing is left behind');
    });
  }

  it('gives layers that share a bias one of their own each', async () => {
    const graph = graphOf({
      inputs: { x: [2, 2] },
      outputs: ['y', 'z'],
      nodes: [
        node('Gemm', ['x', 'v', 'b'], ['y'], {}, 'one'),
        node('Gemm', ['x', 'w', 'b'], ['z'], {}, 'two'),
      ],
      tensors: [
        tensor('v', [2, 2], [1, 2, 3, 4]),
        tensor('w', [2, 2], [5, 6, 7, 8]),
        tensor('b', [2], [1, 1]),
      ],
    });
    const result = await correctBiases.run(
      graph,
      {
        errors: [
          { layer: 'one', error: [1, 0] },
          { layer: 'two', error: [0, 2] },
        ],
      },
      noJob,
    );
    checkEdits(graph, result);
    const biases = formerOf(result.graph).map(({ bias }) => bias && [...readFloats(bias)]);
    assert.deepEqual(biases, [
      [0, 1],
      [1, -1],
    ]);
    const back = await restoreBiases.run(result.graph, { former: formerOf(graph) }, noJob);
    assert.deepEqual(
      formerOf(back.graph).map(({ bias }) => bias && [...readFloats(bias)]),
      [
        [1, 1],
        [1, 1],
      ],
    );
  });

  const plain = gemm({}, [tensor('b', [2], [1, -2])]);
  const refusals: readonly { name: string; graph: Graph; given: BiasError; reason: string }[] = [
    {
      name: 'a layer that is not there',
      graph: plain,
      given: { layer: 'other', error: [1, 1] },
      reason: 'no-layer other',
    },
    {
      name: 'another number of channels',
      graph: plain,
      given: { layer: 'layer', error: [1] },
      reason: 'channels layer',
    },
    {
      name: 'errors that are not finite',
      graph: plain,
      given: { layer: 'layer', error: [1, NaN] },
      reason: 'not-finite layer',
    },
    {
      name: 'a part of a layer of the file',
      graph: { ...plain, fixed: new Set([0]) },
      given: errors[0] as BiasError,
      reason: 'fixed layer',
    },
    {
      name: 'half a separable convolution',
      graph: { ...conv([], []), lacksBias: new Set([0]) },
      given: errors[0] as BiasError,
      reason: 'no-bias layer',
    },
    {
      name: 'a bias computed at run time',
      graph: graphOf({
        inputs: { x: [3, 4], b: [2] },
        outputs: ['y'],
        nodes: [node('Gemm', ['x', 'w', 'b'], ['y'], {}, 'layer')],
        tensors: [weight([4, 2])],
      }),
      given: errors[0] as BiasError,
      reason: 'dynamic-bias layer',
    },
    {
      name: 'a bias with a row for each sample',
      graph: gemm({}, [tensor('b', [3, 2], 1)]),
      given: errors[0] as BiasError,
      reason: 'bias-shape layer',
    },
    {
      name: 'a weight and bias that two layers share',
      graph: graphOf({
        inputs: { x: [4, 2] },
        outputs: ['z'],
        nodes: [
          node('Gemm', ['x', 'w', 'b'], ['y'], {}, 'layer'),
          node('Gemm', ['y', 'w', 'b'], ['z'], {}, 'again'),
        ],
        tensors: [weight([2, 2]), tensor('b', [2], [1, 2])],
      }),
      given: errors[0] as BiasError,
      reason: 'shared-weight layer',
    },
  ];
  for (const { name, graph, given, reason } of refusals) {
    it(`leaves alone: ${name}`, async () => {
      const result = await correctBiases.run(graph, { errors: [given] }, noJob);
      assert.equal(result.graph, graph);
      assert.deepEqual(reasonsOf(result), [reason]);
      assert.ok(result.isExact);
    });
  }

  it('leaves alone: a Gemm that multiplies its bias by 0', async () => {
    for (const tensors of [[tensor('b', [2], [1, -2])], []]) {
      const graph = gemm({ beta: 0 }, tensors);
      const errors = [{ layer: 'layer', error: [1, 2] }];
      const result = await correctBiases.run(graph, { errors }, noJob);
      assert.equal(result.graph, graph);
      assert.deepEqual(reasonsOf(result), ['no-beta layer']);
    }
  });

  it('leaves a layer without error as it is', async () => {
    const zero = [{ layer: 'layer', error: [0, 0] }];
    const result = await correctBiases.run(conv([], []), { errors: zero }, noJob);
    assert.deepEqual([result.edits, result.skipped], [[], []]);
  });

  it('says of a bias whose layer is gone that it cannot be brought back', async () => {
    const former = [{ layer: 'gone', bias: null }];
    const result = await restoreBiases.run(plain, { former }, noJob);
    assert.equal(result.graph, plain);
    assert.deepEqual(reasonsOf(result), ['no-layer gone']);
  });
});
