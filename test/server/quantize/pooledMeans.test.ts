import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf, type Layer } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { floatTensor } from '../../../server/core/graph/tensorValues.ts';
import { poolMeans, type PooledGraph } from '../../../server/quantize/pooledMeans.ts';
import { graphOf, node } from '../../kit/graphs.ts';
import { contextFor, randomSamples, allOf, testEngine } from '../../kit/quantizing.ts';
import { Random } from '../../kit/random.ts';
import { runGraph, type Values } from '../../kit/run.ts';

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

  const pooledOf = async (graph: Graph): Promise<PooledGraph> => {
    const context = await contextFor(graph, engine(), allOf(randomSamples(graph, 1, 3)));
    return poolMeans(context, layersIn(graph));
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
