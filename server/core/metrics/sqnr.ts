/**
 * Signal-to-quantization-noise ratio in dB, 10*log10(sum r^2 / sum (r-a)^2), over arrays of one
 * length. Equal inputs give Infinity, silence and nothing included; a silent reference with noise
 * gives -Infinity.
 */
export function sqnrOf(reference: ArrayLike<number>, actual: ArrayLike<number>): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i]!;
    const d = r - actual[i]!;
    signal += r * r;
    noise += d * d;
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}
