/** The quantiles of the normal distribution at (k + 1/2) / count: a sample without chance. */
export const normalQuantiles = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, k) => quantile((k + 0.5) / count));

/** By Newton's method on the distribution function. */
function quantile(p: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -quantile(1 - p);
  let x = -Math.sqrt(-2 * Math.log(p));
  for (let i = 0; i < 100; i++) {
    const step = (tail(x) - p) / (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI));
    x -= Math.max(-0.5, Math.min(0.5, step));
    if (Math.abs(step) < 1e-15) break;
  }
  return x;
}

/** Standard normal distribution function for x <= 0: a series near 0, a continued fraction beyond. */
function tail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x > -3) {
    let term = x;
    let sum = x;
    for (let k = 1; Math.abs(term) > 1e-18; k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = 0;
  for (let k = 200; k > 0; k--) fraction = k / (-x + fraction);
  return density / (-x + fraction);
}
