import assert from 'node:assert/strict';
import type { Graph, LayerStatistics } from '../../../../server/core/graph/graph.ts';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { encodingOf } from '../../../../server/core/quant/grid.ts';
import { defaultTarget, type Target } from '../../../../server/core/quant/targets.ts';
import { clampedVariance } from '../../../../server/core/quant/normalMean.ts';
import { estimateAlone } from '../../../../server/core/reports/aloneEstimate.ts';
import { reportLayers } from '../../../../server/core/reports/weightReport.ts';
import { graphOf, node, tensor, type NodeSpec } from '../../../kit/graphs.ts';
import { Random } from '../../../kit/random.ts';

const perTensor: Target = { ...defaultTarget, granularity: 'tensor' };

const statisticsOf = (beta: readonly number[], gamma: readonly number[]): LayerStatistics => ({
  batchNorm: 'bn',
  beta: [...beta],
  gamma: [...gamma],
  scale: beta.map(() => 1),
  absorbed: beta.map(() => 0),
});

/** Estimates by the layer's name. */
async function estimates(graph: Graph, target = perTensor): Promise<Record<string, number>> {
  const reports = await reportLayers(layersOf(graph, wiringOf(graph)), target, noJob);
  const found = await estimateAlone(graph, reports, target, noJob);
  return Object.fromEntries(
    reports.flatMap(({ layer }) => {
      const estimate = found.get(layer.node.id);
      return estimate === undefined ? [] : [[layer.name, estimate]];
    }),
  );
}

const inputs = 6;
const outputs = 8;
const beta = [0.5, -1, 3, 0, 2, -0.3];
const gamma = [1, 2, -0.5, 0.1, 3, 1.5];
const random = new Random(5);
/** Channels from 1 to a hundredth. */
const weight = random
  .normal(outputs * inputs)
  .map((v, i) => v * 10 ** (-2 * (Math.floor(i / inputs) / (outputs - 1))));
const identity = Float32Array.from({ length: inputs * inputs }, (_, i) =>
  i % (inputs + 1) === 0 ? 1 : 0,
);

/** `first` makes N(beta, gamma^2); ReLU6; `second` reads it, and `after` reads that. */
function twoLayers(
  after: readonly NodeSpec[] = [],
  of: Readonly<Record<string, LayerStatistics>> = {},
  values: Float32Array = weight,
  alpha = 1,
): Graph {
  const graph = graphOf({
    inputs: { x: ['N', inputs] },
    outputs: [after.at(-1)?.outputs[0] ?? 'y'],
    nodes: [
      node('Gemm', ['x', 'one'], ['a'], {}, 'first'),
      node('Clip', ['a', 'zero', 'six'], ['r']),
      node('Gemm', ['r', 'w'], ['y'], { transB: 1, alpha }, 'second'),
      ...after,
    ],
    tensors: [
      tensor('one', [inputs, inputs], identity),
      tensor('w', [outputs, inputs], values),
      tensor('zero', [], [0]),
      tensor('six', [], [6]),
    ],
  });
  const statistics = new Map(Object.entries({ a: statisticsOf(beta, gamma), ...of }));
  return { ...graph, statistics };
}

/** Of each channel's weights, times 7: outputs as inputs of one variance make them. */
const deviationsOf = (): number[] =>
  Array.from(
    { length: outputs },
    (_, o) => 7 * Math.hypot(...weight.subarray(o * inputs, (o + 1) * inputs)),
  );

interface Drawn {
  /** Outputs of `second` in float and with its weights rounded, by channel. */
  readonly float: readonly Float64Array[];
  readonly rounded: readonly Float64Array[];
}

const draws = 40_000;

/** What `second` makes of what the statistics promise. */
function drawn(): Drawn {
  const from = new Random(11);
  const low = weight.reduce((least, v) => Math.min(least, v), 0);
  const high = weight.reduce((most, v) => Math.max(most, v), 0);
  const { scale, lowest, highest } = encodingOf(low, high, {
    bits: 8,
    symmetry: perTensor.symmetry,
    isPowerOfTwo: false,
  });
  const onGrid = weight.map(
    (v) => scale * Math.min(Math.max(Math.round(v / scale), lowest), highest),
  );
  const float = Array.from({ length: outputs }, () => new Float64Array(draws));
  const rounded = Array.from({ length: outputs }, () => new Float64Array(draws));
  for (let n = 0; n < draws; n++) {
    const z = from.normal(inputs);
    const x = z.map((v, i) => Math.min(Math.max((beta[i] ?? 0) + (gamma[i] ?? 0) * v, 0), 6));
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        float[o]![n]! += (weight[o * inputs + i] ?? 0) * (x[i] ?? 0);
        rounded[o]![n]! += (onGrid[o * inputs + i] ?? 0) * (x[i] ?? 0);
      }
    }
  }
  return { float, rounded };
}

const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
const varianceOf = (values: Float64Array): number => {
  const mean = meanOf(values);
  return meanOf(values.map((v) => (v - mean) ** 2));
};
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Variance of what comes over the mean square of the error, in dB. */
function measured({ float, rounded }: Drawn, behind: (v: number) => number = (v) => v): number {
  const clean = float.map((channel) => channel.map(behind));
  const errors = rounded.map((channel, o) =>
    channel.map((v, n) => behind(v) - (clean[o]?.[n] ?? 0)),
  );
  const noise = sum(errors.map((channel) => meanOf(channel.map((v) => v * v))));
  return 10 * Math.log10(sum(clean.map(varianceOf)) / noise);
}

describe('estimateAlone', () => {
  it('is what samples measure where the statistics are true', async () => {
    const { second = NaN } = await estimates(twoLayers());
    // 40,000 draws tell a variance to 1 %: 0.05 dB.
    assert.ok(Math.abs(second - measured(drawn())) < 0.1, String(second));
  });

  it('counts what a ReLU cuts off neither as signal nor as noise', async () => {
    const sample = drawn();
    const own = statisticsOf(
      sample.float.map(meanOf),
      sample.float.map((channel) => Math.sqrt(varianceOf(channel))),
    );
    const relu = [node('Relu', ['y'], ['z'])];
    const { second = NaN } = await estimates(twoLayers(relu, { y: own }));
    const want = measured(sample, (v) => Math.max(v, 0));
    // Sums of six clamped normal variables are not quite normal.
    assert.ok(Math.abs(second - want) < 1, `${second}, not ${want}`);
    const { second: plain = NaN } = await estimates(twoLayers());
    assert.ok(Math.abs(plain - second) > 0.01, 'the ReLU makes no difference');
  });

  it('sees a channel whose weights are lost and whose output is as large as the others', async () => {
    const values = Float32Array.from([100, 50, 100, 0.1, 0.05, 0.1]);
    const graph = graphOf({
      inputs: { x: [1, 2, 8] },
      outputs: ['y'],
      nodes: [
        node('Conv', ['x', 'd'], ['a'], { group: 2 }, 'first'),
        node('Conv', ['a', 'w'], ['y'], { group: 2 }, 'second'),
      ],
      tensors: [tensor('d', [2, 1, 1], [1, 1]), tensor('w', [2, 1, 3], values)],
    });
    const same = statisticsOf([0, 0], [1, 1]);
    const other = statisticsOf([0, 0], [0.01, 10]);
    const { second = NaN } = await estimates({
      ...graph,
      statistics: new Map([
        ['a', other],
        ['y', same],
      ]),
    });
    const [report] = (await reportLayers(layersOf(graph, wiringOf(graph)), perTensor, noJob)).slice(
      1,
    );
    assert.ok((report?.figures.sqnrChosen ?? 0) > 45, String(report?.figures.sqnrChosen));
    // One of two channels that vary alike is gone.
    assert.ok(Math.abs(second - 10 * Math.log10(2)) < 0.01, String(second));
  });

  it('does not change with the size of what a layer reads', async () => {
    const before = await estimates(twoLayers());
    const wider = twoLayers(
      [],
      { a: statisticsOf(beta, gamma) },
      weight.map((v) => v * 1024),
    );
    const after = await estimates(wider);
    assert.ok(Math.abs((before['second'] ?? 0) - (after['second'] ?? 1)) < 1e-9);
  });

  it('takes an input that nothing is known of as centred, and as large as explains the output', async () => {
    const graph = twoLayers([], {});
    const deviations = Array.from({ length: outputs }, (_, o) =>
      Math.hypot(...weight.subarray(o * inputs, (o + 1) * inputs)),
    );
    const y = statisticsOf(
      new Array<number>(outputs).fill(0),
      deviations.map((d) => 7 * d),
    );
    const { second = NaN } = await estimates({ ...graph, statistics: new Map([['y', y]]) });
    const [, report] = await reportLayers(layersOf(graph, wiringOf(graph)), perTensor, noJob);
    // With one variance for all inputs it is the SQNR of the weights.
    assert.ok(Math.abs(second - (report?.figures.sqnrChosen ?? 0)) < 1e-6);
  });

  it('counts a channel as those who read it do, however channels are scaled', async () => {
    const next = [node('Relu', ['y'], ['p']), node('Gemm', ['p', 'v'], ['z'], {}, 'third')];
    const reads = random.normal(outputs * 4);
    const y = statisticsOf(
      new Array<number>(outputs).fill(0.3),
      new Array<number>(outputs).fill(1e-3),
    );
    /** Weights of the third layer for each channel, and the reverse for what it reads. */
    const scaled = (factors: readonly number[]): Graph => {
      const graph = twoLayers(next, { y: { ...y, scale: [...factors] } });
      const v = tensor(
        'v',
        [outputs, 4],
        reads.map((one, i) => one * (factors[Math.floor(i / 4)] ?? 1)),
      );
      const w = tensor(
        'w',
        [outputs, inputs],
        weight.map((one, i) => one / (factors[Math.floor(i / inputs)] ?? 1)),
      );
      return { ...graph, tensors: new Map([...graph.tensors, ['v', v], ['w', w]]) };
    };
    const one = new Array<number>(outputs).fill(1);
    // With a grid far finer than any weight what is left is noise of each channel by itself.
    const fine: Target = { ...perTensor, weightBits: 16 };
    const halves = one.map((_, o) => (o % 2 === 0 ? 1 : 0.5));
    const { second: plain = NaN } = await estimates(scaled(one), fine);
    const { second: other = NaN } = await estimates(scaled(halves), fine);
    const bare = twoLayers([], { y });
    const { second: unread = NaN } = await estimates(bare, fine);
    assert.ok(Math.abs(plain - unread) > 0.05, `${plain}, and ${unread} where nothing reads it`);
    // Rounding is another one then: signals are the same, and steps of the same size on half of it.
    assert.ok(Math.abs(plain - other) < 6.1, `${plain}, then ${other}`);
  });

  it('takes errors for smaller where the output varies less than its inputs would make it', async () => {
    const implied = Array.from({ length: outputs }, (_, o) =>
      sum(
        beta.map((centre, i) => {
          const w = weight[o * inputs + i] ?? NaN;
          return w * w * clampedVariance(centre, gamma[i] ?? NaN, 0, 6);
        }),
      ),
    );
    const none = new Array<number>(outputs).fill(0);
    const times = async (factor: number): Promise<number> => {
      const own = statisticsOf(
        none,
        implied.map((v) => factor * Math.sqrt(v)),
      );
      return (await estimates(twoLayers([], { y: own })))['second'] ?? NaN;
    };
    const [plain, narrow, wide] = [await times(1), await times(1e-3), await times(2)];
    assert.ok(Math.abs(narrow - plain) < 1e-9, `${narrow}, not ${plain}`);
    assert.ok(Math.abs(wide - plain - 20 * Math.log10(2)) < 1e-9, `${wide} after ${plain}`);
  });

  it('counts at each place what a transposed convolution with strides adds there', async () => {
    // One wide channel, and three that round to 0; all vary alike, a hundred times what the small
    // weights make of inputs of variance 1 where all four taps meet one.
    const [large, small] = [1, 1e-3];
    const values = Array.from(
      { length: 64 },
      (_, at) => (at % 16 < 4 ? large : small) * (at % 3 === 0 ? 0.7 : 1),
    );
    const lost = Math.sqrt(100 * 16) * small;
    const strided = (strides: readonly number[]): Graph => ({
      ...graphOf({
        inputs: { x: [1, 4, 8, 8] },
        outputs: ['y'],
        nodes: [
          node('Conv', ['x', 'i'], ['a'], {}, 'first'),
          node('ConvTranspose', ['a', 'w'], ['y'], { strides }, 'second'),
        ],
        tensors: [
          tensor(
            'i',
            [4, 4, 1, 1],
            Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
          ),
          tensor('w', [4, 4, 2, 2], values),
        ],
      }),
      statistics: new Map([
        ['a', statisticsOf([0, 0, 0, 0], [1, 1, 1, 1])],
        ['y', statisticsOf([0, 0, 0, 0], [lost, lost, lost, lost])],
      ]),
    });
    const { second: every = NaN } = await estimates(strided([1, 1]));
    const { second: fourth = NaN } = await estimates(strided([2, 2]));
    assert.ok(every < 30, String(every));
    // With strides each place meets one of the four taps; at the border without, fewer than four.
    const gain = fourth - every;
    assert.ok(gain > 4 && gain < 6.1, `${every}, then ${fourth}`);
  });

  it('is never more than the SQNR of the weights, which stands where nothing else is known', async () => {
    const wide = { y: statisticsOf(beta.concat(0, 0), new Array<number>(outputs).fill(1e6)) };
    const graph = twoLayers([], wide);
    const { second = NaN } = await estimates(graph);
    const [first, report] = await reportLayers(layersOf(graph, wiringOf(graph)), perTensor, noJob);
    assert.equal(second, report?.figures.sqnrChosen);
    const only = {
      ...graph,
      statistics: new Map([['y', statisticsOf(beta.concat(0, 0), deviationsOf())]]),
    };
    assert.equal((await estimates(only))['first'], first?.figures.sqnrChosen);
  });

  it('knows the factor of a Gemm, and takes a layer that makes constants by its weights', async () => {
    // Only the last channel, whose weights are small, varies: as much as they let it and more.
    const only = Array.from({ length: outputs }, (_, o) => (o === outputs - 1 ? 0.3 : 1e-9));
    const own = { y: statisticsOf(new Array<number>(outputs).fill(0), only) };
    const { second: plain = NaN } = await estimates(twoLayers([], own));
    const { second: half = NaN } = await estimates(twoLayers([], own, weight, 0.5));
    // The output is as large as before, and the error half as large.
    assert.ok(Math.abs(half - plain - 20 * Math.log10(2)) < 1e-9, `${plain}, then ${half}`);
    const constant = {
      y: statisticsOf(new Array<number>(outputs).fill(1), new Array<number>(outputs).fill(0)),
    };
    const graph = twoLayers([], constant);
    const [, report] = await reportLayers(layersOf(graph, wiringOf(graph)), perTensor, noJob);
    assert.equal((await estimates(graph))['second'], report?.figures.sqnrChosen);
  });

  it('is exact for a layer that is left in float', async () => {
    const target = {
      ...perTensor,
      exceptions: [{ layer: 'second', weightBits: 'float' as const }],
    };
    assert.equal((await estimates(twoLayers(), target))['second'], Infinity);
  });

  it('gives none where a scale for each channel is, or most layers are not known', async () => {
    assert.deepEqual(await estimates(twoLayers(), defaultTarget), {});
    const graph = twoLayers();
    assert.deepEqual(Object.keys(await estimates(graph)), ['first', 'second']);
    assert.deepEqual(await estimates({ ...graph, statistics: new Map() }), {});
  });

  it('skips a layer with a fault', async () => {
    const broken = weight.slice();
    broken[3] = NaN;
    const found = await estimates(twoLayers([], {}, broken));
    assert.deepEqual(Object.keys(found), ['first']);
  });
});
