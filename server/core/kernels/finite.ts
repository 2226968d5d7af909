import type { FloatArray } from '../graph/tensor.ts';
import { largerOrNaN } from './absMax.ts';
import { ChannelRoom } from './channelRoom.ts';
import { WeightKernels } from './weightKernels.ts';

/** Fewer elements than this are not worth a call. */
const leastTogether = 256;

/** True when no element is NaN or infinite. */
export function isAllFinite(values: FloatArray): boolean {
  if (values instanceof Float64Array) return areDoublesFinite(values);
  const kernels = values.length < leastTogether ? null : WeightKernels.shared();
  if (kernels) return kernels.areFinite(values);
  return areBitsFinite(new Int32Array(values.buffer, values.byteOffset, values.length));
}

/** What is not finite gives NaN when it is taken from itself. */
function areDoublesFinite(values: Float64Array): boolean {
  const room = ChannelRoom.for(values.length);
  if (room) return room.kernels.areFinite(room.put(0, values), values.length) === 1;
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return false;
  return true;
}

const exponent = 0x7f800000;
const one = 0x800000;

/** An exponent of all ones plus one carries into the sign bit, and stays there in the bits seen. */
function areBitsFinite(bits: Int32Array): boolean {
  let even = 0;
  let odd = 0;
  let i = 0;
  for (const last = bits.length - 3; i < last; i += 4) {
    even |= (bits[i]! & exponent) + one;
    odd |= (bits[i + 1]! & exponent) + one;
    even |= (bits[i + 2]! & exponent) + one;
    odd |= (bits[i + 3]! & exponent) + one;
  }
  for (; i < bits.length; i++) even |= (bits[i]! & exponent) + one;
  return (even | odd) >= 0;
}

/** The largest |x|; NaN where an element is NaN. */
export function absMax(values: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const a = Math.abs(values[i]!);
    if (!(a <= max)) max = largerOrNaN(max, a);
  }
  return max;
}
