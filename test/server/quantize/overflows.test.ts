import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { planOf, weightEncodings } from '../../../server/quantize/calibrate.ts';
import { correct, type Correction } from '../../../server/quantize/correct.ts';
import { measureBiasErrors } from '../../../server/quantize/measureBiasErrors.ts';
import type { TaskSamples } from '../../../server/quantize/runTask.ts';
import { graphOf, node, randomTensor, tensor } from '../../kit/graphs.ts';
import {
  allOf,
  contextFor,
  randomSamples,
  testEngine,
  type TestFeeds,
} from '../../kit/quantizing.ts';
import { Random } from '../../kit/random.ts';

const target = { weightBits: 4, activationBits: 8 } as const;
/** Of the largest error of a layer: means of other runs are summed in another order. */
const relative = 1e-5;
const overflowing = 3;

const random = new Random(51);
const chain = graphOf({
  inputs: { x: [1, 3, 6, 6] },
  outputs: ['y'],
  nodes: [
    node('Conv', ['x', 'u'], ['a']),
    node('Relu', ['a'], ['r']),
    node('Conv', ['r', 'v'], ['y']),
  ],
  tensors: [randomTensor(random, 'u', [4, 3, 3, 3]), randomTensor(random, 'v', [4, 4, 3, 3])],
});
const networks: Readonly<Record<string, Graph>> = {
  convolutions: chain,
  'matrix products': graphOf({
    inputs: { x: [1, 5, 3] },
    outputs: ['y'],
    nodes: [
      node('MatMul', ['x', 'u'], ['a']),
      node('Relu', ['a'], ['r']),
      node('MatMul', ['r', 'v'], ['y']),
    ],
    tensors: [randomTensor(random, 'u', [3, 4], { std: 4 }), randomTensor(random, 'v', [4, 4])],
  }),
  'one layer': graphOf({
    inputs: { x: [1, 2, 4, 4] },
    outputs: ['y'],
    nodes: [node('Conv', ['x', 'u'], ['y'])],
    tensors: [tensor('u', [2, 2, 1, 1], [3, 0.4, -0.3, 2.5])],
  }),
  'a transposed convolution': graphOf({
    inputs: { x: [1, 2, 4, 4] },
    outputs: ['y'],
    nodes: [node('ConvTranspose', ['x', 'u'], ['a']), node('Conv', ['a', 'v'], ['y'])],
    tensors: [tensor('u', [2, 2, 1, 1], [3, 0.4, -0.3, 2.5]), tensor('v', [1, 2, 1, 1], [1, 0.37])],
  }),
};

/** Twelve samples; one of them has an element from which everything overflows. */
const feedsOf = (graph: Graph): TestFeeds =>
  randomSamples(graph, 12, 7).map(({ x }, i) => ({
    x: {
      dims: x?.dims ?? [],
      values: Float32Array.from(x?.values ?? [], (v, k) =>
        i === overflowing && k === 0 ? 3.4e38 : v + 0.5,
      ),
    },
  }));

const layersIn = (graph: Graph): Set<string> =>
  new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));

describe('samples that a network overflows on', () => {
  const engine = testEngine();
  const errors = async (graph: Graph, on: TaskSamples) => {
    const context = await contextFor(graph, engine(), on, target);
    const encodings = await weightEncodings(context, planOf(context), noJob);
    return measureBiasErrors(context, encodings, on, layersIn(graph), [], noJob);
  };
  const corrected = async (graph: Graph, on: TaskSamples): Promise<Correction> => {
    const context = await contextFor(graph, engine(), on, target);
    const encodings = await weightEncodings(context, planOf(context), noJob);
    const request = { method: 'empirical', layers: layersIn(graph), encodings, on } as const;
    return correct(context, request, noJob);
  };

  for (const [name, graph] of Object.entries(networks)) {
    it(`are left out of all layers and named: ${name}`, async () => {
      const all = allOf(feedsOf(graph));
      const found = await errors(graph, all);
      const without = all.indices.filter((index) => index !== overflowing);
      const expected = await errors(graph, { ...all, indices: without });
      assert.deepEqual(
        found.failures.map(({ index }) => index),
        [overflowing],
      );
      assert.match(found.failures[0]?.reason ?? '', /overflows/);
      assert.equal(found.count, 11);
      assert.deepEqual(found.errors, expected.errors);
      const after = await corrected(graph, all);
      assert.deepEqual(after.skipped, []);
      for (const { name: layer, errorAfter = NaN, deviation = NaN } of after.layers) {
        // issue 6: below 1e-5 of the layer's scale
        assert.ok(errorAfter < 1e-5 * deviation, `${layer}: ${errorAfter} of ${deviation}`);
      }
    });
  }

  it('are the only ones of their run', async () => {
    const graph = { ...chain, inputs: chain.inputs.map((x) => ({ ...x, shape: ['N', 3, 6, 6] })) };
    const all = allOf(feedsOf(chain));
    const expected = await errors(graph, all);
    const found = await errors(graph, {
      ...all,
      samples: { ...all.samples, fixedBatch: undefined },
      batch: 5,
    });
    assert.deepEqual(found.failures, expected.failures);
    assert.equal(found.count, 11);
    for (const [at, { layer, error }] of expected.errors.entries()) {
      const most = Math.max(...error.map(Math.abs));
      for (const [c, want] of error.entries()) {
        const is = found.errors[at]?.error[c] ?? NaN;
        assert.ok(Math.abs(is - want) <= relative * most, `${layer}[${c}]: ${is}, not ${want}`);
      }
    }
  });

  it('are not at fault where a layer is never finite: it is left alone, the others are not', async () => {
    const graph = graphOf({
      inputs: { x: [1, 2, 4, 4] },
      outputs: ['y', 'z'],
      nodes: [
        node('Conv', ['x', 'u'], ['a']),
        node('Div', ['a', 'zero'], ['never']),
        node('Conv', ['never', 'v'], ['z']),
        node('Relu', ['a'], ['r']),
        node('Conv', ['r', 'w'], ['y']),
      ],
      tensors: [
        randomTensor(random, 'u', [2, 2, 1, 1]),
        randomTensor(random, 'v', [2, 2, 1, 1]),
        randomTensor(random, 'w', [2, 2, 1, 1]),
        tensor('zero', [2, 1, 1], [0, 1]),
      ],
    });
    const found = await corrected(graph, allOf(randomSamples(graph, 12, 7)));
    assert.deepEqual(found.failures, []);
    assert.equal(found.count, 12);
    assert.deepEqual(
      found.skipped.map(({ place, code }) => [place, code]),
      [['z', 'not-finite']],
    );
    assert.deepEqual(
      found.layers.map(({ name }) => name),
      ['a', 'y'],
    );
    for (const { name, errorAfter = NaN, deviation = NaN } of found.layers) {
      assert.ok(errorAfter < 1e-5 * deviation, `${name}: ${errorAfter} of ${deviation}`);
    }
  });
});
