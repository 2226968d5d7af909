import type { QuantsimConfiguration } from '../quantsimConfiguration.ts';

/** Normalizations compute with float parameters until they are folded. */
const floatParameters = {
  params: {
    weight: { is_quantized: 'False' },
    bias: { is_quantized: 'False' },
    running_mean: { is_quantized: 'False' },
    running_var: { is_quantized: 'False' },
  },
} as const;

const opTypes: QuantsimConfiguration['op_type'] = {
  Cast: { is_output_quantized: 'False' },
  BatchNormalization: floatParameters,
  InstanceNormalization: floatParameters,
  LayerNormalization: floatParameters,
  GroupNormalization: floatParameters,
  RMSNormalization: floatParameters,
};

/** Each operator of `heads` together with each activation that may follow it. */
const pairs = (
  heads: readonly string[],
  activations: readonly string[],
): QuantsimConfiguration['supergroups'] =>
  heads.flatMap((head) => activations.map((activation) => ({ op_list: [head, activation] })));

/**
 * What is rounded unless a target says otherwise: every float value that an operator computes, but
 * not between a layer and the activation that any accelerator merges into it, and every parameter;
 * signs, bits and axes are the target's (algorithms: section 6.10, with the activations of section 2).
 */
const common: QuantsimConfiguration = {
  defaults: {
    ops: { is_output_quantized: 'True' },
    params: { is_quantized: 'True' },
  },
  params: {},
  op_type: opTypes,
  supergroup_pass_list: ['MatmulAdd'],
  supergroups: pairs(
    ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'Add'],
    ['Relu', 'Clip', 'LeakyRelu', 'PRelu'],
  ),
  model_input: { is_input_quantized: 'True' },
  model_output: { is_output_quantized: 'True' },
};

/**
 * TensorFlow Lite: ReLU and ReLU6 are merged, other activations are operators of their own; ranges
 * of Softmax, Sigmoid and Tanh are fixed (8-bit quantization specification).
 */
const tensorflowLite: QuantsimConfiguration = {
  ...common,
  op_type: {
    ...opTypes,
    Softmax: { encoding_constraints: { min: 0, max: 255 / 256 } },
    Sigmoid: { encoding_constraints: { min: 0, max: 255 / 256 } },
    Tanh: { encoding_constraints: { min: -1, max: 127 / 128 } },
  },
  supergroups: pairs(
    ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'AveragePool', 'Concat'],
    ['Relu', 'Clip'],
  ),
};

/**
 * ONNX Runtime's quantize_static: what goes into a Relu or Clip takes the range of what comes out,
 * Softmax is 0 to 1, and the Add after a MatMul is an operator of its own.
 */
const onnxRuntime: QuantsimConfiguration = {
  ...common,
  op_type: { ...opTypes, Softmax: { encoding_constraints: { min: 0, max: 1 } } },
  supergroup_pass_list: [],
  supergroups: pairs(
    ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization', 'Add', 'Mul'],
    ['Relu', 'Clip'],
  ),
};

/** The placements that a target can name; to add one, name it here. */
const placements: ReadonlyMap<string, QuantsimConfiguration> = new Map([
  ['default', common],
  ['tflite', tensorflowLite],
  ['onnxruntime', onnxRuntime],
]);

/** The built-in placement of this name; the default where the name is another. */
export const builtInPlacement = (name: string): QuantsimConfiguration =>
  placements.get(name) ?? common;

/**
 * Placements in which an average pool's output has the grid of its input. TensorFlow Lite's kernel
 * asks for it, and so do quantsim configuration files (algorithms: section 15.5); others round the
 * output on a grid of its own, which is worth 3 to 5 dB where a network ends in a pool.
 */
export const tiesAveragePools = (name: string): boolean =>
  name === 'tflite' || !isBuiltInPlacement(name);

/** False where the name must be the path of a quantsim configuration file. */
export const isBuiltInPlacement = (name: string): boolean => placements.has(name);
