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
  /** The runtime merges a per-channel upper bound (Min with a constant) into the layer before. */
  readonly fusesChannelCaps: boolean;
}
