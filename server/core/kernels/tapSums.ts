import type { WeightLayout } from '../graph/layer.ts';
import type { FloatArray } from '../graph/tensor.ts';
import { largerOrNaN } from './absMax.ts';
import { ChannelRoom } from './channelRoom.ts';
import { singlesAt } from './kernelModule.ts';
import { positionsOtherThan } from './vectors.ts';
import { WeightKernels } from './weightKernels.ts';

/** Sum over input channels of w * perInput[input], for each output channel and kernel position. */
export function tapSums(w: FloatArray, layout: WeightLayout, perInput: Float64Array): Float64Array {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  const count = groups * outPerGroup * taps;
  const room = roomOf(layout, perInput);
  if (room && count <= room.roomFrom(1) && isPut(w)) {
    room.clear(1, count);
    const places = [room.put(0, perInput), room.at(1)];
    room.kernels.tapSums(singlesAt, ...numbersOf(layout), ...places);
    return room.take(1, count);
  }
  const sums = new Float64Array(groups * outPerGroup * taps);
  for (let g = 0; g < groups; g++) {
    for (let i = 0; i < inPerGroup; i++) {
      const factor = perInput[g * inPerGroup + i]!;
      if (factor === 0) continue;
      let from = g * stride.g + i * stride.i;
      let to = g * outPerGroup * taps;
      for (let o = 0; o < outPerGroup; o++) {
        for (let tap = 0; tap < taps; tap++) sums[to + tap]! += factor * w[from + tap]!;
        from += stride.o;
        to += taps;
      }
    }
  }
  return sums;
}

/** Largest |sum| of an output channel over the kernel positions marked with 1. */
export function largestTapSum(sums: Float64Array, marked: Uint8Array): number {
  const room = sums.length > 0 ? ChannelRoom.for(sums.length / marked.length) : undefined;
  const marksAt = room && sums.length <= room.roomFrom(0) ? room.putMarks(marked) : undefined;
  if (room && marksAt !== undefined) {
    const runs = sums.length / marked.length;
    return room.kernels.largestTapSum(room.put(0, sums), runs, marked.length, marksAt);
  }
  const taps = positionsOtherThan(0, marked);
  let largest = 0;
  for (let from = 0; from < sums.length; from += marked.length) {
    let sum = 0;
    for (let t = 0; t < taps.length; t++) sum += sums[from + taps[t]!]!;
    const size = Math.abs(sum);
    if (!(size <= largest)) largest = largerOrNaN(largest, size);
  }
  return largest;
}

/**
 * 1 for each input channel whose number is not 0 and that has no weight but 0 at the kernel
 * positions marked with 1.
 */
export function freeInputs(
  w: FloatArray,
  layout: WeightLayout,
  perInput: Float64Array,
  marked: Uint8Array,
): Uint8Array {
  // Without marks no weight is looked at.
  const looked = marked.includes(1) ? layout : { ...layout, outPerGroup: 0 };
  const room = roomOf(layout, perInput);
  const marksAt = room?.putMarks(marked);
  if (room && marksAt !== undefined && (looked !== layout || isPut(w))) {
    const to = room.at(1);
    const places = [room.put(0, perInput), marksAt, to];
    room.kernels.freeInputs(singlesAt, ...numbersOf(looked), ...places);
    return room.takeBytes(1, perInput.length);
  }
  const free = new Uint8Array(layout.groups * layout.inPerGroup);
  for (let i = 0; i < free.length; i++) {
    if (perInput[i] !== 0 && !hasMarkedWeight(w, looked, i, marked)) free[i] = 1;
  }
  return free;
}

/** True where an input channel has a weight that is not 0 at a kernel position marked with 1. */
function hasMarkedWeight(
  w: FloatArray,
  { outPerGroup, inPerGroup, taps, stride }: WeightLayout,
  input: number,
  marked: Uint8Array,
): boolean {
  let from = Math.floor(input / inPerGroup) * stride.g + (input % inPerGroup) * stride.i;
  for (let o = 0; o < outPerGroup; o++) {
    for (let tap = 0; tap < taps; tap++) if (marked[tap] === 1 && w[from + tap] !== 0) return true;
    from += stride.o;
  }
  return false;
}

/** Room for what belongs to the input channels. */
function roomOf(
  { groups, inPerGroup }: WeightLayout,
  perInput: Float64Array,
): ChannelRoom | undefined {
  return perInput.length === groups * inPerGroup ? ChannelRoom.for(perInput.length) : undefined;
}

/** Puts a weight where kernels look for it; false where it does not fit. */
function isPut(w: FloatArray): boolean {
  if (!(w instanceof Float32Array)) return false;
  const singles = WeightKernels.shared()?.room(w.length);
  singles?.set(w);
  return singles !== undefined;
}

/** A layout as the kernels are told of it. */
const numbersOf = (layout: WeightLayout): number[] => {
  const { groups, outPerGroup, inPerGroup, taps, stride } = layout;
  return [groups, outPerGroup, inPerGroup, taps, stride.g, stride.o, stride.i];
};
