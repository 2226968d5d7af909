import type { ErrorMetric } from './metric.ts';

/**
 * Cosine of the angle between the arrays, sum r*a / sqrt(sum r^2 * sum a^2), -1 to 1. Blind to
 * scale. Two silent (or empty) arrays point the same way: 1; one silent and one not: 0.
 */
export const cosine: ErrorMetric = {
  id: 'cosine',
  title: 'Cosine similarity',
  unit: '',
  better: 'higher',
  measure(reference, actual) {
    let dot = 0;
    let ofReference = 0;
    let ofActual = 0;
    for (let i = 0; i < reference.length; i++) {
      const r = reference[i]!;
      const a = actual[i]!;
      dot += r * a;
      ofReference += r * r;
      ofActual += a * a;
    }
    if (ofReference === 0 && ofActual === 0) return 1;
    if (ofReference === 0 || ofActual === 0) return 0;
    // two roots: the product of the sums may overflow
    const cos = dot / (Math.sqrt(ofReference) * Math.sqrt(ofActual));
    return Math.max(-1, Math.min(1, cos));
  },
};
