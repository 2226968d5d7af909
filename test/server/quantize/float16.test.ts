import assert from 'node:assert/strict';
import type { Graph } from '../../../server/core/graph/graph.ts';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { calibrate } from '../../../server/quantize/calibrate.ts';
import { correct } from '../../../server/quantize/correct.ts';
import { sensitivity } from '../../../server/quantize/sensitivity.ts';
import { graphOf, node, tensor } from '../../kit/graphs.ts';
import { allOf, contextFor, randomSamples, testEngine } from '../../kit/quantizing.ts';
import { Random } from '../../kit/random.ts';

const target = { weightBits: 4, activationBits: 8 } as const;
/** Half floats have 11 bits, and what they move falls on other levels of 8 bits. */
const inDb = 0.5;
/** Of a layer's scale: half a unit in the last place of a half float. */
const halfRounding = 2 ** -11;

/** Convolutions and products, one without a bias; weights are multiples of 1/64, which both types have. */
function network(type: 'float16' | 'float32'): Graph {
  const random = new Random(41);
  const weight = (name: string, dims: readonly number[]) => {
    const values = random.normal(
      dims.reduce((a, b) => a * b, 1),
      0,
      0.4,
    );
    return tensor(
      name,
      dims,
      Array.from(values, (v) => Math.round(v * 64) / 64),
      type,
    );
  };
  return graphOf({
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y'],
    nodes: [
      node('Cast', ['x'], ['h'], { to: type === 'float16' ? 10 : 1 }),
      node('Conv', ['h', 'u', 'b'], ['a'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['a'], ['ar']),
      node('Conv', ['ar', 'v'], ['c']),
      node('Relu', ['c'], ['cr']),
      node('MatMul', ['cr', 'w'], ['m']),
      node('Relu', ['m'], ['mr']),
      node('MatMul', ['mr', 'z'], ['n']),
      node('Add', ['n', 'mr'], ['s']),
      node('Cast', ['s'], ['y'], { to: 1 }),
    ],
    tensors: [
      weight('u', [4, 3, 3, 3]),
      weight('b', [4]),
      weight('v', [4, 4, 3, 3]),
      weight('w', [4, 4]),
      weight('z', [4, 4]),
    ],
  });
}

describe('networks of half floats', () => {
  const engine = testEngine();
  const feeds = randomSamples(network('float16'), 8, 5);
  const on = allOf(feeds);

  for (const isRounded of [false, true]) {
    it(`have their biases corrected, activations ${isRounded ? 'rounded' : 'in float'}`, async () => {
      const graph = network('float16');
      const context = await contextFor(graph, engine(), on, target);
      const calibration = await calibrate(context, on, noJob);
      const encodings = new Map(
        [...calibration.encodings].filter(
          ([, { kind }]) => kind === 'weight' || (isRounded && kind === 'activation'),
        ),
      );
      const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));
      const found = await correct(context, { method: 'empirical', layers, encodings, on }, noJob);
      assert.equal(found.layers.length, 4);
      for (const { name, errorBefore, errorAfter = NaN, deviation = NaN } of found.layers) {
        assert.ok(errorBefore > 4 * halfRounding * deviation, `${name}: nothing to correct`);
        assert.ok(errorAfter < halfRounding * deviation, `${name}: ${errorAfter} of ${deviation}`);
      }
    });
  }

  it('have the sensitivity of the same network of floats', async () => {
    const scores = async (graph: Graph) => {
      const context = await contextFor(graph, engine(), on, target);
      return sensitivity(context, await calibrate(context, on, noJob), on, noJob);
    };
    const [half, single] = [await scores(network('float16')), await scores(network('float32'))];
    assert.equal(half.length, 4);
    for (const [at, layer] of half.entries()) {
      for (const sweep of ['onlyThis', 'allButThis'] as const) {
        const [is, want] = [layer[sweep].sqnrDb, single[at]?.[sweep].sqnrDb ?? NaN];
        assert.ok(Math.abs(is - want) < inDb, `${layer.name} ${sweep}: ${is}, not ${want}`);
      }
    }
  });
});
