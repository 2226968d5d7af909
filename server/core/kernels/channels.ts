import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';

/**
 * Calls `visit` for each run of kernel positions: (global output channel, global input channel,
 * offset of its first element); the run has `layout.taps` consecutive elements.
 */
export function forEachRun(
  layout: WeightLayout,
  visit: (out: number, input: number, offset: number) => void,
): void {
  const { groups, outPerGroup, inPerGroup, stride } = layout;
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outPerGroup; o++) {
      for (let i = 0; i < inPerGroup; i++) {
        visit(g * outPerGroup + o, g * inPerGroup + i, g * stride.g + o * stride.o + i * stride.i);
      }
    }
  }
}

/** Largest |w| of each output channel. */
export function absMaxByOutput(w: FloatArray, layout: WeightLayout): Float64Array {
  const top = new Float64Array(layout.groups * layout.outPerGroup);
  forEachRun(layout, (out, _input, offset) => {
    let max = top[out]!;
    for (let k = offset; k < offset + layout.taps; k++) {
      const a = Math.abs(w[k]!);
      if (a > max) max = a;
    }
    top[out] = max;
  });
  return top;
}

/** Largest |w| of each input channel. */
export function absMaxByInput(w: FloatArray, layout: WeightLayout): Float64Array {
  const top = new Float64Array(layout.groups * layout.inPerGroup);
  forEachRun(layout, (_out, input, offset) => {
    let max = top[input]!;
    for (let k = offset; k < offset + layout.taps; k++) {
      const a = Math.abs(w[k]!);
      if (a > max) max = a;
    }
    top[input] = max;
  });
  return top;
}

/**
 * A new weight: each element times `byOutput` of its output channel and `byInput` of its input
 * channel (absent: 1). Products in double, stored in the type of `w`.
 */
export function scaleChannels(
  w: FloatArray,
  layout: WeightLayout,
  byOutput?: ArrayLike<number>,
  byInput?: ArrayLike<number>,
): FloatArray {
  const out = w.slice();
  forEachRun(layout, (o, i, offset) => {
    const factor = (byOutput ? byOutput[o]! : 1) * (byInput ? byInput[i]! : 1);
    if (factor === 1) return;
    for (let k = offset; k < offset + layout.taps; k++) out[k] = w[k]! * factor;
  });
  return out;
}

/** Sum over input channels and kernel positions of w * perInput[input], per output channel. */
export function weightedSums(
  w: FloatArray,
  layout: WeightLayout,
  perInput: ArrayLike<number>,
): Float64Array {
  const sums = new Float64Array(layout.groups * layout.outPerGroup);
  forEachRun(layout, (out, input, offset) => {
    const factor = perInput[input]!;
    if (factor === 0) return;
    let sum = 0;
    for (let k = offset; k < offset + layout.taps; k++) sum += w[k]!;
    sums[out] = sums[out]! + sum * factor;
  });
  return sums;
}
