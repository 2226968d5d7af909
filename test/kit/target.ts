import type { TargetSettings } from '../../server/protocol/target.ts';

/** 8 bits with one symmetric scale for a whole weight. */
export const perTensor: TargetSettings = {
  profile: 'custom',
  weightBits: 8,
  activationBits: 8,
  granularity: 'tensor',
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
