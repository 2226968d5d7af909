/** Less than this, in dB, is no gain: it is not seen in figures of one decimal. */
export const leastGain = 0.05;
/** Closer than this the two shares are called equal, in dB. */
const equalDb = 1;

/** What the second has more than the first, in dB: of what is not seen it is 0, NaN where it is no number. */
export function gainOf(first: number, second: number): number {
  if (first === second) return 0;
  const gain = second - first;
  if (!Number.isFinite(gain)) return NaN;
  return Math.abs(gain) < leastGain ? 0 : gain;
}

/** What rounds most, by what is left with only weights and with only activations rounded. */
export function holdsBack(
  weights: number,
  activations: number,
): 'weights' | 'activations' | 'both' | undefined {
  if (Number.isNaN(weights) || Number.isNaN(activations)) return undefined;
  if (weights === activations || Math.abs(weights - activations) < equalDb) return 'both';
  return weights < activations ? 'weights' : 'activations';
}
