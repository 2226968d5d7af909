import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ZipFile } from 'yazl';
import { loadHdf5 } from '../../server/formats/keras/containers/hdf5.ts';
import { Random } from './random.ts';

/** A layer of a Sequential with its weights in the order of Keras. */
interface NetworkLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly {
    readonly slot: string;
    readonly shape: readonly number[];
    readonly values: Float32Array;
  }[];
  /** Its place in a `.keras` file. */
  readonly place: string;
}

const channels = 8;

/**
 * Conv, depthwise Conv and Conv with batch norms and ReLUs, whose channels are very uneven: channel
 * c is 2^(c-4) wide, and 2^(4-c) in the next layer. The weights are seeded, the file is written by
 * none of our writers.
 */
export function unevenLayers(seed: number): readonly NetworkLayer[] {
  const random = new Random(seed);
  const kernel = (slot: string, shape: readonly number[], scale: (last: number) => number) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const inner = shape[slot === 'depthwise_kernel' ? 2 : shape.length - 1] ?? 1;
    const values = random.uniform(count).map((value, i) => value * scale(i % inner));
    return { slot, shape, values };
  };
  const vector = (slot: string, value: (c: number) => number) => ({
    slot,
    shape: [channels],
    values: Float32Array.from({ length: channels }, (_, c) => value(c)),
  });
  const norm = (name: string, nth: string): NetworkLayer => ({
    className: 'BatchNormalization',
    config: { name, axis: -1, epsilon: 0.001, momentum: 0.99, center: true, scale: true },
    weights: [
      vector('gamma', (c) => 1 + c / 8),
      vector('beta', (c) => 0.1 * c),
      vector('moving_mean', (c) => 0.05 * c),
      vector('moving_variance', (c) => 0.5 + c / 4),
    ],
    place: `batch_normalization${nth}`,
  });
  const relu = (name: string, nth: string): NetworkLayer => ({
    className: 'ReLU',
    config: { name },
    weights: [],
    place: `re_lu${nth}`,
  });
  const plain = { strides: [1, 1], padding: 'valid', use_bias: false, activation: 'linear' };
  return [
    {
      className: 'Conv2D',
      config: { name: 'first', filters: channels, kernel_size: [3, 3], ...plain },
      weights: [kernel('kernel', [3, 3, 3, channels], (c) => 2 ** (c - 4))],
      place: 'conv2d',
    },
    norm('first_norm', ''),
    relu('first_relu', ''),
    {
      className: 'DepthwiseConv2D',
      config: { name: 'depthwise', kernel_size: [3, 3], depth_multiplier: 1, ...plain },
      weights: [kernel('depthwise_kernel', [3, 3, channels, 1], (c) => 2 ** (4 - c))],
      place: 'depthwise_conv2d',
    },
    norm('depthwise_norm', '_1'),
    relu('depthwise_relu', '_1'),
    {
      className: 'Conv2D',
      config: { name: 'pointwise', filters: channels, kernel_size: [1, 1], ...plain },
      weights: [kernel('kernel', [1, 1, channels, channels], () => 1)],
      place: 'conv2d_1',
    },
    norm('pointwise_norm', '_2'),
    relu('pointwise_relu', '_2'),
    {
      className: 'GlobalAveragePooling2D',
      config: { name: 'pool' },
      weights: [],
      place: 'global_average_pooling2d',
    },
    {
      className: 'Dense',
      config: { name: 'dense', units: 4, use_bias: true, activation: 'linear' },
      weights: [
        kernel('kernel', [channels, 4], () => 1),
        { slot: 'bias', shape: [4], values: random.uniform(4) },
      ],
      place: 'dense',
    },
  ];
}

const input = { name: 'image', batch_input_shape: [null, 12, 12, 3], dtype: 'float32' };

const sequential = (layers: readonly NetworkLayer[]): object => ({
  class_name: 'Sequential',
  config: {
    name: 'net',
    layers: [
      { class_name: 'InputLayer', config: input },
      ...layers.map(({ className, config }) => ({ class_name: className, config })),
    ],
  },
});

/** Writes the network as Keras 2 does: HDF5 with `model_config` and a group for each layer. */
export async function writeH5(path: string, layers: readonly NetworkLayer[]): Promise<void> {
  const { library } = await loadHdf5();
  const file = new library.File(path, 'w');
  file.create_attribute('keras_version', '2.15.0');
  file.create_attribute('backend', 'tensorflow');
  file.create_attribute('model_config', JSON.stringify(sequential(layers)));
  const root = file.create_group('model_weights');
  const names = layers.map(({ config }) => String(config['name']));
  root.create_attribute('layer_names', names, [names.length]);
  for (const [i, { weights }] of layers.entries()) {
    const name = names[i] ?? '';
    const group = root.create_group(name);
    if (weights.length === 0) continue;
    const listed = weights.map(({ slot }) => `${name}/${slot}:0`);
    group.create_attribute('weight_names', listed, [listed.length]);
    const inner = group.create_group(name);
    for (const { slot, shape, values } of weights)
      inner.create_dataset({ name: `${slot}:0`, data: values, shape: [...shape] });
  }
  file.close();
}

/** Writes the network as Keras 3 does: a zip of two JSON files and the variables as HDF5. */
export async function writeKeras(path: string, layers: readonly NetworkLayer[]): Promise<void> {
  const { library } = await loadHdf5();
  const hdf5 = `${path}.weights.h5`;
  const file = new library.File(hdf5, 'w');
  const root = file.create_group('layers');
  for (const { place, weights } of layers) {
    const group = root.create_group(place).create_group('vars');
    for (const [i, { shape, values }] of weights.entries())
      group.create_dataset({ name: String(i), data: values, shape: [...shape] });
  }
  file.close();
  const modern = (className: string, config: object): object => ({
    module: 'keras.layers',
    class_name: className,
    config,
    registered_name: null,
  });
  const { batch_input_shape: shape, ...rest } = input;
  const config = {
    module: 'keras',
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: [
        modern('InputLayer', { ...rest, batch_shape: shape }),
        ...layers.map((layer) => modern(layer.className, layer.config)),
      ],
    },
  };
  const zip = new ZipFile();
  const add = (name: string, bytes: Buffer): void =>
    zip.addBuffer(bytes, name, { compress: false });
  add('metadata.json', Buffer.from('{"keras_version": "3.8.0"}'));
  add('config.json', Buffer.from(JSON.stringify(config)));
  add('model.weights.h5', readFileSync(hdf5));
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(part as Buffer);
  writeFileSync(path, Buffer.concat(parts));
  rmSync(hdf5);
}

/** Writes the network as TensorFlow.js does: JSON, and its weights in two shards beside it. */
export function writeLayersModel(path: string, layers: readonly NetworkLayer[]): void {
  const weights = layers.flatMap(({ config, weights: own }) =>
    own.map((weight) => ({ ...weight, name: `${String(config['name'])}/${weight.slot}` })),
  );
  const bytes = Buffer.concat(weights.map(({ values }) => Buffer.from(values.buffer)));
  const half = Math.ceil(bytes.length / 8) * 4;
  const paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin'];
  writeFileSync(join(dirname(path), paths[0] ?? ''), bytes.subarray(0, half));
  writeFileSync(join(dirname(path), paths[1] ?? ''), bytes.subarray(half));
  const model = {
    format: 'layers-model',
    generatedBy: 'keras v2.15.0',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    modelTopology: {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: sequential(layers),
    },
    weightsManifest: [
      { paths, weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
    ],
  };
  writeFileSync(path, JSON.stringify(model));
}
