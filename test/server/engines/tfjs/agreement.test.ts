import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compareEngines, engineTolerance } from '../../../../server/compareEngines.ts';
import { noJob } from '../../../../server/core/job.ts';
import type { EnginePair } from '../../../../server/engines/chosenEngine.ts';
import { openDocument } from '../../../../server/formats/index.ts';
import { bothEngines, disposeBoth, feedsFor } from '../../../kit/bothEngines.ts';
import { modelsFolder } from '../../../kit/golden.ts';
import { KerasFolder, type TestLayer, type TestWeight } from '../../../kit/kerasFiles.ts';
import { Random } from '../../../kit/random.ts';

/** A layer, what goes in, and the shapes of its weights. */
interface Row {
  readonly what?: string;
  readonly input: readonly number[];
  readonly layer: TestLayer;
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  readonly version?: string;
}

const conv = { strides: [1, 1], padding: 'same', use_bias: true, activation: 'linear' };
const rnn = { use_bias: true, activation: 'tanh', recurrent_activation: 'sigmoid' };
const gates = (count: number): Readonly<Record<string, readonly number[]>> => ({
  kernel: [3, 2 * count],
  recurrent_kernel: [2, 2 * count],
  bias: [2 * count],
});
const norm = (count: number): Readonly<Record<string, readonly number[]>> => ({
  gamma: [count],
  beta: [count],
  moving_mean: [count],
  moving_variance: [count],
});

const rows: readonly Row[] = [
  {
    input: [4],
    layer: ['Dense', { units: 3, activation: 'relu' }],
    weights: { kernel: [4, 3], bias: [3] },
  },
  {
    what: 'Dense of Keras 1',
    input: [4],
    layer: ['Dense', { output_dim: 3, activation: 'softplus', bias: true, init: 'uniform' }],
    weights: { kernel: [4, 3], bias: [3] },
    version: '1.2.2',
  },
  {
    what: 'Dense of Keras 3, whose fields are objects',
    input: [4],
    layer: [
      'Dense',
      {
        units: 3,
        activation: {
          module: 'builtins',
          class_name: 'function',
          config: 'silu',
          registered_name: 'function',
        },
        dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' } },
        kernel_initializer: {
          module: 'keras.initializers',
          class_name: 'GlorotUniform',
          config: { seed: null },
        },
      },
    ],
    weights: { kernel: [4, 3], bias: [3] },
    version: '3.8.0',
  },
  {
    input: [6, 2],
    layer: ['Conv1D', { ...conv, strides: [2], filters: 3, kernel_size: [3] }],
    weights: { kernel: [3, 2, 3], bias: [3] },
  },
  {
    input: [5, 6, 2],
    layer: [
      'Conv2D',
      { ...conv, strides: [2, 2], filters: 3, kernel_size: [3, 3], activation: 'relu6' },
    ],
    weights: { kernel: [3, 3, 2, 3], bias: [3] },
  },
  {
    what: 'Convolution2D of Keras 1',
    input: [5, 6, 2],
    layer: [
      'Convolution2D',
      {
        nb_filter: 3,
        nb_row: 3,
        nb_col: 2,
        border_mode: 'valid',
        subsample: [1, 2],
        dim_ordering: 'tf',
        activation: 'tanh',
        bias: false,
      },
    ],
    weights: { kernel: [3, 2, 2, 3] },
    version: '1.2.2',
  },
  {
    what: 'Conv2D, channels first',
    input: [2, 5, 6],
    layer: ['Conv2D', { ...conv, filters: 3, kernel_size: [3, 3], data_format: 'channels_first' }],
    weights: { kernel: [3, 3, 2, 3], bias: [3] },
  },
  {
    input: [3, 4, 5, 2],
    layer: ['Conv3D', { ...conv, strides: [1, 1, 1], filters: 3, kernel_size: [2, 2, 2] }],
    weights: { kernel: [2, 2, 2, 2, 3], bias: [3] },
  },
  {
    input: [5, 6, 2],
    layer: ['DepthwiseConv2D', { ...conv, kernel_size: [3, 3], depth_multiplier: 2 }],
    weights: { depthwise_kernel: [3, 3, 2, 2], bias: [4] },
  },
  {
    input: [5, 6, 2],
    layer: ['SeparableConv2D', { ...conv, filters: 3, kernel_size: [3, 3] }],
    weights: { depthwise_kernel: [3, 3, 2, 1], pointwise_kernel: [1, 1, 2, 3], bias: [3] },
  },
  {
    input: [4, 5, 2],
    layer: ['Conv2DTranspose', { ...conv, strides: [2, 2], filters: 3, kernel_size: [3, 3] }],
    weights: { kernel: [3, 3, 3, 2], bias: [3] },
  },
  {
    input: [4, 5, 3],
    layer: ['BatchNormalization', { axis: [3], epsilon: 0.01 }],
    weights: norm(3),
  },
  {
    input: [4, 5],
    layer: ['LayerNormalization', { axis: [-1], epsilon: 0.01 }],
    weights: { gamma: [5], beta: [5] },
  },
  { input: [4, 5], layer: ['ReLU', { max_value: 1 }] },
  {
    what: 'ReLU with a slope',
    input: [4, 5],
    layer: ['ReLU', { max_value: null, negative_slope: 0.25, threshold: 0 }],
  },
  { input: [4, 5], layer: ['LeakyReLU', { alpha: 0.2 }] },
  {
    what: 'LeakyReLU of Keras 3',
    input: [4, 5],
    layer: ['LeakyReLU', { negative_slope: 0.2 }],
    version: '3.8.0',
  },
  { input: [3, 4, 2], layer: ['PReLU', { shared_axes: [1, 2] }], weights: { alpha: [1, 1, 2] } },
  { input: [4, 5], layer: ['ELU', { alpha: 1 }] },
  { input: [4, 5], layer: ['ThresholdedReLU', { theta: 0.5 }] },
  { input: [4, 5], layer: ['Softmax', { axis: -1 }] },
  ...[
    'elu',
    'selu',
    'sigmoid',
    'hard_sigmoid',
    'softplus',
    'softsign',
    'tanh',
    'softmax',
    'swish',
    'gelu',
    'mish',
  ].map((activation): Row => ({
    what: `Activation ${activation}`,
    input: [3, 4],
    layer: ['Activation', { activation }],
  })),
  { input: [6, 2], layer: ['MaxPooling1D', { pool_size: [2], strides: [2], padding: 'valid' }] },
  { input: [6, 2], layer: ['AveragePooling1D', { pool_size: [3], strides: [2], padding: 'same' }] },
  {
    input: [5, 6, 2],
    layer: ['MaxPooling2D', { pool_size: [2, 2], strides: [2, 2], padding: 'same' }],
  },
  {
    input: [5, 6, 2],
    layer: ['AveragePooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }],
  },
  {
    input: [4, 4, 5, 2],
    layer: ['MaxPooling3D', { pool_size: [2, 2, 2], strides: [2, 2, 2], padding: 'valid' }],
  },
  { input: [6, 2], layer: ['GlobalAveragePooling1D', {}] },
  { input: [5, 6, 2], layer: ['GlobalMaxPooling2D', {}] },
  {
    input: [5, 6, 2],
    layer: [
      'ZeroPadding2D',
      {
        padding: [
          [1, 0],
          [2, 1],
        ],
      },
    ],
  },
  {
    input: [5, 6, 2],
    layer: [
      'Cropping2D',
      {
        cropping: [
          [1, 0],
          [2, 1],
        ],
      },
    ],
  },
  { input: [3, 4, 2], layer: ['UpSampling2D', { size: [2, 3], interpolation: 'nearest' }] },
  { input: [3, 4, 2], layer: ['Flatten', {}] },
  { input: [3, 4, 2], layer: ['Reshape', { target_shape: [4, -1] }] },
  { input: [3, 4, 2], layer: ['Permute', { dims: [2, 3, 1] }] },
  { input: [4], layer: ['RepeatVector', { n: 3 }] },
  { input: [4, 5], layer: ['Rescaling', { scale: 0.5, offset: -1 }] },
  { input: [3, 4, 2], layer: ['SpatialDropout2D', { rate: 0.5 }] },
  {
    input: [5, 3],
    layer: ['LSTM', { ...rnn, units: 2, return_sequences: true }],
    weights: gates(4),
  },
  { input: [5, 3], layer: ['GRU', { ...rnn, units: 2, reset_after: false }], weights: gates(3) },
  { input: [5, 3], layer: ['SimpleRNN', { ...rnn, units: 2 }], weights: gates(1) },
  {
    input: [5, 3],
    layer: [
      'TimeDistributed',
      { layer: { class_name: 'Dense', config: { name: 'inner', units: 2, activation: 'relu' } } },
    ],
    weights: { kernel: [3, 2], bias: [2] },
  },
];

/** Seeded; a variance is positive. */
function weightsOf({ weights = {} }: Row, random: Random): TestWeight[] {
  return Object.entries(weights).map(([slot, shape]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = [...random.normal(count)];
    const isVariance = slot === 'moving_variance';
    return {
      name: `l1/${slot}`,
      shape,
      values: isVariance ? values.map((v) => v * v + 0.5) : values,
    };
  });
}

const models = [
  'big-xception-fer2013/fer2013_big_XCEPTION.54-0.66.hdf5',
  'darknet-tiny/model.json',
  'doodlenet/model.json',
  'fashion-mnist-cnn/fashion_mnist_model.h5',
  'fashion-mnist-cnn/fashion_mnist_model.keras',
  'hand-keypoint-mlp/keypoint_classifier.hdf5',
  'mini-xception-fer2013/fer2013_mini_XCEPTION.102-0.66.hdf5',
  'mlperf-resnet8-cifar10/pretrainedResnet.h5',
  'mlperf-vww-mobilenetv1/vww_96.h5',
  'teachable-mobilenetv2/model.json',
];

/**
 * The tolerance of `compareEngines`: float32 sums in another order, through a deep network. Single
 * layers are held to the same, of what is largest in their output.
 */
function suite(title: string, native: string | undefined): void {
  describe(title, () => {
    let engines: EnginePair;
    const folder = new KerasFolder();
    before(() => (engines = bothEngines(native === undefined ? [] : [native])));
    after(() => {
      disposeBoth(engines);
      folder.remove();
    });

    async function agree(file: string, seed: number, backend: RegExp): Promise<number> {
      const opened = await openDocument(file, noJob);
      assert.ok(opened.ok, opened.ok ? '' : opened.error.message);
      const document = opened.value;
      const random = new Random(seed);
      const feeds = [feedsFor(document.graph, random), feedsFor(document.graph, random)];
      const inputs = { count: 2, feeds: (i: number) => Promise.resolve(feeds[i] ?? new Map()) };
      const found = await compareEngines(engines, document, document.graph, inputs, noJob);
      document.dispose();
      assert.match(found.engines[1].backend, backend);
      assert.ok(found.agrees, `${found.worst?.name} differs by ${found.worst?.maxRel}`);
      assert.equal(engineTolerance, 1e-4);
      return found.values.length;
    }
    const backend = native === undefined ? /^wasm$/ : /^tensorflow, @tensorflow\/tfjs-node/;

    for (const [i, row] of rows.entries()) {
      const { what = row.layer[0], input, layer, version } = row;
      it(what, async () => {
        const weights = weightsOf(row, new Random(i + 1));
        const file = folder.sequential(input, [layer], weights, version);
        assert.ok((await agree(file, i + 100, backend)) >= 1);
      });
    }

    for (const name of models) {
      it(name, async function () {
        const file = join(modelsFolder, name);
        if (!existsSync(file)) this.skip();
        assert.ok((await agree(file, 1, backend)) >= 3);
      });
    }
  });
}

suite('ONNX Runtime and TensorFlow.js agree', undefined);

// design/tfjs-native.sh makes such a folder; LD_PRELOAD is what it prints.
const native = process.env['RANGEFINDER_TFJS_NODE'];
if (native !== undefined) suite('ONNX Runtime and native TensorFlow agree', native);
else {
  describe('ONNX Runtime and native TensorFlow agree', () => {
    it('on every model (RANGEFINDER_TFJS_NODE names no folder)', function () {
      this.skip();
    });
  });
}
