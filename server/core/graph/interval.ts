/**
 * Bounds of a value, one pair a channel of axis 1, or one pair for all of it (length 1).
 * Where lo = hi the channel is that constant, whatever the input of the network.
 */
export interface Interval {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/** Bounds of more channels than this are taken together. */
export const maxChannels = 2 ** 22;

/** The same bounds for all of a value. */
export const uniform = (lo: number, hi: number): Interval => ({
  lo: Float64Array.of(lo),
  hi: Float64Array.of(hi),
});

/** True where nothing is known: not worth carrying on. */
export function isUnbounded({ lo, hi }: Interval): boolean {
  for (let c = 0; c < lo.length; c++) {
    if (lo[c] !== -Infinity || hi[c] !== Infinity) return false;
  }
  return true;
}

/** A bound of channel `c`, also of an interval that has one pair for all. */
export const at = (bounds: Float64Array, c: number): number =>
  bounds[bounds.length === 1 ? 0 : c] as number;

/** Made of the bounds of each channel. */
export function build(
  count: number,
  bounds: (c: number) => readonly [lo: number, hi: number],
): Interval {
  const lo = new Float64Array(count);
  const hi = new Float64Array(count);
  for (let c = 0; c < count; c++) {
    const pair = bounds(c);
    lo[c] = pair[0];
    hi[c] = pair[1];
  }
  return { lo, hi };
}

/** Applies a function of both bounds to each channel. */
export const map = (
  x: Interval,
  bounds: (lo: number, hi: number, c: number) => readonly [lo: number, hi: number],
): Interval => build(x.lo.length, (c) => bounds(x.lo[c] as number, x.hi[c] as number, c));

/**
 * Bounds that hold both; of as many channels as the longer. A constant is known up to a few
 * roundings only, which matters once it is no longer one.
 */
export const join = (a: Interval, b: Interval): Interval =>
  build(Math.max(a.lo.length, b.lo.length), (c) => {
    const lo = Math.min(at(a.lo, c), at(b.lo, c));
    const hi = Math.max(at(a.hi, c), at(b.hi, c));
    if (lo === hi) return [lo, hi];
    return [lo - roundings * Math.abs(lo), hi + roundings * Math.abs(hi)];
  });

const roundings = 2 ** -20;

/** One pair of bounds that holds every channel. */
export const hull = ({ lo, hi }: Interval): Interval =>
  uniform(
    lo.reduce((a, b) => Math.min(a, b), Infinity),
    hi.reduce((a, b) => Math.max(a, b), -Infinity),
  );

/** Each channel repeated, as Flatten unrolls them; taken together where that is too many. */
export const repeated = (x: Interval, times: number): Interval =>
  x.lo.length === 1 || times === 1
    ? x
    : x.lo.length * times > maxChannels
      ? hull(x)
      : build(x.lo.length * times, (c) => {
          const from = Math.floor(c / times);
          return [x.lo[from] as number, x.hi[from] as number];
        });

/** Channels `from` to `to`. */
export const part = (x: Interval, from: number, to: number): Interval =>
  x.lo.length === 1 ? x : { lo: x.lo.slice(from, to), hi: x.hi.slice(from, to) };

/**
 * Bounds that hold what float32 arithmetic makes of them: `terms` roundings of values as large as
 * `size` lie at most terms * 2^-24 * size off (Higham, gamma_n). A constant stays one, and is not
 * rounded: who writes it into a tensor rounds it to the type of that.
 */
export function rounded(lo: number, hi: number, terms: number, size: number): [number, number] {
  if (lo === hi) return [lo, lo];
  const slack = size === Infinity ? Infinity : terms * 2 ** -24 * size;
  return [lo - slack, hi + slack];
}
