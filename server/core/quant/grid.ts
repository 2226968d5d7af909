import type { Symmetry } from './targets.ts';

/** How the levels of a grid are laid over a range. */
export interface GridFormat {
  /** 2 to 16. */
  readonly bits: number;
  readonly symmetry: Symmetry;
  /** Scales are rounded up to a power of two. */
  readonly isPowerOfTwo: boolean;
}

/**
 * A grid of equally spaced values: level * scale for every integer from `lowest` to `highest`.
 * Zero is always one of them; the zero point of an unsigned integer type is -lowest.
 */
export interface Encoding {
  readonly bits: number;
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  readonly lowest: number;
  readonly highest: number;
}

/** No scale is smaller (algorithms: section 15.3). */
export const leastScale = 2 ** -23;

/**
 * The grid that covers `min` to `max`, zero included, without clipping (algorithms: sections 6.2,
 * 6.3 and 15.2). An asymmetric grid moves so that zero lies on it, so it may clip half a step.
 */
export function encodingOf(min: number, max: number, format: GridFormat): Encoding {
  const { bits, symmetry, isPowerOfTwo } = format;
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  const half = 2 ** (bits - 1);
  const final = (scale: number): number => {
    const floored = Math.max(scale, leastScale);
    return isPowerOfTwo ? powerOfTwoAbove(floored) : floored;
  };
  const made = (scale: number, lowest: number, highest: number): Encoding => ({
    bits,
    min: lowest === 0 ? 0 : lowest * scale,
    max: highest * scale,
    scale,
    lowest,
    highest,
  });
  if (symmetry === 'strict') {
    return made(final(Math.max(-low, high) / (half - 1)), 1 - half, half - 1);
  }
  if (symmetry === 'symmetric' || (symmetry === 'unsigned' && low < 0)) {
    return made(final(Math.max(-low / half, high / (half - 1))), -half, half - 1);
  }
  const steps = 2 * half - 1;
  const scale = final((high - low) / steps);
  const below = Math.min(steps, Math.round(-low / scale));
  return made(scale, below === 0 ? 0 : -below, steps - below);
}

/**
 * One grid for each channel. `unsigned` is decided for all together: the integers of one weight
 * have one type, so a single negative value makes all of them signed.
 */
export function channelEncodings(
  min: ArrayLike<number>,
  max: ArrayLike<number>,
  format: GridFormat,
): Encoding[] {
  const isSigned = format.symmetry === 'unsigned' && Array.from(min).some((low) => low < 0);
  const shared: GridFormat = isSigned ? { ...format, symmetry: 'symmetric' } : format;
  return Array.from(min, (low, channel) => encodingOf(low, max[channel]!, shared));
}

/** True where min-max ranges never leave the grid, so that rounding needs no clipping. */
export const coversRange = (format: GridFormat): boolean => format.symmetry !== 'asymmetric';

function powerOfTwoAbove(scale: number): number {
  let power = 2 ** Math.ceil(Math.log2(scale));
  // log2 may be off by its last bit
  if (power / 2 >= scale) power /= 2;
  if (power < scale) power *= 2;
  return power;
}
