import { intAttribute } from '../graph/graph.ts';
import type { Layer } from '../graph/layer.ts';
import { unreachable } from '../result.ts';
import type { ChannelPlace } from '../sets/channelPlace.ts';

/** True where a layer sums over the axis that the channels are on. */
export function isSummedOver({ kind, node }: Layer, { axis, rank }: ChannelPlace): boolean {
  switch (kind) {
    case 'conv':
    case 'convTranspose':
      return axis === 1;
    case 'gemm':
      // What a Gemm reads has two axes, also where that is not known.
      return transposes({ kind, node }) ? axis === 0 : axis === 1 || axis === -1;
    case 'matMul':
      return axis === -1 || axis + 1 === rank;
    default:
      return unreachable(kind);
  }
}

export const transposes = ({ kind, node }: Pick<Layer, 'kind' | 'node'>): boolean =>
  kind === 'gemm' && intAttribute(node, 'transA', 0) !== 0;

/**
 * The number of each input of a layer, from one for each channel of what it reads; undefined where
 * there are more or fewer of them.
 */
export function perInput(
  layer: Layer,
  channels: Float64Array,
  { channelAt, size }: ChannelPlace,
): Float64Array | undefined {
  if (size !== layer.inChannels) return undefined;
  return channelAt ? Float64Array.from(channelAt, (channel) => channels[channel] ?? NaN) : channels;
}
