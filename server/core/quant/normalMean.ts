/** The density of the standard normal distribution. */
const normalDensity = (x: number): number =>
  Number.isFinite(x) ? Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI) : 0;

/** The probability that a standard normal variable is below x; exact to about 1e-15. */
export function normalBelow(x: number): number {
  if (x === Infinity) return 1;
  if (x === -Infinity) return 0;
  return Math.abs(x) < 3 ? 0.5 + series(x) : x > 0 ? 1 - tail(x) : tail(-x);
}

/**
 * E[min(max(x, lo), hi)] for x distributed as N(mean, std^2); the bounds may be infinite
 * (algorithms: section 5.2, with |gamma|). Below a deviation of 1e-12 it is the clamp of the mean.
 */
export function clampedMean(mean: number, std: number, lo: number, hi: number): number {
  const size = Math.abs(std);
  if (size < 1e-12) return Math.min(Math.max(mean, lo), hi);
  const a = (lo - mean) / size;
  const b = (hi - mean) / size;
  const below = normalBelow(a);
  const above = normalBelow(-b);
  return (
    size * (normalDensity(a) - normalDensity(b)) +
    mean * (1 - below - above) +
    (below === 0 ? 0 : lo * below) +
    (above === 0 ? 0 : hi * above)
  );
}

/**
 * The variance of min(max(x, lo), hi) for x distributed as N(mean, std^2); the bounds may be
 * infinite. From the second moment of the truncated normal distribution; never below 0.
 */
export function clampedVariance(mean: number, std: number, lo: number, hi: number): number {
  const size = Math.abs(std);
  if (size < 1e-12) return 0;
  // About the mean of x, so that a mean that is far from 0 costs no digits.
  const [low, high] = [(lo - mean) / size, (hi - mean) / size];
  const [below, above] = [normalBelow(low), normalBelow(-high)];
  const edge = (bound: number): number =>
    Number.isFinite(bound) ? bound * normalDensity(bound) : 0;
  const first = clampedMean(0, 1, low, high);
  const second =
    1 -
    below -
    above +
    edge(low) -
    edge(high) +
    (below === 0 ? 0 : low ** 2 * below) +
    (above === 0 ? 0 : high ** 2 * above);
  return size ** 2 * Math.max(0, second - first ** 2);
}

/** The probability that x distributed as N(mean, std^2) lies between the bounds. */
export function insideShare(mean: number, std: number, lo: number, hi: number): number {
  const size = Math.abs(std);
  if (size < 1e-12) return mean > lo && mean < hi ? 1 : 0;
  return Math.max(0, 1 - normalBelow((lo - mean) / size) - normalBelow((mean - hi) / size));
}

/** Integral of the density from 0 to x: x + x^3/3 + x^5/(3*5) + ..., times the density. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-18 * Math.abs(sum); n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return sum * normalDensity(x);
}

/** The probability above x >= 3, as the continued fraction of Laplace, from its end. */
function tail(x: number): number {
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / fraction;
  return normalDensity(x) / fraction;
}
