import type { Layer } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { axisRows, channelRows } from '../kernels/channelRows.ts';
import { fakeQuantize, fakeQuantizeByChance } from '../kernels/fakeQuant.ts';
import { SeededRandom } from '../random.ts';
import type { Target } from './targets.ts';
import { weightGrids } from './weightGrids.ts';

/**
 * A layer's weight as the target will have it: rounded to the grid that the target's range finder
 * gives, and back to float. A new array, in the layout of the weight. The weight must be finite.
 * Per channel each output channel has its own scale, those of different groups too. `seed` is of
 * the rounding by chance, where the target rounds so.
 */
export function quantizeWeight(layer: Layer, target: Target, seed = 0): FloatArray {
  const { weightBits: bits, symmetry, isPowerOfTwo } = target;
  const values = readFloats(layer.weight);
  const rows =
    target.granularity === 'channel'
      ? channelRows(layer.layout)
      : axisRows([values.length], undefined);
  const grids = weightGrids(values, rows, target.weightRange, { bits, symmetry, isPowerOfTwo });
  return target.rounding === 'nearest'
    ? fakeQuantize(values, rows, grids)
    : fakeQuantizeByChance(values, rows, grids, new SeededRandom(seed));
}
