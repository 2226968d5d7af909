import assert from 'node:assert/strict';
import { noJob } from '../../../../../server/core/job.ts';
import { openDocument } from '../../../../../server/formats/index.ts';
import { KerasFolder, type TestLayer, type TestWeight } from '../../../../kit/kerasFiles.ts';
import { Random } from '../../../../kit/random.ts';
import { closeTo, runGraph } from '../../../../kit/run.ts';

/** Sums of a few float32 products. */
const tolerance = { relative: 1e-5, absolute: 1e-6 };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const range = (count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, i) => i + from);

interface Case {
  readonly what: string;
  readonly input: readonly number[];
  readonly x: readonly number[];
  readonly layer: TestLayer;
  readonly weights?: readonly TestWeight[];
  readonly shape: readonly number[];
  readonly y: readonly number[];
  readonly version?: string;
}

const weight = (name: string, shape: readonly number[], values: readonly number[]): TestWeight => ({
  name: `l1/${name}`,
  shape,
  values,
});

/** Expected values were worked out by hand from the definitions of Keras. */
const cases: readonly Case[] = [
  {
    what: 'Conv1D, same, stride 2: the odd padding stands behind',
    input: [4, 1],
    x: [1, 2, 3, 4],
    layer: ['Conv1D', { padding: 'same', strides: [2], activation: 'linear', use_bias: true }],
    weights: [weight('kernel', [3, 1, 1], [1, 10, 100]), weight('bias', [1], [0.5])],
    shape: [1, 2, 1],
    y: [321.5, 43.5],
  },
  {
    what: 'Conv1D, causal',
    input: [3, 1],
    x: [1, 2, 3],
    layer: ['Conv1D', { padding: 'causal', use_bias: false }],
    weights: [weight('kernel', [2, 1, 1], [1, 10])],
    shape: [1, 3, 1],
    y: [10, 21, 32],
  },
  {
    what: 'DepthwiseConv2D, multiplier 2: channel c, multiplier m is output 2c + m',
    input: [1, 1, 2],
    x: [3, 5],
    layer: ['DepthwiseConv2D', { depth_multiplier: 2, use_bias: false }],
    weights: [weight('depthwise_kernel', [1, 1, 2, 2], [1, 10, 100, 1000])],
    shape: [1, 1, 1, 4],
    y: [3, 30, 500, 5000],
  },
  {
    what: 'Conv2DTranspose, valid, stride 2, kernel 1: zeros between and behind',
    input: [1, 2, 1],
    x: [3, 5],
    layer: ['Conv2DTranspose', { strides: [1, 2], use_bias: false }],
    weights: [weight('kernel', [1, 1, 1, 1], [2])],
    shape: [1, 1, 4, 1],
    y: [6, 0, 10, 0],
  },
  {
    what: 'Conv2DTranspose, same, stride 2, kernel 3',
    input: [1, 2, 1],
    x: [1, 10],
    layer: ['Conv2DTranspose', { strides: [1, 2], padding: 'same', use_bias: false }],
    weights: [weight('kernel', [1, 3, 1, 1], [1, 2, 3])],
    shape: [1, 1, 4, 1],
    y: [1, 2, 13, 20],
  },
  {
    what: 'Dense on three axes',
    input: [2, 2],
    x: [1, 2, 3, 4],
    layer: ['Dense', { use_bias: true }],
    weights: [weight('kernel', [2, 1], [1, 10]), weight('bias', [1], [0.5])],
    shape: [1, 2, 1],
    y: [21.5, 43.5],
  },
  {
    what: 'Flatten keeps the order of channels last',
    input: [1, 2, 2],
    x: [1, 2, 3, 4],
    layer: ['Flatten', {}],
    shape: [1, 4],
    y: [1, 2, 3, 4],
  },
  {
    what: 'PReLU with shared axes',
    input: [1, 2, 2],
    x: [-1, -2, 3, -4],
    layer: ['PReLU', { shared_axes: [1, 2] }],
    weights: [weight('alpha', [1, 1, 2], [0.5, 0.25])],
    shape: [1, 1, 2, 2],
    y: [-0.5, -0.5, 3, -1],
  },
  {
    what: 'ReLU with slope, threshold and largest value',
    input: [4],
    x: [-2, 0.5, 2, 9],
    layer: ['ReLU', { negative_slope: 0.5, threshold: 1, max_value: 6 }],
    shape: [1, 4],
    y: [-1.5, -0.25, 2, 6],
  },
  {
    what: 'hard_sigmoid of Keras 2',
    input: [2],
    x: [1, 9],
    layer: ['Activation', { activation: 'hard_sigmoid' }],
    shape: [1, 2],
    y: [0.7, 1],
  },
  {
    what: 'hard_sigmoid of Keras 3',
    input: [2],
    x: [1, 9],
    layer: ['Activation', { activation: 'hard_sigmoid' }],
    shape: [1, 2],
    y: [4 / 6, 1],
    version: '3.8.0',
  },
  {
    what: 'AveragePooling1D, same: the padding does not count',
    input: [3, 1],
    x: [1, 3, 7],
    layer: ['AveragePooling1D', { pool_size: [2], strides: [2], padding: 'same' }],
    shape: [1, 2, 1],
    y: [2, 7],
  },
  {
    what: 'ZeroPadding2D and its two sides',
    input: [1, 1, 1],
    x: [5],
    layer: [
      'ZeroPadding2D',
      {
        padding: [
          [0, 1],
          [1, 0],
        ],
      },
    ],
    shape: [1, 2, 2, 1],
    y: [0, 5, 0, 0],
  },
  {
    what: 'Cropping1D',
    input: [4, 1],
    x: [1, 2, 3, 4],
    layer: ['Cropping1D', { cropping: [1, 0] }],
    shape: [1, 3, 1],
    y: [2, 3, 4],
  },
  {
    what: 'UpSampling2D, nearest',
    input: [1, 2, 1],
    x: [1, 2],
    layer: ['UpSampling2D', { size: [1, 2], interpolation: 'nearest' }],
    shape: [1, 1, 4, 1],
    y: [1, 1, 2, 2],
  },
  {
    what: 'Resizing, bilinear, half-pixel centres',
    input: [1, 2, 1],
    x: [0, 4],
    layer: ['Resizing', { height: 1, width: 4 }],
    shape: [1, 1, 4, 1],
    y: [0, 1, 3, 4],
  },
  {
    what: 'Rescaling',
    input: [2],
    x: [1, 2],
    layer: ['Rescaling', { scale: 2, offset: -1 }],
    shape: [1, 2],
    y: [1, 3],
  },
  {
    what: 'Normalization with its numbers in the configuration',
    input: [2],
    x: [3, 5],
    layer: ['Normalization', { mean: [1, 1], variance: [4, 16] }],
    shape: [1, 2],
    y: [1, 1],
  },
  {
    what: 'GroupNormalization: two channels in one group are normalized together',
    input: [1, 1, 2],
    x: [1, 3],
    layer: ['GroupNormalization', { groups: 1, epsilon: 0, axis: -1 }],
    weights: [weight('gamma', [2], [2, 3]), weight('beta', [2], [10, 20])],
    shape: [1, 1, 1, 2],
    y: [8, 23],
  },
  {
    what: 'LayerNormalization without scale',
    input: [2],
    x: [1, 3],
    layer: ['LayerNormalization', { epsilon: 0, scale: false, axis: [1] }],
    weights: [weight('beta', [2], [10, 20])],
    shape: [1, 2],
    y: [9, 21],
  },
  {
    what: 'Reshape, then the order of channels last',
    input: [4],
    x: range(4),
    layer: ['Reshape', { target_shape: [2, 2] }],
    shape: [1, 2, 2],
    y: range(4),
  },
  {
    what: 'Permute',
    input: [2, 2],
    x: range(4),
    layer: ['Permute', { dims: [2, 1] }],
    shape: [1, 2, 2],
    y: [1, 3, 2, 4],
  },
  {
    what: 'RepeatVector',
    input: [2],
    x: [1, 2],
    layer: ['RepeatVector', { n: 2 }],
    shape: [1, 2, 2],
    y: [1, 2, 1, 2],
  },
  {
    what: 'Embedding',
    input: [2],
    x: [1, 0],
    layer: ['Embedding', {}],
    weights: [weight('embeddings', [2, 2], [1, 2, 3, 4])],
    shape: [1, 2, 2],
    y: [3, 4, 1, 2],
  },
];

describe('layers of Keras', () => {
  const folder = new KerasFolder();
  after(() => folder.remove());

  const outputOf = async (
    path: string,
    input: readonly number[],
    x: readonly number[],
  ): Promise<{ dims: readonly number[]; values: ArrayLike<number> }> => {
    const opened = await openDocument(path, noJob);
    if (!opened.ok) assert.fail(opened.error.message);
    assert.deepEqual(opened.value.issues, []);
    const feed = { dims: [1, ...input], values: Float32Array.from(x) };
    const [result] = (await runGraph(opened.value.graph, { x: feed })).values();
    opened.value.dispose();
    return result ?? assert.fail('no output');
  };

  for (const { what, input, x, layer, weights, shape, y, version } of cases) {
    it(what, async () => {
      const path = folder.sequential(input, [layer], weights, version);
      const { dims, values } = await outputOf(path, input, x);
      assert.deepEqual(dims, shape);
      closeTo(values, y, tolerance, what);
    });
  }

  const random = new Random(3);
  const [time, features, units] = [3, 2, 2];
  const x = Array.from(random.normal(time * features));

  it('LSTM, step by step', async () => {
    const [k, r, b] = [features, units, 1].map((rows) =>
      Array.from(random.normal(rows * 4 * units)),
    );
    const weights = [
      weight('kernel', [features, 4 * units], k ?? []),
      weight('recurrent_kernel', [units, 4 * units], r ?? []),
      weight('bias', [4 * units], b ?? []),
    ];
    const path = folder.sequential([time, features], [['LSTM', { units }]], weights);
    let [h, c] = [
      [0, 0],
      [0, 0],
    ];
    for (let t = 0; t < time; t++) {
      const z = range(4 * units, 0).map(
        (j) =>
          (b?.[j] ?? 0) +
          dot(x.slice(t * features), k ?? [], j, features) +
          dot(h, r ?? [], j, units),
      );
      const gate = (g: number, u: number): number => z[g * units + u] ?? 0;
      c = c.map(
        (old, u) => sigmoid(gate(1, u)) * old + sigmoid(gate(0, u)) * Math.tanh(gate(2, u)),
      );
      h = c.map((cell, u) => sigmoid(gate(3, u)) * Math.tanh(cell));
    }
    const { dims, values } = await outputOf(path, [time, features], x);
    assert.deepEqual(dims, [1, units]);
    closeTo(values, h, tolerance, 'LSTM');
  });

  for (const isReset of [false, true]) {
    it(`GRU, step by step, reset_after ${isReset}`, async () => {
      const k = Array.from(random.normal(features * 3 * units));
      const r = Array.from(random.normal(units * 3 * units));
      const b = Array.from(random.normal((isReset ? 2 : 1) * 3 * units));
      const weights = [
        weight('kernel', [features, 3 * units], k),
        weight('recurrent_kernel', [units, 3 * units], r),
        weight('bias', isReset ? [2, 3 * units] : [3 * units], b),
      ];
      const config = { units, reset_after: isReset, return_sequences: true };
      const path = folder.sequential([time, features], [['GRU', config]], weights);
      let h = [0, 0];
      const expected: number[] = [];
      for (let t = 0; t < time; t++) {
        const a = range(3 * units, 0).map(
          (j) => (b[j] ?? 0) + dot(x.slice(t * features), k, j, features, 3 * units),
        );
        const bias = (j: number): number => (isReset ? (b[3 * units + j] ?? 0) : 0);
        const inner = (state: readonly number[], j: number): number =>
          bias(j) + dot(state, r, j, units, 3 * units);
        const gates = [0, 1].map((g) =>
          h.map((_, u) => sigmoid((a[g * units + u] ?? 0) + inner(h, g * units + u))),
        );
        const scaled = h.map((old, u) => old * (gates[1]?.[u] ?? 0));
        const fresh = h.map((_, u) => {
          const j = 2 * units + u;
          const product = isReset ? (gates[1]?.[u] ?? 0) * inner(h, j) : inner(scaled, j);
          return Math.tanh((a[j] ?? 0) + product);
        });
        h = h.map(
          (old, u) => (gates[0]?.[u] ?? 0) * old + (1 - (gates[0]?.[u] ?? 0)) * (fresh[u] ?? 0),
        );
        expected.push(...h);
      }
      const { dims, values } = await outputOf(path, [time, features], x);
      assert.deepEqual(dims, [1, time, units]);
      closeTo(values, expected, tolerance, 'GRU');
    });
  }

  it('TimeDistributed over a convolution', async () => {
    const layer = {
      class_name: 'Conv1D',
      config: { name: 'inner', padding: 'valid', use_bias: false },
    };
    const weights = [weight('kernel', [2, 1, 1], [1, 10])];
    const path = folder.sequential([2, 3, 1], [['TimeDistributed', { layer }]], weights);
    const { dims, values } = await outputOf(path, [2, 3, 1], range(6));
    assert.deepEqual(dims, [1, 2, 2, 1]);
    closeTo(values, [21, 32, 54, 65], tolerance, 'TimeDistributed');
  });
});

/** Row of inputs times column j of a matrix. */
function dot(
  x: readonly number[],
  matrix: readonly number[],
  j: number,
  rows: number,
  columns = 8,
): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += (x[i] ?? 0) * (matrix[i * columns + j] ?? 0);
  return sum;
}
