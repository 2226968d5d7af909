import { encodingOf } from '../quant/grid.ts';
import type { Symmetry } from '../quant/targets.ts';
import type { TensorEncoding } from '../quant/tensorEncoding.ts';
import { err, ok, type Result } from '../result.ts';

/** What a user sets by hand: a scale, or the range to cover; of one channel, or of all. */
export type EncodingChange = { readonly channel?: number } & (
  { readonly scale: number } | { readonly min: number; readonly max: number }
);

/** Why a change makes no grid. */
export interface EditFault {
  readonly code: 'bad-scale' | 'bad-range' | 'no-channel';
  readonly message: string;
}

/**
 * An encoding with one grid set by hand, frozen: calibration leaves it. A scale keeps the levels; a
 * range is widened to 0 and moved so that zero is on the grid, in the symmetry that the encoding has.
 */
export function editEncoding(
  encoding: TensorEncoding,
  change: EncodingChange,
): Result<TensorEncoding, EditFault> {
  const { grids, tensor } = encoding;
  const { channel } = change;
  const count = grids.scale.length;
  if (channel !== undefined && !(Number.isInteger(channel) && channel >= 0 && channel < count)) {
    const last = count - 1;
    return err({ code: 'no-channel', message: `"${tensor}" has channels 0 to ${last}.` });
  }
  const fault = faultOf(change);
  if (fault) return err(fault);
  const [scale, lowest, highest] = [
    grids.scale.slice(),
    grids.lowest.slice(),
    grids.highest.slice(),
  ];
  const [from, to] = channel === undefined ? [0, count] : [channel, channel + 1];
  for (let c = from; c < to; c++) {
    if ('scale' in change) {
      scale[c] = change.scale;
      continue;
    }
    const symmetry = symmetryOf(encoding, c);
    const made = encodingOf(change.min, change.max, {
      bits: grids.bits,
      symmetry: symmetry === 'unsigned' && change.min < 0 ? 'symmetric' : symmetry,
      isPowerOfTwo: false,
    });
    scale[c] = made.scale;
    lowest[c] = made.lowest;
    highest[c] = made.highest;
  }
  return ok({
    ...encoding,
    grids: { bits: grids.bits, scale, lowest, highest },
    isFrozen: true,
  });
}

function faultOf(change: EncodingChange): EditFault | undefined {
  if ('scale' in change) {
    const isFine = change.scale > 0 && Number.isFinite(change.scale);
    return isFine ? undefined : { code: 'bad-scale', message: 'A scale must be above 0.' };
  }
  const { min, max } = change;
  if (Number.isFinite(min) && Number.isFinite(max) && min < max) return undefined;
  return { code: 'bad-range', message: 'The lower end of a range must be below the upper end.' };
}

function symmetryOf({ isSymmetric, grids }: TensorEncoding, channel: number): Symmetry {
  if (!isSymmetric) return 'asymmetric';
  const lowest = grids.lowest[channel] ?? 0;
  if (lowest === 0) return 'unsigned';
  return lowest === 1 - 2 ** (grids.bits - 1) ? 'strict' : 'symmetric';
}
