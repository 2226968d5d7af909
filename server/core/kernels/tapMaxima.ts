import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { absMax } from './absMax.ts';
import { WeightKernels } from './weightKernels.ts';

/** One number for each pair of an output and an input channel of a weight, with its layout. */
export interface TapMaxima {
  readonly values: FloatArray;
  readonly layout: WeightLayout;
}

/**
 * Largest |w| over the kernel positions of each pair of channels; NaN where one is NaN. A weight
 * with one position is its own answer (signs and all), and is not copied. Largest values of
 * channels, also after channels were scaled, follow from this without reading the weight again.
 */
export function tapMaxima(w: FloatArray, layout: WeightLayout): TapMaxima {
  const { taps } = layout;
  if (taps === 1) return { values: w, layout };
  const values = w instanceof Float32Array ? runsOfBits(w, taps) : runsOf(w, taps);
  return { values, layout: withoutTaps(layout) };
}

/** The layout of a weight of which one kernel position is left. */
export function withoutTaps(layout: WeightLayout): WeightLayout {
  const { taps, stride } = layout;
  const perRun = { g: stride.g / taps, o: stride.o / taps, i: stride.i / taps };
  return { ...layout, taps: 1, stride: perRun };
}

function runsOfBits(w: Float32Array, taps: number): Float32Array {
  const tops = new Int32Array(w.length / taps);
  if (!WeightKernels.shared()?.runTops(w, taps, tops)) {
    topOfRuns(new Int32Array(w.buffer, w.byteOffset, w.length), taps, tops);
  }
  return new Float32Array(tops.buffer);
}

/** As `absMax` has it, on integers; without branches, which no processor could foresee. */
function topOfRuns(bits: Int32Array, taps: number, tops: Int32Array): void {
  for (let run = 0, k = 0; run < tops.length; run++) {
    let top = 0;
    for (const end = k + taps; k < end; k++) {
      const more = (bits[k]! & 0x7fffffff) - top;
      top += more & ~(more >> 31);
    }
    tops[run] = top;
  }
}

const runsOf = (w: FloatArray, taps: number): Float64Array =>
  Float64Array.from({ length: w.length / taps }, (_, run) =>
    absMax(w, run * taps, (run + 1) * taps),
  );
