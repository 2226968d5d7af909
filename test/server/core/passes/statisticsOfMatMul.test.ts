import assert from 'node:assert/strict';
import type { Graph, LayerStatistics } from '../../../../server/core/graph/graph.ts';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { absorbHighBias } from '../../../../server/core/passes/absorbHighBias.ts';
import { equalizeLayers } from '../../../../server/core/passes/equalizeLayers.ts';
import { foldBatchNorm } from '../../../../server/core/passes/foldBatchNorm.ts';
import { graphOf, node, tensor } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';
import { closeTo, sameOutputs } from '../../../kit/run.ts';

/** Biases are float32, and a few products of them are summed in another order. */
const float32 = { relative: 1e-5, absolute: 1e-6 };

const beta = [4, -2];

/** m (+ Add) -> batch norm (gamma 1 and 0.5, beta 4 and -2) -> relu -> n. */
function network(hasBias: boolean): Graph {
  const bias = hasBias ? [node('Add', ['m.product', 'm.bias'], ['m.y'], {}, 'm.add')] : [];
  return graphOf({
    inputs: { x: [2, 3] },
    outputs: ['y'],
    nodes: [
      node('MatMul', ['x', 'm.weight'], [hasBias ? 'm.product' : 'm.y'], {}, 'm'),
      ...bias,
      node('BatchNormalization', ['m.y', 'gamma', 'beta', 'mean', 'variance'], ['z'], {}, 'bn'),
      node('Relu', ['z'], ['r']),
      node('MatMul', ['r', 'n.weight'], ['y'], {}, 'n'),
    ],
    tensors: [
      tensor('m.weight', [3, 2], [0.1, 4, -0.2, 8, 0.05, -16]),
      tensor('m.bias', [2], [0.5, 0.25]),
      tensor('gamma', [2], [1, 0.5]),
      tensor('beta', [2], beta),
      tensor('mean', [2], [0.5, 0.25]),
      tensor('variance', [2], [1, 1]),
      tensor('n.weight', [2, 2], [3, -1, 0.5, 2]),
    ],
  });
}

const fold = async (graph: Graph): Promise<Graph> =>
  (await foldBatchNorm.run(graph, foldBatchNorm.defaults, noJob)).graph;

/** What is known of the layer `m`, where layers are looked up: under its output. */
function ofFirst(graph: Graph): LayerStatistics {
  const layer = layersOf(graph, wiringOf(graph)).find(({ name }) => name === 'm');
  const found = graph.statistics.get(layer?.output ?? '');
  assert.ok(found, `nothing under ${layer?.output}: ${[...graph.statistics.keys()].join()}`);
  assert.equal(graph.statistics.size, 1);
  return found;
}

for (const hasBias of [true, false]) {
  describe(`statistics of a MatMul ${hasBias ? 'with an Add for' : 'without'} a bias`, () => {
    it('fold keeps them under the output of the layer', async () => {
      assert.deepEqual(Array.from(ofFirst(await fold(network(hasBias))).beta), beta);
    });

    it('equalize records its factors in them', async () => {
      const folded = await fold(network(hasBias));
      const { graph, applied } = await equalizeLayers.run(folded, equalizeLayers.defaults, noJob);
      const [factors = new Float64Array()] = applied[0]?.scale ?? [];
      assert.ok(factors.some((factor) => Math.abs(factor - 1) > 0.1));
      closeTo(ofFirst(graph).scale, factors, float32, 'scale');
    });

    it('absorb takes its amount from them, and records it', async () => {
      const folded = await fold(network(hasBias));
      const { graph, applied } = await absorbHighBias.run(folded, absorbHighBias.defaults, noJob);
      // beta - 3 * gamma: 4 - 3, and nothing of what is not above 0.
      closeTo(applied[0]?.c ?? [], [1, 0], float32, 'c');
      assert.deepEqual(Array.from(ofFirst(graph).absorbed), [1, 0]);
    });
  });
}

describe('statistics of a MatMul that absorbing gives an Add', () => {
  it('stay under the output of the layer', async () => {
    const random = new Random(3);
    const graph = graphOf({
      inputs: { x: [2, 3] },
      outputs: ['y'],
      nodes: [
        node('MatMul', ['x', 'w'], ['a'], {}, 'm'),
        node('MatMul', ['a', 'v'], ['y'], {}, 'n'),
      ],
      tensors: [tensor('w', [3, 2], [1, 2, 3, 4, 5, 6]), tensor('v', [2, 1], [7, 8])],
    });
    const known = {
      batchNorm: 'bn',
      gamma: [1, 1],
      beta: [2, -3],
      scale: [1, 1],
      absorbed: [0, 0],
    };
    const given = { ...graph, statistics: new Map([['a', known]]) };
    const result = await absorbHighBias.run(given, absorbHighBias.defaults, noJob);
    assert.deepEqual(Array.from(ofFirst(result.graph).absorbed), [2, -3]);
    await sameOutputs(given, result.graph, random, float32);
  });
});
