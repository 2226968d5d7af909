/** A range below this is that of a dead channel, which is not scaled (algorithms.md 3.3 R). */
export const smallestRange = 1e-12;

/**
 * Scale factors that give each channel the same range in every layer of a set (algorithms.md 3.3):
 * with m the n-th root of the product of the n ranges, layer j is multiplied by s[j-1] on its input
 * side and divided by s[j] on its output side, where s[j] = s[j-1] * r[j] / m. Two layers:
 * s = sqrt(r1 / r2); three: s12 = r1 / m, s23 = m / r3. A channel with a range of 0 anywhere keeps
 * factor 1. `ranges` has one array a layer, over the shared channels; the answer one for each joint.
 */
export function scaleFactors(ranges: readonly Float64Array[]): Float64Array[] {
  const [first = new Float64Array()] = ranges;
  const channels = first.length;
  const mean = new Float64Array(channels).fill(1);
  const isDead = new Uint8Array(channels);
  for (const range of ranges) {
    for (let c = 0; c < channels; c++) {
      const r = range[c] ?? 0;
      if (!(r >= smallestRange)) isDead[c] = 1;
      mean[c] = (mean[c] ?? 0) * root(r, ranges.length);
    }
  }
  const factor = new Float64Array(channels).fill(1);
  return ranges.slice(0, -1).map((range) => {
    for (let c = 0; c < channels; c++) {
      if (isDead[c] === 0) factor[c] = ((factor[c] ?? 0) * (range[c] ?? 0)) / (mean[c] ?? 1);
    }
    return factor.slice();
  });
}

/** The root of one range: taken apart, so that the product neither over- nor underflows. */
function root(value: number, degree: number): number {
  if (degree === 2) return Math.sqrt(value);
  return degree === 3 ? Math.cbrt(value) : value ** (1 / degree);
}

/** Largest range over the median range, of channels that are not dead: 1 when all are equal. */
export function spreadOf(range: Float64Array): number {
  const sorted = range.slice().sort();
  const first = sorted.findIndex((r) => r >= smallestRange);
  if (first < 0) return 1;
  const alive = sorted.subarray(first);
  const middle = alive.length / 2;
  const low = alive[Math.ceil(middle) - 1] ?? 1;
  const high = alive[Math.floor(middle)] ?? 1;
  return (alive.at(-1) ?? 1) / ((low + high) / 2);
}

/** Largest range of the positions that hold each channel; `channelAt` absent: one position each. */
export function rangeByChannel(
  range: Float64Array,
  channelAt: Int32Array | undefined,
  channels: number,
): Float64Array {
  if (!channelAt) return range;
  const out = new Float64Array(channels);
  for (let j = 0; j < range.length; j++) {
    const c = channelAt[j] ?? 0;
    if ((range[j] ?? 0) > (out[c] ?? 0)) out[c] = range[j] ?? 0;
  }
  return out;
}

/** The value of its channel at each position. */
export const atPositions = (
  values: Float64Array,
  channelAt: Int32Array | undefined,
): Float64Array =>
  channelAt ? Float64Array.from(channelAt, (channel) => values[channel] ?? NaN) : values;
