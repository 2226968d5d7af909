import type { Tensor } from '../graph/tensor.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { axisRows } from '../kernels/channelRows.ts';
import { encodingOf, sharedGrids } from './grid.ts';
import type { Quantizer } from './plan.ts';
import type { TensorEncoding } from './tensorEncoding.ts';
import { weightGrids } from './weightGrids.ts';

/**
 * The grids of a constant: one, or one for each index of the quantizer's axis; found by its range
 * finder, or over the range that the configuration fixes.
 */
export function weightEncoding(
  tensor: Tensor,
  { kind, axis, range, format, fixed }: Omit<Quantizer, 'tensor' | 'node' | 'owner'>,
): TensorEncoding {
  const rows = axisRows(tensor.dims, axis);
  const grids = fixed
    ? sharedGrids(encodingOf(fixed.min, fixed.max, format), rows.channels)
    : weightGrids(readFloats(tensor), rows, range, format);
  const isSymmetric = format.symmetry !== 'asymmetric';
  return { tensor: tensor.name, kind, axis, isSymmetric, grids };
}
