import { canonicalWeight } from './canonicalWeight.ts';
import type { LayerMatch } from './matchLayers.ts';

/** Which channels of a layer were multiplied, each by a number of its own. */
export type FactoredChannels = 'output' | 'both';

/** Squared error over squared signal up to which float32 explains what is left: 80 dB. */
const mostLeft = 1e-8;
/** Rounds of alternating least squares; more than two are needed only where weights are 0. */
const rounds = 4;

/**
 * Whether the second weight of a match is the first with a factor for each output channel (a folded
 * batch norm), or for each output and input channel (equalization): W2[o,i] = W1[o,i] r[o] c[i].
 * Undefined where they are equal, or differ otherwise.
 */
export function channelFactors(match: LayerMatch): FactoredChannels | undefined {
  if (match.isPermuted) return undefined;
  const { groups, outPerGroup, inPerGroup, taps } = match.first.layout;
  const [a, b] = [match.first, match.second].map((layer) => canonicalWeight(layer).values);
  if (!a || !b || a.length !== b.length) return undefined;
  const rows = groups * outPerGroup;
  const columns = groups * inPerGroup;
  // Of each output and input channel: the first with itself, and with the second.
  const own = new Float64Array(rows * inPerGroup);
  const mixed = new Float64Array(rows * inPerGroup);
  let signal = 0;
  let apart = 0;
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0];
    const cell = Math.floor(at / taps);
    own[cell] = (own[cell] ?? 0) + x * x;
    mixed[cell] = (mixed[cell] ?? 0) + x * y;
    signal += y * y;
    apart += (y - x) ** 2;
  }
  if (apart === 0 || signal === 0) return undefined;
  // Each cell counts alike: where factors explain all, two rounds find them however uneven they are.
  for (const [cell, power] of own.entries()) {
    mixed[cell] = power === 0 ? 0 : (mixed[cell] ?? 0) / power;
    own[cell] = power === 0 ? 0 : 1;
  }
  const columnOf = (row: number, i: number): number =>
    Math.floor(row / outPerGroup) * inPerGroup + i;
  const r = new Float64Array(rows);
  const c = new Float64Array(columns).fill(1);
  const fitRows = (): void => {
    for (let row = 0; row < rows; row++) {
      let [above, below] = [0, 0];
      for (let i = 0; i < inPerGroup; i++) {
        const factor = c[columnOf(row, i)] ?? 0;
        above += factor * (mixed[row * inPerGroup + i] ?? 0);
        below += factor * factor * (own[row * inPerGroup + i] ?? 0);
      }
      r[row] = below === 0 ? 0 : above / below;
    }
  };
  const fitColumns = (): void => {
    const above = new Float64Array(columns);
    const below = new Float64Array(columns);
    for (let cell = 0; cell < own.length; cell++) {
      const row = Math.floor(cell / inPerGroup);
      const column = columnOf(row, cell % inPerGroup);
      const factor = r[row] ?? 0;
      above[column] = (above[column] ?? 0) + factor * (mixed[cell] ?? 0);
      below[column] = (below[column] ?? 0) + factor * factor * (own[cell] ?? 0);
    }
    for (let column = 0; column < columns; column++) {
      c[column] = below[column] === 0 ? 0 : (above[column] ?? 0) / (below[column] ?? 1);
    }
  };
  const isExplained = (): boolean => {
    let left = 0;
    for (let at = 0; at < a.length; at++) {
      const cell = Math.floor(at / taps);
      const row = Math.floor(cell / inPerGroup);
      const factor = (r[row] ?? 0) * (c[columnOf(row, cell % inPerGroup)] ?? 0);
      left += ((b[at] ?? 0) - factor * (a[at] ?? 0)) ** 2;
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
  return rows > 1 && a.length > rows + columns && isExplained() ? 'both' : undefined;
}
