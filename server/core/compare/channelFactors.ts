import { canonicalWeight } from './canonicalWeight.ts';
import type { LayerMatch } from './matchLayers.ts';

/** Which channels of a layer were multiplied, each by a number of its own. */
export type FactoredChannels = 'output' | 'both';

/** Squared error over squared signal up to which float32 explains what is left: 80 dB. */
const mostLeft = 1e-8;
/** Rounds of alternating least squares; more than two are needed only where weights are 0. */
const rounds = 4;

/** What a weight of both models is made of: rows are output channels, a cell the taps of one input. */
interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly inPerGroup: number;
  readonly taps: number;
  readonly columnOf: (cell: number) => number;
}

/**
 * Whether one weight of a match is the other with a factor for each output channel (a folded batch
 * norm), or for each output and input channel (equalization): W2[o,i] = W1[o,i] r[o] c[i]. Both must
 * be so told by the other, so that it is the same in whatever order they are given; channels that
 * are all 0 in one of them have the factor 0 there, and tell nothing more. Undefined where they are
 * equal, or differ otherwise.
 */
export function channelFactors(match: LayerMatch): FactoredChannels | undefined {
  if (match.isPermuted) return undefined;
  const { groups, outPerGroup, inPerGroup, taps } = match.first.layout;
  const [a, b] = [match.first, match.second].map((layer) => canonicalWeight(layer).values);
  if (!a || !b || a.length !== b.length) return undefined;
  if (a.every((value, at) => value === b[at])) return undefined;
  const shape: Shape = {
    rows: groups * outPerGroup,
    columns: groups * inPerGroup,
    inPerGroup,
    taps,
    columnOf: (cell) =>
      Math.floor(Math.floor(cell / inPerGroup) / outPerGroup) * inPerGroup + (cell % inPerGroup),
  };
  const cells = cellsOf(a, b, shape);
  const [there, back] = [factorsFrom(a, b, shape, cells), factorsFrom(b, a, shape, cells)];
  if (there === undefined || back === undefined) return undefined;
  return there === back && !cells.isInputCleared ? there : 'both';
}

/** The cells that tell factors. */
interface Cells {
  /** 0: its output or its input channel is 0 in one of the two. */
  readonly isUsed: Uint8Array;
  /** An input channel is 0 in one of the two alone. */
  readonly isInputCleared: boolean;
}

function cellsOf(a: Float32Array, b: Float32Array, shape: Shape): Cells {
  const { rows, columns, inPerGroup, taps, columnOf } = shape;
  const isUsed = new Uint8Array(rows * inPerGroup).fill(1);
  const [inA, inB] = [a, b].map((values) => {
    const isThere = new Uint8Array(isUsed.length);
    for (let at = 0, cell = 0; cell < isThere.length; cell++) {
      for (const end = at + taps; at < end; at++) if (values[at] !== 0) isThere[cell] = 1;
    }
    return isThere;
  }) as [Uint8Array, Uint8Array];
  /** Takes out the channels that one of the two has not at all; whether the other has one of them. */
  const takeOut = (count: number, channelOf: (cell: number) => number): boolean => {
    const [ofA, ofB] = [new Uint8Array(count), new Uint8Array(count)];
    for (let cell = 0; cell < isUsed.length; cell++) {
      if (isUsed[cell] === 0) continue;
      const channel = channelOf(cell);
      if (inA[cell] === 1) ofA[channel] = 1;
      if (inB[cell] === 1) ofB[channel] = 1;
    }
    for (let cell = 0; cell < isUsed.length; cell++) {
      const channel = channelOf(cell);
      if (ofA[channel] === 0 || ofB[channel] === 0) isUsed[cell] = 0;
    }
    return ofA.some((isThere, channel) => isThere !== ofB[channel]);
  };
  takeOut(rows, (cell) => Math.floor(cell / inPerGroup));
  return { isInputCleared: takeOut(columns, columnOf), isUsed };
}

/** Which factors make `b` of `a`, as far as the cells go that tell. */
function factorsFrom(
  a: Float32Array,
  b: Float32Array,
  { rows, columns, inPerGroup, taps, columnOf }: Shape,
  { isUsed }: Cells,
): FactoredChannels | undefined {
  // Of each cell: whether it tells its factor, and which.
  const own = new Float64Array(isUsed.length);
  const mixed = new Float64Array(isUsed.length);
  let signal = 0;
  for (let cell = 0; cell < isUsed.length; cell++) {
    if (isUsed[cell] === 0) continue;
    let [power, product] = [0, 0];
    for (let at = cell * taps; at < (cell + 1) * taps; at++) {
      const [x, y] = [a[at] ?? 0, b[at] ?? 0];
      power += x * x;
      product += x * y;
      signal += y * y;
    }
    if (power === 0) continue;
    // Each counts alike: where factors explain all, two rounds find them however uneven they are.
    own[cell] = 1;
    mixed[cell] = product / power;
  }
  if (signal === 0) return undefined;
  const r = new Float64Array(rows);
  const c = new Float64Array(columns).fill(1);
  const fitRows = (): void => {
    for (let row = 0; row < rows; row++) {
      let [above, below] = [0, 0];
      for (let cell = row * inPerGroup; cell < (row + 1) * inPerGroup; cell++) {
        const factor = c[columnOf(cell)] ?? 0;
        above += factor * (mixed[cell] ?? 0);
        below += factor * factor * (own[cell] ?? 0);
      }
      r[row] = below === 0 ? 0 : above / below;
    }
  };
  const fitColumns = (): void => {
    const above = new Float64Array(columns);
    const below = new Float64Array(columns);
    for (let cell = 0; cell < own.length; cell++) {
      const column = columnOf(cell);
      const factor = r[Math.floor(cell / inPerGroup)] ?? 0;
      above[column] = (above[column] ?? 0) + factor * (mixed[cell] ?? 0);
      below[column] = (below[column] ?? 0) + factor * factor * (own[cell] ?? 0);
    }
    for (let column = 0; column < columns; column++) {
      c[column] = below[column] === 0 ? 0 : (above[column] ?? 0) / (below[column] ?? 1);
    }
  };
  const isExplained = (): boolean => {
    let left = 0;
    for (let cell = 0; cell < isUsed.length && left <= mostLeft * signal; cell++) {
      if (isUsed[cell] === 0) continue;
      const factor = (r[Math.floor(cell / inPerGroup)] ?? 0) * (c[columnOf(cell)] ?? 0);
      for (let at = cell * taps; at < (cell + 1) * taps; at++) {
        left += ((b[at] ?? 0) - factor * (a[at] ?? 0)) ** 2;
      }
    }
    return left <= mostLeft * signal;
  };
  fitRows();
  if (isExplained()) return 'output';
  for (let round = 0; round < rounds; round++) {
    fitColumns();
    fitRows();
  }
  // With one output channel, or one tap an input, any weight would be explained.
  const [usedRows, usedColumns] = [r, c].map(
    (factors) => factors.filter((one) => one !== 0).length,
  );
  const known = taps * own.reduce((sum, one) => sum + one, 0);
  const isTold = (usedRows ?? 0) > 1 && known > (usedRows ?? 0) + (usedColumns ?? 0);
  return isTold && isExplained() ? 'both' : undefined;
}
