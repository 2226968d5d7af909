import { movedShape, type ChannelMove } from '../core/graph/channelOrder.ts';
import { exchangeRows } from '../core/kernels/moveChannels.ts';
import type { EngineTensor } from './engine.ts';

/** The same value with its channels elsewhere; one that has no places beside them stays as it is. */
export function moveChannels(tensor: EngineTensor, move: ChannelMove): EngineTensor {
  const dims = movedShape(tensor.dims, move);
  if (!dims) return tensor;
  const values = tensor.values.slice();
  const [outer = 1] = tensor.dims;
  const channels = (move === 'toFirst' ? dims[1] : tensor.dims[1]) ?? 1;
  const places = tensor.dims.reduce((a, b) => a * b, 1) / Math.max(1, outer * channels);
  const [rows, columns] = move === 'toFirst' ? [places, channels] : [channels, places];
  exchangeRows(tensor.values, values, outer, rows, columns);
  return { ...tensor, dims, values };
}
