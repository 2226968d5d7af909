import assert from 'node:assert/strict';
import type { Graph, LayerStatistics } from '../../../../server/core/graph/graph.ts';
import { layersOf } from '../../../../server/core/graph/layer.ts';
import { wiringOf } from '../../../../server/core/graph/wiring.ts';
import { noJob } from '../../../../server/core/job.ts';
import { encodingOf } from '../../../../server/core/quant/grid.ts';
import { defaultTarget, type Target } from '../../../../server/core/quant/targets.ts';
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
    // One of two channels is gone: 10 log10(2 / (10 * 0.15)^2).
    const lost = 10 ** 2 * sum([...values.slice(3)].map((v) => v * v));
    assert.ok(Math.abs(second - 10 * Math.log10(2 / lost)) < 0.01, String(second));
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
    const y = statisticsOf(new Array<number>(outputs).fill(0), new Array<number>(outputs).fill(2));
    const { second = NaN } = await estimates({ ...graph, statistics: new Map([['y', y]]) });
    const [, report] = await reportLayers(layersOf(graph, wiringOf(graph)), perTensor, noJob);
    // With one variance for all inputs it is the SQNR of the weights.
    assert.ok(Math.abs(second - (report?.figures.sqnrChosen ?? 0)) < 1e-6);
  });

  it('knows the factor of a Gemm, and estimates nothing of a layer that makes constants', async () => {
    const own = {
      y: statisticsOf(new Array<number>(outputs).fill(0), new Array<number>(outputs).fill(3)),
    };
    const { second: plain = NaN } = await estimates(twoLayers([], own));
    const { second: half = NaN } = await estimates(twoLayers([], own, weight, 0.5));
    // The output is as large as before, and the error half as large.
    assert.ok(Math.abs(half - plain - 20 * Math.log10(2)) < 1e-9, `${plain}, then ${half}`);
    const constant = {
      y: statisticsOf(new Array<number>(outputs).fill(1), new Array<number>(outputs).fill(0)),
    };
    assert.deepEqual(Object.keys(await estimates(twoLayers([], constant))), ['first']);
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
