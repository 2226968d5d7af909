import type { ErrorMetric } from './metric.ts';

/** Largest |r-a|. Equal inputs give 0, nothing at all included; a NaN on either side gives NaN. */
export const maxError: ErrorMetric = {
  id: 'maxError',
  title: 'Largest error',
  unit: '',
  better: 'lower',
  measure(reference, actual) {
    let top = 0;
    for (let i = 0; i < reference.length; i++) {
      const d = Math.abs(reference[i]! - actual[i]!);
      if (d > top) top = d;
      else if (Number.isNaN(d)) return NaN;
    }
    return top;
  },
};
