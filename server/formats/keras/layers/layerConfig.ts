import { flagOf, isObject, listOf, numberOf, objectOf, textOf } from '../config/fields.ts';
import type { Json, JsonObject } from '../config/json.ts';
import type { KerasLayer } from '../config/model.ts';
import { activationOf } from '../lower/activations.ts';

/** Why TensorFlow.js cannot run a layer, as a sentence. */
export class NotInTfjs extends Error {
  override readonly name = 'NotInTfjs';
}

/** A layer as TensorFlow.js reads it: the class and configuration of Keras 2. */
export interface PlainLayer {
  readonly className: string;
  readonly config: JsonObject;
}

/**
 * A layer of any version of Keras in the spelling of Keras 2. What only serves training is left out;
 * what TF.js would silently compute otherwise is refused.
 */
export function plainLayer(layer: KerasLayer, dialect: number): PlainLayer {
  const { className, config: given, name } = layer;
  if (idle.has(className))
    return { className: 'Activation', config: { name, activation: 'linear' } };
  const config: JsonObject = {};
  for (const [key, value] of Object.entries({ ...renamed(className, given), name })) {
    if (dropped.test(key)) continue;
    if (key.endsWith('initializer')) config[key] = { class_name: 'Zeros', config: {} };
    else config[key] = /(^|_)activation$/.test(key) ? activation(layer, value, dialect) : value;
  }
  if (layer.wrapped) {
    const inner = plainLayer(layer.wrapped, dialect);
    config['layer'] = { class_name: inner.className, config: inner.config };
    delete config['backward_layer'];
  }
  const rule = rules[className];
  const changed = rule?.(layer, config) ?? {};
  return { className: classes[className] ?? className, config, ...changed };
}

/** An input, with its shape and element type. */
export function plainInput(layer: KerasLayer, type: 'float32' | 'int32'): PlainLayer {
  const { config, name } = layer;
  const shape = config['batch_input_shape'] ?? config['batch_shape'] ?? null;
  return { className: 'InputLayer', config: { batch_input_shape: shape, dtype: type, name } };
}

/** Layers that do nothing when a model is run, most of which TF.js does not have. */
const idle = new Set([
  ...['SpatialDropout2D', 'SpatialDropout3D', 'ActivityRegularization', 'Identity'],
  ...['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'Dropout', 'SpatialDropout1D'],
  ...['RandomFlip', 'RandomRotation', 'RandomZoom', 'RandomTranslation', 'RandomContrast'],
  ...['RandomBrightness'],
]);

/** Names of Keras 1, and classes that are the same when a model is run. */
const classes: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  Convolution3D: 'Conv3D',
  SyncBatchNormalization: 'BatchNormalization',
};

const dropped =
  /(_regularizer|_constraint|^module|^registered_name|^build_config|^dtype|^trainable|^ragged|^input_dtype)$/;

/** Fields of Keras 1 and 3 under their names in Keras 2. */
const fields: Readonly<Record<string, string>> = {
  nb_filter: 'filters',
  filter_length: 'kernel_size',
  subsample: 'strides',
  subsample_length: 'strides',
  border_mode: 'padding',
  dim_ordering: 'data_format',
  atrous_rate: 'dilation_rate',
  pool_length: 'pool_size',
  stride: 'strides',
  bias: 'use_bias',
  p: 'rate',
  inner_activation: 'recurrent_activation',
  concat_axis: 'axis',
  batch_shape: 'batch_input_shape',
};

function renamed(className: string, given: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(given)) out[fields[key] ?? key] = value;
  if ('nb_row' in given) out['kernel_size'] = [given['nb_row'] ?? null, given['nb_col'] ?? null];
  if ('output_dim' in given && className !== 'Embedding') out['units'] = given['output_dim'];
  const order = out['data_format'];
  if (order === 'tf') out['data_format'] = 'channels_last';
  if (order === 'th') out['data_format'] = 'channels_first';
  return out;
}

/** Activations that TF.js knows by name, and what it calls them. */
const activations: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['elu', 'relu', 'relu6', 'selu', 'linear', 'sigmoid', 'hard_sigmoid', 'softplus'].map(same),
  ),
  ...Object.fromEntries(['softsign', 'tanh', 'softmax', 'log_softmax', 'gelu', 'mish'].map(same)),
  swish: 'swish',
  silu: 'swish',
};

function same(name: string): readonly [string, string] {
  return [name, name];
}

function activation(layer: KerasLayer, value: Json | undefined, dialect: number): string {
  const { kind } = activationOf(value);
  const known = activations[kind];
  if (known === undefined) cannot(layer, `it has no activation "${kind}"`);
  if (kind === 'hard_sigmoid' && dialect >= 3) {
    cannot(layer, 'its hard_sigmoid is that of Keras 2, not relu6(x + 3) / 6 as in Keras 3');
  }
  return known;
}

type Rule = (layer: KerasLayer, config: JsonObject) => Partial<PlainLayer> | undefined;

function plainConvolution(layer: KerasLayer): undefined {
  const groups = numberOf(layer.config, ['groups'], 1);
  if (groups !== 1) cannot(layer, `it has no convolution in groups (here ${groups})`);
}

function transposed(layer: KerasLayer): undefined {
  const { config } = layer;
  const isSet = (value: Json | undefined, usual: number): boolean =>
    (Array.isArray(value) ? value : [value ?? usual]).some((one) => one !== usual && one !== null);
  if (isSet(config['output_padding'], 0)) cannot(layer, 'it does not know output_padding');
  if (isSet(config['dilation_rate'], 1)) cannot(layer, 'it does not dilate such a layer');
}

function noKeptAxes(layer: KerasLayer): undefined {
  if (flagOf(layer.config, ['keepdims'], false)) cannot(layer, 'it does not know keepdims');
}

function batchNorm(_layer: KerasLayer, config: JsonObject): undefined {
  const axis = listOf(config['axis']);
  if (axis.length === 1) config['axis'] = axis[0];
  delete config['mode'];
}

function relu(layer: KerasLayer, config: JsonObject): Partial<PlainLayer> | undefined {
  const slope = numberOf(config, ['negative_slope'], 0);
  if (numberOf(config, ['threshold'], 0) !== 0) cannot(layer, 'its ReLU has no threshold');
  if (slope === 0) return undefined;
  const top = config['max_value'];
  if (top !== undefined && top !== null) {
    cannot(layer, 'its ReLU has no slope together with a largest value');
  }
  return { className: 'LeakyReLU', config: { name: layer.name, alpha: slope } };
}

function leakyRelu(_layer: KerasLayer, config: JsonObject): undefined {
  config['alpha'] = numberOf(config, ['alpha', 'negative_slope'], 0.3);
}

function layerNorm(layer: KerasLayer, config: JsonObject): undefined {
  if (flagOf(config, ['rms_scaling'], false)) cannot(layer, 'it does not know rms_scaling');
}

/** The usual initializer is slow to compute, and its result is not used. */
function recurrent(_layer: KerasLayer, config: JsonObject): undefined {
  config['recurrent_initializer'] = { class_name: 'Zeros', config: {} };
}

function gru(layer: KerasLayer, config: JsonObject): undefined {
  recurrent(layer, config);
  if (flagOf(config, ['reset_after'], false)) {
    cannot(layer, 'its GRU resets before the matrix product only (reset_after false)');
  }
}

const mergeModes: Readonly<Record<string, string>> = {
  sum: 'Add',
  mul: 'Multiply',
  ave: 'Average',
  max: 'Maximum',
  concat: 'Concatenate',
};

/** `Merge` of Keras 1 is a layer for each mode since. */
function merge(layer: KerasLayer, config: JsonObject): Partial<PlainLayer> {
  const mode = textOf(config['mode'], 'sum');
  const className = mergeModes[mode];
  if (className === undefined) cannot(layer, `it has no merge "${mode}"`);
  const axis = config['axis'] ?? -1;
  return { className, config: { name: layer.name, ...(mode === 'concat' ? { axis } : {}) } };
}

const rules: Readonly<Record<string, Rule>> = {
  Conv1D: plainConvolution,
  Conv2D: plainConvolution,
  Conv3D: plainConvolution,
  Conv2DTranspose: transposed,
  Conv3DTranspose: transposed,
  GlobalAveragePooling1D: noKeptAxes,
  GlobalAveragePooling2D: noKeptAxes,
  GlobalMaxPooling1D: noKeptAxes,
  GlobalMaxPooling2D: noKeptAxes,
  BatchNormalization: batchNorm,
  SyncBatchNormalization: batchNorm,
  ReLU: relu,
  LeakyReLU: leakyRelu,
  LayerNormalization: layerNorm,
  GRU: gru,
  LSTM: recurrent,
  ConvLSTM2D: recurrent,
  SimpleRNN: recurrent,
  Merge: merge,
};

function cannot(layer: KerasLayer, why: string): never {
  throw new NotInTfjs(
    `TensorFlow.js cannot run the layer "${layer.name}" (${layer.className}): ${why}.`,
  );
}

/** Named arguments of a call that matter when a model is run. */
export function plainArguments(kwargs: JsonObject): JsonObject {
  const entries = Object.entries(kwargs).filter(
    ([name, value]) => name !== 'training' && value !== null && !isObject(value),
  );
  return objectOf(Object.fromEntries(entries));
}
