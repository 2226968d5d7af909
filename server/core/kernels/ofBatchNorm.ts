import { ChannelRoom } from './channelRoom.ts';

/**
 * The scale and the shift of a batch norm: gamma / sqrt(variance + epsilon), NaN where that divides
 * by 0, and beta - mean * scale.
 */
export function ofBatchNorm(
  gamma: Float64Array,
  beta: Float64Array,
  mean: Float64Array,
  variance: Float64Array,
  epsilon: number,
): { readonly scale: Float64Array; readonly shift: Float64Array } {
  const { length } = gamma;
  const room = ChannelRoom.for(length);
  if (room) {
    const places = [gamma, beta, mean, variance].map((values, at) => room.put(at, values));
    const [g = 0, b = 0, m = 0, v = 0] = places;
    room.kernels.batchNorm(g, b, m, v, length, epsilon);
    return { scale: room.take(3, length), shift: room.take(2, length) };
  }
  const scale = new Float64Array(length);
  const shift = new Float64Array(length);
  for (let c = 0; c < length; c++) {
    const squared = variance[c]! + epsilon;
    scale[c] = squared > 0 ? gamma[c]! / Math.sqrt(squared) : NaN;
    shift[c] = beta[c]! - mean[c]! * scale[c]!;
  }
  return { scale, shift };
}
