import { encodingOf, type Encoding, type GridFormat } from '../quant/grid.ts';
import type { ErrorOfGrid } from './histogramError.ts';

/** Ends are first tried at these powers of this factor, then closer together. */
const factor = 0.7;
const powersOfOne = 20;
const powersOfTwo = 14;

/** Halvings of the distance (of the exponent): the last moves an end by 0.3 percent. */
const halvings = 7;

/**
 * The grid with the least error among those of narrower and narrower ranges, zero always on it.
 * Both ends are searched where the format lets them move alone and there are values on both sides;
 * otherwise one factor for both. The whole range is tried first and wins ties, so the answer is
 * never worse. `snap` puts an end where it may be.
 */
export function searchEnds(
  min: number,
  max: number,
  format: GridFormat,
  errorOf: ErrorOfGrid,
  snap: (end: number) => number = (end) => end,
): Encoding {
  const movesAlone = format.symmetry === 'asymmetric' && min < 0 && max > 0;
  const gridAt = ({ low, high }: Ends): Encoding =>
    encodingOf(snap(min * factor ** low), snap(max * factor ** high), format);
  let best: Ends = { low: 0, high: 0 };
  let grid = encodingOf(min, max, format);
  let least = errorOf(grid);
  const attempt = (ends: Ends): boolean => {
    if (ends.low < 0 || ends.high < 0) return false;
    const next = gridAt(ends);
    const error = errorOf(next);
    if (!(error < least)) return false;
    [best, grid, least] = [ends, next, error];
    return true;
  };
  for (const ends of movesAlone ? pairs() : diagonal()) attempt(ends);
  for (let step = 1, i = 0; i <= halvings; step /= 2, i++) {
    while (neighbours(best, step, movesAlone).map(attempt).includes(true));
  }
  return grid;
}

/** The ends of a range: exponents of the factor. */
interface Ends {
  readonly low: number;
  readonly high: number;
}

const diagonal = (): Ends[] =>
  Array.from({ length: powersOfOne }, (_, i) => ({ low: i + 1, high: i + 1 }));

const pairs = (): Ends[] =>
  Array.from({ length: (powersOfTwo + 1) ** 2 }, (_, i) => ({
    low: i % (powersOfTwo + 1),
    high: Math.floor(i / (powersOfTwo + 1)),
  }));

function neighbours({ low, high }: Ends, step: number, movesAlone: boolean): Ends[] {
  const both = [
    { low: low + step, high: high + step },
    { low: low - step, high: high - step },
  ];
  if (!movesAlone) return both;
  return [
    ...both,
    { low: low + step, high },
    { low: low - step, high },
    { low, high: high + step },
    { low, high: high - step },
  ];
}
