import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { weightedSums } from './channels.ts';
import { chunksOf } from './chunks.ts';
import { isAllFinite } from './finite.ts';

/** What is done in parts: stops between two of them, so that nobody waits long. */
export type InParts<T> = Generator<undefined, T>;

/** The result of what is done in parts; `pause` is called between them. */
export async function finish<T>(parts: InParts<T>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = parts.next();
    if (done === true) return value;
    await pause();
  }
}

/** `weightedSums` of a weight that may be large. */
export function* weightedSumsInParts(
  weight: FloatArray,
  whole: WeightLayout,
  perInput: Float64Array,
): InParts<Float64Array> {
  const sums = new Float64Array(whole.groups * whole.outPerGroup);
  for (const { layout, start, end, firstOutput, firstInput } of chunksOf(whole)) {
    if (start > 0) yield;
    const part = weightedSums(weight.subarray(start, end), layout, perInput.subarray(firstInput));
    for (let o = 0; o < part.length; o++) sums[firstOutput + o]! += part[o]!;
  }
  return sums;
}

/** `isAllFinite` of a weight that may be large. */
export function* isFiniteInParts(weight: FloatArray, layout: WeightLayout): InParts<boolean> {
  for (const { start, end } of chunksOf(layout)) {
    if (start > 0) yield;
    if (!isAllFinite(weight.subarray(start, end))) return false;
  }
  return true;
}
