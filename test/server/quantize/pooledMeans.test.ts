import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { floatTensor } from '../../../server/core/graph/tensorValues.ts';
import { noJob } from '../../../server/core/job.ts';
import { planOf, weightEncodings } from '../../../server/quantize/calibrate.ts';
import {
  measureBiasErrors,
  type MeasuredErrors,
} from '../../../server/quantize/measureBiasErrors.ts';
import type { QuantizeContext } from '../../../server/quantize/context.ts';
import { poolMeans, type PooledGraph } from '../../../server/quantize/pooledMeans.ts';
import { graphOf, intTensor, node } from '../../kit/graphs.ts';
import { contextFor, randomSamples, allOf, testEngine } from '../../kit/quantizing.ts';
import { Random } from '../../kit/random.ts';
import { closeTo, runGraph, type Values } from '../../kit/run.ts';

const random = new Random(5);
const weight = (name: string, ...dims: number[]) =>
  floatTensor(
    name,
    dims,
    random.uniform(
      dims.reduce((a, b) => a * b),
      -1,
      1,
    ),
  );

/** Kernels of 3 and of 1; the last reads rows that the data choose. */
const network = (rows: number | string = 36): Graph =>
  graphOf({
    inputs: { x: ['N', 3, rows, 28] },
    outputs: ['last'],
    nodes: [
      node('Conv', ['x', 'w0'], ['a'], { pads: [1, 1, 1, 1] }, 'first'),
      node('Relu', ['a'], ['b']),
      node('Conv', ['b', 'w1'], ['c'], {}, 'pointwise'),
      node('Relu', ['c'], ['d']),
      node('Conv', ['d', 'w2'], ['e'], { pads: [1, 1, 1, 1], strides: [2, 2] }, 'strided'),
      node('Conv', ['e', 'w1'], ['f'], { strides: [2, 2] }, 'skipping'),
      node('ReduceMax', ['e'], ['rows'], { axes: [0, 1, 3], keepdims: 0 }),
      node('Cast', ['rows'], ['isKept'], { to: 9 }),
      node('Compress', ['e', 'isKept'], ['g'], { axis: 2 }),
      node('Conv', ['g', 'w1'], ['last'], {}, 'cropped'),
    ],
    tensors: [weight('w0', 4, 3, 3, 3), weight('w1', 4, 4, 1, 1), weight('w2', 4, 4, 3, 3)],
    opset: 13,
  });

const layersIn = (graph: Graph): Layer[] => layersOf(graph, wiringOf(graph));

const byName = ({ byLayer }: PooledGraph): Record<string, string> =>
  Object.fromEntries([...byLayer].map(([{ name }, { value }]) => [name, value]));

describe('poolMeans', () => {
  const engine = testEngine();

  const pooledOf = async (graph: Graph, isOneByOne = true): Promise<PooledGraph> => {
    const context = await contextFor(graph, engine(), allOf(randomSamples(graph, 1, 3)));
    return poolMeans(context, layersIn(graph), isOneByOne);
  };

  it('averages what the means are told from, where its size is fixed', async () => {
    const pooled = await pooledOf(network());
    assert.deepEqual(byName(pooled), {
      first: 'a blocks',
      pointwise: 'b blocks',
      strided: 'e blocks',
      // It skips positions, so that the mean of what it reads is not that of what it sees.
      skipping: 'f blocks',
    });
    const [feeds] = randomSamples(network(), 1, 4);
    const values = await runGraph(pooled.graph, feeds ?? {}, ['b', 'b blocks', 'e', 'e blocks']);
    for (const [name, blocks] of [
      ['b', 12 * 14],
      ['e', 9 * 14],
    ] as const) {
      const whole = values.get(name);
      const pool = values.get(`${name} blocks`);
      assert.ok(whole && pool);
      assert.equal(pool.values.length * blocks, whole.values.length);
      const ofWhole = channelMeans(whole);
      // 256 singles are summed at the most.
      for (const [c, mean] of channelMeans(pool).entries()) {
        assert.ok(Math.abs(mean - (ofWhole[c] ?? NaN)) < 1e-6, `${name} ${c}`);
      }
    }
  });

  it('leaves sizes alone that samples may change, and those that no equal blocks cover', async () => {
    assert.deepEqual(byName(await pooledOf(network('rows'))), {});
    // 37 x 28: rows of 14 alone would be too little. Halved: 19 x 14. Halved again: 10 x 7.
    assert.deepEqual(byName(await pooledOf(network(37))), { skipping: 'f blocks' });
  });

  it('leaves alone what may hold the batch on another axis, unless samples run one by one', async () => {
    const graph = graphOf({
      inputs: { x: ['N', 3, 16, 16] },
      outputs: ['last'],
      nodes: [
        node('Conv', ['x', 'w0'], ['a'], { pads: [1, 1, 1, 1] }, 'first'),
        // [N, 4, 16, 16] to [1, 4, 16 N, 16].
        node('Transpose', ['a'], ['t'], { perm: [1, 0, 2, 3] }),
        node('Reshape', ['t', 'shape'], ['s']),
        // 14 rows of one sample, 30 of two.
        node('Conv', ['s', 'w2'], ['last'], {}, 'tall'),
      ],
      tensors: [
        weight('w0', 4, 3, 3, 3),
        weight('w2', 4, 4, 3, 3),
        intTensor('shape', [1, 4, -1, 16]),
      ],
    });
    assert.deepEqual(byName(await pooledOf(graph)), { first: 'a blocks', tall: 'last blocks' });
    assert.deepEqual(byName(await pooledOf(graph, false)), { first: 'a blocks' });
    const feeds = randomSamples(graph, 5, 6);
    const context = await contextFor(graph, engine(), allOf(feeds), { weightBits: 3 });
    const encodings = await weightEncodings(context, planOf(context), noJob);
    const layers = new Set(layersIn(graph).map(({ name }) => name));
    const on = { ...allOf(feeds), batch: 2 };
    const samples = { ...on.samples, fixedBatch: undefined };
    const errorsBy = (own: QuantizeContext): Promise<MeasuredErrors> =>
      measureBiasErrors(own, encodings, { ...on, samples }, layers, [], noJob);
    // Nothing is averaged by the runtime where no types are known.
    const whole = await errorsBy({ ...context, types: new Map() });
    for (const [at, { error }] of (await errorsBy(context)).errors.entries()) {
      // Singles, summed in another order.
      closeTo(error, whole.errors[at]?.error ?? [], { relative: 1e-5, absolute: 1e-6 });
    }
  });
});

/** Of [1, C, spatial...]. */
function channelMeans({ dims, values }: Values): number[] {
  const channels = dims[1] ?? 0;
  const each = values.length / channels;
  return Array.from({ length: channels }, (_, c) => {
    const own = [...values.subarray(c * each, (c + 1) * each)];
    return own.reduce((sum, value) => sum + value, 0) / each;
  });
}
