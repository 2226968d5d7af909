/** How far one array is from another: a value, not a class. */
export interface ErrorMetric {
  readonly id: string;
  readonly title: string;
  /** '' for a pure number. */
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** Both arrays have the same length. */
  measure(reference: ArrayLike<number>, actual: ArrayLike<number>): number;
}
