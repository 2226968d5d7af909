import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';

/** One number for each pair of an output and an input channel of a weight, with its layout. */
export interface TapMaxima {
  readonly values: FloatArray;
  readonly layout: WeightLayout;
}

/**
 * Largest |w| over the kernel positions of each pair of channels. A weight with one position is
 * its own answer (signs and all), and is not copied. Largest values of channels, also after
 * channels were scaled, follow from this without reading the weight again.
 */
export function tapMaxima(w: FloatArray, layout: WeightLayout): TapMaxima {
  const { taps, stride } = layout;
  if (taps === 1) return { values: w, layout };
  const runs = w.length / taps;
  const values = w instanceof Float32Array ? new Float32Array(runs) : new Float64Array(runs);
  for (let run = 0, k = 0; run < runs; run++) {
    let max = 0;
    for (const end = k + taps; k < end; k++) {
      const a = Math.abs(w[k]!);
      if (a > max) max = a;
    }
    values[run] = max;
  }
  const perRun = { g: stride.g / taps, o: stride.o / taps, i: stride.i / taps };
  return { values, layout: { ...layout, taps: 1, stride: perRun } };
}

/** True when no element is NaN or infinite. */
export function areFinite(values: ArrayLike<number>): boolean {
  let faults = 0;
  for (let i = 0; i < values.length; i++) faults += values[i]! - values[i]!;
  return faults === 0;
}
