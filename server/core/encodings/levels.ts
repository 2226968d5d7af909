/** The lowest and highest level of a grid. */
export interface Levels {
  readonly lowest: number;
  readonly highest: number;
}

/** A grid as versions before 2 say it. */
export interface OffsetGrid {
  readonly bits: number;
  readonly isSymmetric: boolean;
  /** 0 or below: the level that the lowest integer stands for. */
  readonly offset: number;
}

/** A grid as version 2 and ONNX say it. */
export interface ZeroPointGrid {
  readonly bits: number;
  readonly isSigned: boolean;
  /** The integer that stands for zero. */
  readonly zeroPoint: number;
}

/**
 * Levels of an offset. Offset and lowest level are one; a symmetric grid that begins one above the
 * lowest integer is a strict one, which has as many levels above zero as below (algorithms: 6.12).
 */
export function levelsOfOffset({ bits, isSymmetric, offset }: OffsetGrid): Levels {
  const half = 2 ** (bits - 1);
  const isStrict = isSymmetric && offset === 1 - half;
  return { lowest: offset + 0, highest: isStrict ? half - 1 : 2 * half - 1 + offset };
}

/** Levels of a zero point (algorithms: section 7.3). */
export function levelsOfZeroPoint({ bits, isSigned, zeroPoint }: ZeroPointGrid): Levels {
  const least = isSigned ? -(2 ** (bits - 1)) : 0;
  return { lowest: least - zeroPoint + 0, highest: least + 2 ** bits - 1 - zeroPoint };
}

/** The zero point of a grid in the integers that hold it: signed ones where it is symmetric. */
export function zeroPointOf(bits: number, isSymmetric: boolean, { lowest }: Levels): ZeroPointGrid {
  const half = 2 ** (bits - 1);
  const isSigned = isSymmetric && lowest < 0;
  // the lowest integer of a strict grid is not used: its zero point is that of the full grid
  const from = isSigned && lowest === 1 - half ? -half : lowest;
  return { bits, isSigned, zeroPoint: (isSigned ? -half : 0) - from };
}

/** The levels of many grids as columns; neighbours mostly have the same. */
export function levelColumns(
  values: Float64Array,
  levelsOf: (value: number) => Levels,
): { readonly lowest: Float64Array; readonly highest: Float64Array } {
  const lowest = new Float64Array(values.length);
  const highest = new Float64Array(values.length);
  let last: number | undefined;
  let levels: Levels = { lowest: 0, highest: 0 };
  for (const [at, value] of values.entries()) {
    if (value !== last) levels = levelsOf(value);
    last = value;
    lowest[at] = levels.lowest;
    highest[at] = levels.highest;
  }
  return { lowest, highest };
}
