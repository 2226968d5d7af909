import type { TensorEncoding } from '../core/quant/tensorEncoding.ts';
import type { ValueStatistics } from '../core/ranges/statistics.ts';
import type { Calibration } from '../quantize/calibrate.ts';

/** Which network the ranges of activations are of. */
export const rangesText =
  'Ranges of activations are those of the network whose weights are rounded already.';

/** One tensor of the JSON: its grid and what was seen of it. */
export function tensorFields(encoding: TensorEncoding, { plan, statistics }: Calibration): object {
  const { tensor, kind, axis, isSymmetric, grids } = encoding;
  const quantizer = plan.quantizers.find((one) => one.tensor === tensor);
  const seen = statistics.get(tensor);
  return {
    name: tensor,
    kind,
    layer: quantizer?.owner,
    bits: grids.bits,
    symmetric: isSymmetric,
    ...(axis === undefined ? {} : { axis }),
    scale: Array.from(grids.scale),
    offset: Array.from(grids.lowest),
    min: Array.from(grids.scale, (scale, c) => scale * (grids.lowest[c] ?? 0)),
    max: Array.from(grids.scale, (scale, c) => scale * (grids.highest[c] ?? 0)),
    ...(quantizer?.tiedTo === undefined ? {} : { tiedTo: quantizer.tiedTo }),
    ...(seen
      ? {
          seen: {
            min: seen.min,
            max: seen.max,
            mean: seen.sum / Math.max(1, seen.count),
            std: deviationOf(seen),
            count: seen.count,
            notFinite: seen.notFinite,
          },
        }
      : {}),
  };
}

const deviationOf = ({ count, sum, sumSquares }: ValueStatistics): number =>
  count === 0 ? 0 : Math.sqrt(Math.max(0, sumSquares / count - (sum / count) ** 2));
