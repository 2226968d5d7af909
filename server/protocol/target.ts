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
export interface TargetSettings {
  /** Name of the built-in profile it came from, or `custom`. */
  readonly profile: string;
  readonly weightBits: number;
  /** Not measured before there is data; kept because it belongs to the target. */
  readonly activationBits: number | 'float';
  readonly granularity: 'tensor' | 'channel';
  /**
   * Of the weights. `symmetric`: grid -2^(b-1) .. 2^(b-1)-1; `strict`: without the lowest value;
   * `unsigned`: symmetric, but 0 .. 2^b-1 where nothing is negative (algorithms: section 15.2).
   */
  readonly symmetry: 'symmetric' | 'strict' | 'unsigned' | 'asymmetric';
  readonly isPowerOfTwo: boolean;
  /** Of the activations; their scales are per tensor. */
  readonly activationSymmetry: 'symmetric' | 'strict' | 'unsigned' | 'asymmetric';
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
  /** Which tensors are rounded: a built-in placement, or the path of a quantsim configuration file. */
  readonly placement: string;
  /** The runtime merges a per-channel upper bound (Min with a constant) into the layer before. */
  readonly fusesChannelCaps: boolean;
  /** Layers with bits of their own, by name; absent: none. */
  readonly exceptions?: readonly LayerException[];
}
