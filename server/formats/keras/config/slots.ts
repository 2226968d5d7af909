import { flagOf } from './fields.ts';
import type { KerasLayer } from './model.ts';

/** A weight that a layer has, by the name Keras gives it. */
export interface Slot {
  readonly name: string;
  /** Not trained, so it stands behind all that are where Keras lists the weights of a model. */
  readonly isState?: true;
}

const slot = (name: string): Slot => ({ name });
const state = (name: string): Slot => ({ name, isState: true });

/**
 * The weights of a layer in the order in which Keras lists them; undefined for a class that is not
 * known, which has what the file has for it.
 */
export function slotsOf(layer: KerasLayer): Slot[] | undefined {
  const { className, config, wrapped } = layer;
  const bias = flagOf(config, ['use_bias', 'bias'], true) ? [slot('bias')] : [];
  switch (className) {
    case 'Dense':
    case 'Conv1D':
    case 'Conv2D':
    case 'Conv3D':
    case 'Convolution1D':
    case 'Convolution2D':
    case 'Convolution3D':
    case 'Conv1DTranspose':
    case 'Conv2DTranspose':
    case 'Conv3DTranspose':
      return [slot('kernel'), ...bias];
    case 'EinsumDense':
      return [slot('kernel'), ...(typeof config['bias_axes'] === 'string' ? [slot('bias')] : [])];
    case 'DepthwiseConv1D':
    case 'DepthwiseConv2D':
      return [slot('depthwise_kernel'), ...bias];
    case 'SeparableConv1D':
    case 'SeparableConv2D':
      return [slot('depthwise_kernel'), slot('pointwise_kernel'), ...bias];
    case 'BatchNormalization':
    case 'SyncBatchNormalization':
      return [...scaleAndCenter(layer), state('moving_mean'), state('moving_variance')];
    case 'LayerNormalization':
    case 'GroupNormalization':
      return scaleAndCenter(layer);
    case 'Normalization':
      return config['mean'] === undefined || config['mean'] === null
        ? [state('mean'), state('variance'), state('count')]
        : [];
    case 'PReLU':
      return [slot('alpha')];
    case 'Embedding':
      return [slot('embeddings')];
    case 'LSTM':
    case 'GRU':
    case 'SimpleRNN':
    case 'CuDNNLSTM':
    case 'CuDNNGRU':
      return [slot('kernel'), slot('recurrent_kernel'), ...bias];
    case 'MultiHeadAttention':
      return ['query', 'key', 'value', 'attention_output'].flatMap((part) => [
        slot(`${part}/kernel`),
        ...(bias.length > 0 ? [slot(`${part}/bias`)] : []),
      ]);
    case 'Attention':
      return [
        ...(flagOf(config, ['use_scale'], false) ? [slot('scale')] : []),
        ...(config['score_mode'] === 'concat' ? [slot('concat_score_weight')] : []),
      ];
    case 'AdditiveAttention':
      return flagOf(config, ['use_scale'], true) ? [slot('scale')] : [];
    case 'TimeDistributed':
      return wrapped && slotsOf(wrapped);
    case 'Bidirectional': {
      const inner = wrapped && slotsOf(wrapped);
      return inner?.flatMap((_, i, all) => (i === 0 ? bothWays(all) : []));
    }
    default:
      return plain.has(className) ? [] : undefined;
  }
}

const bothWays = (slots: readonly Slot[]): Slot[] =>
  ['forward', 'backward'].flatMap((way) => slots.map(({ name }) => slot(`${way}/${name}`)));

function scaleAndCenter({ config }: KerasLayer): Slot[] {
  return [
    ...(flagOf(config, ['scale'], true) ? [slot('gamma')] : []),
    ...(flagOf(config, ['center'], true) ? [slot('beta')] : []),
  ];
}

/** Layers that have no weights. */
const plain = new Set([
  ...['InputLayer', 'Activation', 'ReLU', 'LeakyReLU', 'ELU', 'SELU', 'Softmax', 'ThresholdedReLU'],
  ...['Dropout', 'SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D', 'AlphaDropout'],
  ...['GaussianNoise', 'GaussianDropout', 'ActivityRegularization', 'Masking', 'Identity'],
  ...['MaxPooling1D', 'MaxPooling2D', 'MaxPooling3D'],
  ...['AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D'],
  ...['GlobalMaxPooling1D', 'GlobalMaxPooling2D', 'GlobalMaxPooling3D'],
  ...['GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'GlobalAveragePooling3D'],
  ...['ZeroPadding1D', 'ZeroPadding2D', 'ZeroPadding3D', 'Cropping1D', 'Cropping2D', 'Cropping3D'],
  ...['UpSampling1D', 'UpSampling2D', 'UpSampling3D', 'Resizing', 'Rescaling'],
  ...['Flatten', 'Reshape', 'Permute', 'RepeatVector', 'UnitNormalization'],
  ...[
    'Add',
    'Subtract',
    'Multiply',
    'Average',
    'Maximum',
    'Minimum',
    'Concatenate',
    'Dot',
    'Merge',
  ],
  ...['RandomFlip', 'RandomRotation', 'RandomZoom', 'RandomTranslation', 'RandomContrast'],
  ...['RandomBrightness', 'RandomCrop', 'RandomHeight', 'RandomWidth', 'CenterCrop'],
]);
