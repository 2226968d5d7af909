import type { Layer } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { channelRows } from '../kernels/channelRows.ts';
import { fakeQuantize } from '../kernels/fakeQuant.ts';
import { RangeCollector } from '../kernels/statsRanges.ts';
import { channelGridsOf, encodingOf, sharedGrids, type Grids } from './grid.ts';
import type { Target } from './targets.ts';

/**
 * A layer's weight as the target will have it: rounded to its min-max grid and back to float. A
 * new array, in the layout of the weight. The weight must be finite.
 */
export function quantizeWeight(layer: Layer, target: Target): FloatArray {
  const rows = channelRows(layer.layout);
  const values = readFloats(layer.weight);
  const ranges = new RangeCollector(rows);
  ranges.add(values, 0);
  const { min, max } = ranges.finish();
  return fakeQuantize(values, rows, gridsOf(min, max, target));
}

function gridsOf(min: Float64Array, max: Float64Array, target: Target): Grids {
  const { weightBits: bits, symmetry, isPowerOfTwo, granularity } = target;
  const format = { bits, symmetry, isPowerOfTwo };
  if (granularity === 'channel') return channelGridsOf(min, max, format);
  const low = min.reduce((a, b) => Math.min(a, b), 0);
  const high = max.reduce((a, b) => Math.max(a, b), 0);
  return sharedGrids(encodingOf(low, high, format), min.length);
}
