import assert from 'node:assert/strict';
import type { Graph, LayerStatistics } from '../../../server/core/graph/graph.ts';
import { layersOf } from '../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../server/core/graph/wiring.ts';
import { noJob } from '../../../server/core/job.ts';
import { planOf, weightEncodings } from '../../../server/quantize/calibrate.ts';
import {
  correct,
  type Correction,
  type CorrectionMethod,
  type CorrectRequest,
} from '../../../server/quantize/correct.ts';
import { graphOf, intTensor, node, randomTensor, tensor } from '../../kit/graphs.ts';
import { allOf, contextFor, testEngine, type TestFeeds } from '../../kit/quantizing.ts';
import { Random } from '../../kit/random.ts';

/** Of the error before: sums of the engine are in float32, some ten roundings of 6e-8 each. */
const exact = 1e-5;

describe('analytical correction, measured', () => {
  const engine = testEngine();

  /** Corrects every layer for 4-bit weights on these samples. */
  async function corrected(
    graph: Graph,
    feeds: TestFeeds,
    method: CorrectionMethod,
    inputMeans?: CorrectRequest['inputMeans'],
  ): Promise<Correction> {
    const on = allOf(feeds);
    const context = await contextFor(graph, engine(), on, { weightBits: 4 });
    const encodings = await weightEncodings(context, planOf(context), noJob);
    const layers = new Set(layersOf(graph, wiringOf(graph)).map(({ name }) => name));
    const request = { method, layers, encodings, on, ...(inputMeans ? { inputMeans } : {}) };
    return correct(context, request, noJob);
  }

  /** Eight samples, each element its own mean and a little noise. */
  function samplesOf(dims: readonly number[], meanAt: (at: number) => number): TestFeeds {
    const random = new Random(5);
    const count = dims.reduce((a, b) => a * b, 1);
    return Array.from({ length: 8 }, () => ({
      x: { dims, values: random.normal(count).map((noise, at) => meanAt(at) + 0.1 * noise) },
    }));
  }

  it('takes the factor of a Gemm into account', async () => {
    const graph = graphOf({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      nodes: [node('Gemm', ['x', 'w', 'b'], ['y'], { alpha: 0.5, transB: 1 }, 'fc')],
      tensors: [randomTensor(new Random(1), 'w', [3, 4]), randomTensor(new Random(2), 'b', [3])],
    });
    const { layers } = await corrected(
      graph,
      samplesOf([1, 4], (at) => 1 + at),
      'analytical',
    );
    assertExact(layers[0]);
  });

  it('sums the means of tokens over the axis that a MatMul sums over', async () => {
    // 4 tokens of 8 features: as many means along axis 1 would fit a MatMul, each for two features.
    const graph = graphOf({
      inputs: { x: [1, 4, 8] },
      outputs: ['y'],
      nodes: [node('MatMul', ['x', 'w'], ['y'], {}, 'product')],
      tensors: [randomTensor(new Random(1), 'w', [8, 3])],
    });
    const feeds = samplesOf([1, 4, 8], (at) => 3 * Math.floor(at / 8) + (at % 8));
    const { layers } = await corrected(graph, feeds, 'analytical');
    assertExact(layers[0]);
    // The same sums, divided by the same counts.
    assert.equal(layers[0]?.analyticalOff, 0);
  });

  it('leaves a Gemm alone that sums over the samples', async () => {
    const graph = graphOf({
      inputs: { x: [4, 4] },
      outputs: ['y'],
      nodes: [node('Gemm', ['x', 'w'], ['y'], { transA: 1 }, 'across')],
      tensors: [randomTensor(new Random(1), 'w', [4, 3])],
    });
    const feeds = samplesOf([4, 4], (at) => 3 * (at % 4));
    const { layers, skipped } = await corrected(graph, feeds, 'analytical');
    assert.deepEqual(layers, []);
    assert.deepEqual(
      skipped.map(({ code, place }) => [code, place]),
      [['other-axis', 'across']],
    );
  });

  /** Channels that are told to be N(beta, 1), flattened for a Gemm. */
  const flattened = (beta: readonly number[]): Graph => ({
    ...graphOf({
      inputs: { x: [1, 3, 4, 4] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'same'], ['a'], { group: 3 }, 'known'),
        node('Flatten', ['a'], ['f']),
        node('Gemm', ['f', 'w'], ['y'], {}, 'fc'),
      ],
      tensors: [tensor('same', [3, 1, 1, 1], 1), randomTensor(new Random(3), 'w', [48, 5])],
    }),
    statistics: new Map([['a', normal(beta)]]),
  });

  for (const factor of [1, 100]) {
    it(`tells how far means are off behind a Flatten: ${factor} times those measured`, async () => {
      const means = [1, 2, 3];
      const graph = flattened(means.map((mean) => factor * mean));
      const feeds = samplesOf([1, 3, 4, 4], (at) => means[Math.floor(at / 16)] ?? NaN);
      const { layers } = await corrected(graph, feeds, 'analytical');
      const off = layers.find(({ name }) => name === 'fc')?.analyticalOff ?? NaN;
      // The mean of 8 * 16 numbers with a deviation of 0.1 has one of 0.009; means are 1 to 3.
      assert.ok(Math.abs(off - (factor - 1)) < 0.02 * factor, `${off}`);
    });
  }

  it('measures the error before as well, whatever the means tell', async () => {
    const means = [1, 2, 3];
    const graph = flattened(means.map((mean) => 100 * mean));
    const feeds = samplesOf([1, 3, 4, 4], (at) => means[Math.floor(at / 16)] ?? NaN);
    const before = async (method: CorrectionMethod): Promise<Correction['layers'][number]> => {
      const { layers } = await corrected(graph, feeds, method);
      const fc = layers.find(({ name }) => name === 'fc');
      assert.ok(fc);
      return fc;
    };
    const [told, measured] = [await before('analytical'), await before('empirical')];
    assert.ok(Math.abs(told.errorBefore - measured.errorBefore) < 1e-4 * measured.errorBefore);
    // The correction is some hundred times too large.
    assert.ok((told.errorAfter ?? NaN) > 50 * told.errorBefore);
  });

  for (const [name, op, attributes, dims] of [
    ['pads', 'Conv', { pads: [1, 1, 1, 1] }, [3, 2, 3, 3]],
    ['SAME', 'Conv', { auto_pad: 'SAME_UPPER', strides: [2, 2] }, [3, 2, 3, 3]],
    ['transposed SAME', 'ConvTranspose', { auto_pad: 'SAME_LOWER', strides: [2, 2] }, [2, 3, 3, 3]],
    ['transposed', 'ConvTranspose', { output_shape: [11, 13], strides: [2, 2] }, [2, 3, 4, 4]],
  ] as const) {
    it(`corrects a first layer of any size by the mean of the samples: ${name}`, async () => {
      const graph = graphOf({
        inputs: { x: ['N', 2, 'H', 'W'] },
        outputs: ['y'],
        nodes: [node(op, ['x', 'w'], ['y'], attributes, 'first')],
        tensors: [randomTensor(new Random(6), 'w', [...dims])],
      });
      // Channels are the same everywhere, so that a mean tells what each tap sees.
      const feeds: TestFeeds = [1, 3].map((size) => ({
        x: {
          dims: [1, 2, 6, 7],
          values: Float32Array.from({ length: 84 }, (_, at) => (at < 42 ? size : -2)),
        },
      }));
      assertExact((await corrected(graph, feeds, 'analytical')).layers[0]);
      const given = new Map([['first', Float64Array.of(2, -2)]]);
      assertExact((await corrected(graph, feeds, 'given', given)).layers[0]);
    });
  }

  it('goes by the means that are given, not by batch norms, for what the layer itself reads', async () => {
    const graph = {
      ...graphOf({
        inputs: { x: [1, 2, 4, 4] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'same'], ['a'], { group: 2 }, 'known'),
          node('Pad', ['a', 'pads'], ['p']),
          node('Conv', ['p', 'w'], ['y'], {}, 'last'),
        ],
        tensors: [
          tensor('same', [2, 1, 1, 1], 1),
          intTensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
          randomTensor(new Random(4), 'w', [3, 2, 1, 1]),
        ],
      }),
      statistics: new Map([['a', normal([50, -70])]]),
    };
    const feeds = samplesOf([1, 2, 4, 4], (at) => (at < 16 ? 2 : -3));
    // What a kernel of 1 x 1 sees of the padded value: 16 of its 36 positions, the others are 0.
    const seen = [0, 1].map((channel) => {
      const all = feeds.flatMap(({ x }) => [
        ...(x?.values.slice(16 * channel, 16 * channel + 16) ?? []),
      ]);
      return all.reduce((a, b) => a + b, 0) / (8 * 36);
    });
    const given = new Map([['last', Float64Array.from(seen)]]);
    const { layers } = await corrected(graph, feeds, 'given', given);
    assert.deepEqual(
      layers.map(({ name }) => name),
      ['last'],
    );
    assertExact(layers[0]);
  });
});

/** The statistics of a layer whose output is distributed as N(beta, 1), as a fold leaves them. */
const normal = (beta: readonly number[]): LayerStatistics => ({
  batchNorm: 'bn',
  beta: [...beta],
  gamma: beta.map(() => 1),
  scale: beta.map(() => 1),
  absorbed: beta.map(() => 0),
});

/** Nothing is left where the means are those of the very samples: a layer is linear. */
function assertExact(layer: Correction['layers'][number] | undefined): void {
  const { errorBefore = NaN, errorAfter = NaN } = layer ?? {};
  assert.ok(errorBefore > 1e-3, `there is something to correct: ${errorBefore}`);
  assert.ok(errorAfter <= exact * errorBefore, `${errorBefore} -> ${errorAfter}`);
}
