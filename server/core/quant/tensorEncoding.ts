import type { Grids } from './grid.ts';

/**
 * The grid of one tensor. `grids` has one entry, or one for each index of `axis`. Offset as AIMET
 * has it = lowest for asymmetric grids (algorithms: section 6.1), zero point of an unsigned
 * integer = -lowest.
 */
export interface TensorEncoding {
  readonly tensor: string;
  readonly kind: 'weight' | 'bias' | 'activation';
  readonly axis: number | undefined;
  readonly isSymmetric: boolean;
  readonly grids: Grids;
  /** Taken from a file or set by hand: calibration leaves it as it is. */
  readonly isFrozen?: boolean;
}

/** All grids of a model, by tensor. */
export type EncodingSet = ReadonlyMap<string, TensorEncoding>;
