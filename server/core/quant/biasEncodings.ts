import type { Tensor } from '../graph/tensor.ts';
import { readFloats } from '../graph/tensorValues.ts';
import { statisticsOf } from '../ranges/statisticsCollector.ts';
import { encodingOf, sharedGrids } from './grid.ts';
import type { Quantizer } from './plan.ts';
import type { TensorEncoding } from './tensorEncoding.ts';

const half = 2 ** 31;

/** The smallest scale of a bias of 32 bits (algorithms: section 6.11). */
export const leastBiasScale = 0.005 / half;

/**
 * The grid of a bias. Of 32 bits: scale of the layer's input times that of its weight, for each
 * channel where the weight has one each (repeated where it has fewer, groups of a ConvTranspose);
 * without both scales the finest that holds all values. Of fewer bits: one symmetric scale of its
 * own. What is not finite is left out.
 */
export function biasEncoding(
  tensor: Tensor,
  { axis, format }: Pick<Quantizer, 'axis' | 'format'>,
  input?: TensorEncoding,
  weight?: TensorEncoding,
): TensorEncoding {
  const { name: bias, dims } = tensor;
  const made = { tensor: bias, kind: 'bias', isSymmetric: true } as const;
  const { min, max } = statisticsOf(readFloats(tensor));
  if (format.bits < 32) {
    return { ...made, axis: undefined, grids: sharedGrids(encodingOf(min, max, format), 1) };
  }
  const channels = axis === undefined ? 1 : (dims[axis] ?? 1);
  const largest = Math.max(0, -min, max);
  const inputScale = input?.grids.scale[0];
  const weightScales = weight?.grids.scale;
  const scale = new Float64Array(channels).fill(largest / half);
  if (inputScale !== undefined && weightScales && weightScales.length > 0) {
    for (let c = 0; c < channels; c++) {
      const own = weightScales[c % weightScales.length]!;
      scale[c] = inputScale * (channels > 1 ? own : Math.max(...weightScales));
    }
  }
  const grids = {
    bits: format.bits,
    scale: scale.map((step) => Math.max(step, leastBiasScale)),
    lowest: new Float64Array(channels).fill(-half),
    highest: new Float64Array(channels).fill(half - 1),
  };
  return { ...made, axis, grids };
}

/** A channel whose bias does not fit into the integers of its grid. */
export interface BiasOverflow {
  readonly channel: number;
  /** Over 1: so many times as large as what fits; the weight's scale would have to grow as much. */
  readonly factor: number;
}

/** The channels of a bias that overflow its grid; NaN does not count. */
export function biasOverflows(tensor: Tensor, { axis, grids }: TensorEncoding): BiasOverflow[] {
  const values = readFloats(tensor);
  const last = axis === undefined ? 1 : (tensor.dims[axis] ?? 1);
  const overflows: BiasOverflow[] = [];
  for (let channel = 0; channel < values.length; channel++) {
    const c = grids.scale.length === 1 ? 0 : channel % last;
    const factor = Math.abs(values[channel]!) / (grids.scale[c]! * -grids.lowest[c]!);
    if (factor > 1) overflows.push({ channel, factor });
  }
  return overflows;
}
