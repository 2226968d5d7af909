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

/** A grid for each output channel. */
export interface Grids {
  readonly bits: number;
  readonly scale: Float64Array;
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
}

/** No scale is smaller (algorithms: section 15.3). */
export const leastScale = 2 ** -23;

/**
 * The grid that covers `min` to `max`, zero included, without clipping (algorithms: sections 6.2,
 * 6.3 and 15.2). An asymmetric grid moves so that zero lies on it, so it may clip half a step. An
 * infinite end is the largest single, NaN is zero.
 */
export function encodingOf(min: number, max: number, format: GridFormat): Encoding {
  const low = Math.min(0, finite(min));
  const high = Math.max(0, finite(max));
  const scale = scaleOf(low, high, format);
  const lowest = lowestOf(low, scale, format);
  const highest = highestOf(low, lowest, format);
  const least = lowest === 0 ? 0 : lowest * scale;
  return { bits: format.bits, min: least, max: highest * scale, scale, lowest, highest };
}

/**
 * One grid for each channel. `unsigned` is decided for all together: the integers of one weight
 * have one type, so a single negative value makes all of them signed.
 */
export function channelGridsOf(min: Float64Array, max: Float64Array, format: GridFormat): Grids {
  const shared = min.some((low) => low < 0) ? signedFormat(format) : format;
  const lows = min.map((low) => Math.min(0, finite(low)));
  const scale = lows.map((low, c) => scaleOf(low, Math.max(0, finite(max[c]!)), shared));
  const lowest = lows.map((low, c) => lowestOf(low, scale[c]!, shared));
  const highest = lows.map((low, c) => highestOf(low, lowest[c]!, shared));
  return { bits: format.bits, scale, lowest, highest };
}

/** The same grid for every channel. */
export function sharedGrids(grid: Encoding, channels: number): Grids {
  const fill = (value: number): Float64Array => new Float64Array(channels).fill(value);
  const { bits, scale, lowest, highest } = grid;
  return { bits, scale: fill(scale), lowest: fill(lowest), highest: fill(highest) };
}

/** The grids of several channels, each its own. */
export const gridsOf = (grids: readonly Encoding[], bits: number): Grids => ({
  bits,
  scale: Float64Array.from(grids, ({ scale }) => scale),
  lowest: Float64Array.from(grids, ({ lowest }) => lowest),
  highest: Float64Array.from(grids, ({ highest }) => highest),
});

/** The format of channels of which one or more have negative values: their integers are signed. */
export const signedFormat = (format: GridFormat): GridFormat =>
  format.symmetry === 'unsigned' ? { ...format, symmetry: 'symmetric' } : format;

/** True where min-max ranges never leave the grid, so that rounding needs no clipping. */
export const coversRange = (format: GridFormat): boolean => format.symmetry !== 'asymmetric';

const largestSingle = 3.4028234663852886e38;

const finite = (x: number): number =>
  x !== x ? 0 : Math.min(Math.max(x, -largestSingle), largestSingle);

const isUnsigned = (low: number, { symmetry }: GridFormat): boolean =>
  symmetry === 'asymmetric' || (symmetry === 'unsigned' && low === 0);

function scaleOf(low: number, high: number, format: GridFormat): number {
  const half = 2 ** (format.bits - 1);
  const exact = isUnsigned(low, format)
    ? (high - low) / (2 * half - 1)
    : Math.max(-low / (format.symmetry === 'strict' ? half - 1 : half), high / (half - 1));
  const scale = Math.max(exact, leastScale);
  return format.isPowerOfTwo ? powerOfTwoAbove(scale) : scale;
}

function lowestOf(low: number, scale: number, format: GridFormat): number {
  const half = 2 ** (format.bits - 1);
  if (!isUnsigned(low, format)) return format.symmetry === 'strict' ? 1 - half : -half;
  // 0 - x: a range without negatives has lowest level 0, not -0
  return 0 - Math.min(2 * half - 1, Math.round(-low / scale));
}

function highestOf(low: number, lowest: number, format: GridFormat): number {
  const half = 2 ** (format.bits - 1);
  return isUnsigned(low, format) ? 2 * half - 1 + lowest : half - 1;
}

function powerOfTwoAbove(scale: number): number {
  let power = 2 ** Math.ceil(Math.log2(scale));
  // log2 may be off by its last bit
  if (power / 2 >= scale) power /= 2;
  if (power < scale) power *= 2;
  return power;
}
