/** Sign and zero point of a weight grid (algorithms: section 15.2). */
export type Symmetry = 'symmetric' | 'strict' | 'unsigned' | 'asymmetric';

/** How a range is found: `percentile:P` cuts 100 - P percent off each end. */
export type RangeMethod =
  'minmax' | 'tf_enhanced' | 'tf_enhanced_v1' | 'sqnr' | 'mse' | 'entropy' | `percentile:${number}`;

/** A layer that a target treats unlike the others. */
export interface LayerException {
  readonly layer: string;
  /** 2 to 16; `float`: neither its parameters nor what it hands on are rounded. */
  readonly weightBits: number | 'float';
}

/** What the hardware can do: the grid that weights and activations are rounded to. */
export interface Target {
  /** Name of the built-in profile it came from, or `custom`. */
  readonly profile: string;
  /** 2 to 16. */
  readonly weightBits: number;
  readonly activationBits: number | 'float';
  /** Of the weights' scales. */
  readonly granularity: 'tensor' | 'channel';
  /**
   * Of the weights. `symmetric`: grid -2^(b-1) .. 2^(b-1)-1; `strict`: without the lowest value;
   * `unsigned`: symmetric, but 0 .. 2^b-1 where nothing is negative.
   */
  readonly symmetry: Symmetry;
  readonly isPowerOfTwo: boolean;
  /** Of the activations; their scales are per tensor. */
  readonly activationSymmetry: Symmetry;
  /** How the range of a weight is found. */
  readonly weightRange: RangeMethod;
  /** How the range of an activation is found from the samples. */
  readonly activationRange: RangeMethod;
  /** Integers that a bias is stored in: 32 bits count as exact unless they overflow. */
  readonly biasBits: 8 | 16 | 32 | 'float';
  /** Halves to even, or up or down by chance (seeded). */
  readonly rounding: 'nearest' | 'stochastic';
  /** By ordinary operators in float, or with the runtime's integer kernels (8 bits only). */
  readonly simulation: 'float' | 'integer';
  /**
   * Which tensors are rounded: a built-in placement (`default`, `tflite`, `onnxruntime`), or the path
   * of a quantsim configuration file.
   */
  readonly placement: string;
  /** The runtime merges a per-channel upper bound (Min with a constant) into the layer before. */
  readonly fusesChannelCaps: boolean;
  /** Layers with bits of their own, by name; absent: none. */
  readonly exceptions?: readonly LayerException[];
}

/** A target with the name that people pick it by. */
export interface TargetProfile extends Target {
  readonly title: string;
  /** One sentence: what hardware or runtime this is. */
  readonly detail: string;
}

/** What is assumed until somebody says otherwise: int8, a symmetric scale for each channel. */
export const defaultTarget: Target = {
  profile: 'default',
  weightBits: 8,
  activationBits: 8,
  granularity: 'channel',
  symmetry: 'symmetric',
  isPowerOfTwo: false,
  activationSymmetry: 'asymmetric',
  weightRange: 'minmax',
  activationRange: 'sqnr',
  biasBits: 32,
  rounding: 'nearest',
  simulation: 'float',
  placement: 'default',
  fusesChannelCaps: false,
};

/** Every built-in target, the default first. To add one: name it here. */
export const targetProfiles: readonly TargetProfile[] = [
  {
    title: 'Generic int8, per channel',
    detail: 'A symmetric scale for each output channel; the default.',
    ...defaultTarget,
  },
  {
    title: 'NPU uint8, per tensor',
    detail: 'One asymmetric scale for a whole weight, as older phone accelerators have it.',
    ...derive('npu-uint8', {
      granularity: 'tensor',
      symmetry: 'asymmetric',
      activationRange: 'minmax',
    }),
  },
  {
    title: 'Generic int8, per tensor',
    detail: 'One symmetric scale for a whole weight: microcontrollers and DSPs.',
    ...derive('tensor-int8', { granularity: 'tensor' }),
  },
  {
    title: 'Symmetric only, int8 per channel',
    detail: 'Weights and activations from -127 to 127, zero point 0 everywhere; float biases.',
    ...derive('strict-int8', {
      symmetry: 'strict',
      activationSymmetry: 'strict',
      activationRange: 'entropy',
      biasBits: 'float',
    }),
  },
  {
    title: 'Power-of-two scales',
    detail: 'Scales are powers of two, so that rescaling is a shift; one for a whole weight.',
    ...derive('power-of-two', {
      granularity: 'tensor',
      isPowerOfTwo: true,
      activationSymmetry: 'symmetric',
    }),
  },
  {
    title: 'Power-of-two scales, 8-bit bias',
    detail: 'Biases of 8 bits with a power-of-two scale too: CMSIS-NN q7 and FPGA overlays.',
    ...derive('bias8', {
      granularity: 'tensor',
      isPowerOfTwo: true,
      activationSymmetry: 'symmetric',
      biasBits: 8,
    }),
  },
  {
    title: 'TensorFlow Lite int8',
    detail: 'Weights from -127 to 127, a scale for each channel, activations asymmetric.',
    ...derive('tflite-int8', {
      symmetry: 'strict',
      activationRange: 'minmax',
      placement: 'tflite',
    }),
  },
  {
    title: 'TensorFlow Lite 16x8',
    detail: 'Weights as int8, activations of 16 bits with zero point 0, biases of 64 bits.',
    ...derive('tflite-16x8', {
      activationBits: 16,
      symmetry: 'strict',
      activationSymmetry: 'strict',
      activationRange: 'minmax',
      biasBits: 'float',
      placement: 'tflite',
    }),
  },
  {
    title: 'ONNX Runtime',
    detail: 'The default of quantize_static: one symmetric scale from -127 to 127 for a weight.',
    ...derive('onnxruntime', {
      granularity: 'tensor',
      symmetry: 'strict',
      activationRange: 'minmax',
      placement: 'onnxruntime',
    }),
  },
  {
    title: 'int8 weights, 16-bit activations',
    detail: 'A symmetric scale for each channel, activations of 16 bits.',
    ...derive('w8a16', { activationBits: 16 }),
  },
  {
    title: 'int4 weights, per channel',
    detail: 'Weights of 4 bits with a symmetric scale for each channel, activations of 8 bits.',
    ...derive('w4', { weightBits: 4 }),
  },
];

/** For people: `W8 A8 · per tensor · symmetric`. */
export function targetLabel(target: Target): string {
  const activations = target.activationBits === 'float' ? ' float' : String(target.activationBits);
  const parts = [
    `W${target.weightBits} A${activations}`,
    `per ${target.granularity}`,
    target.symmetry,
    ...(target.isPowerOfTwo ? ['power of two'] : []),
    ...exceptionWords(target),
  ];
  return parts.join(' · ');
}

/** `1 in float`, `2 with other bits`. */
function exceptionWords({ exceptions = [] }: Target): string[] {
  const inFloat = exceptions.filter(({ weightBits }) => weightBits === 'float').length;
  const others = exceptions.length - inFloat;
  return [
    ...(inFloat > 0 ? [`${inFloat} in float`] : []),
    ...(others > 0 ? [`${others} with other bits`] : []),
  ];
}

function derive(profile: string, changes: Partial<Target>): Target {
  return { ...defaultTarget, ...changes, profile };
}
