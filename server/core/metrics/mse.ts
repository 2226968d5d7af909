import type { ErrorMetric } from './metric.ts';

/** Mean squared error, sum (r-a)^2 / count. Equal inputs give 0, nothing at all included. */
export const mse: ErrorMetric = {
  id: 'mse',
  title: 'Mean squared error',
  unit: '',
  better: 'lower',
  measure(reference, actual) {
    let sum = 0;
    for (let i = 0; i < reference.length; i++) {
      const d = reference[i]! - actual[i]!;
      sum += d * d;
    }
    return reference.length === 0 ? 0 : sum / reference.length;
  },
};
