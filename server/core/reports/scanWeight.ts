import type { Layer } from '../graph/layer.ts';
import { elementSize, MemoryData, type FloatArray, type Tensor } from '../graph/tensor.ts';
import { readFloats } from '../graph/tensorValues.ts';
import type { Job } from '../job.ts';
import { channelRows, type ChannelRows } from '../kernels/channelRows.ts';
import { WeightKernels } from '../kernels/weightKernels.ts';

/** What is done to a weight on its way through memory. */
export interface Collector {
  /** `values` are whole rows, beginning with `firstRow`; they are gone after it. */
  add(values: FloatArray, firstRow: number): void;
}

/** A part of a weight: whole rows, beginning with `firstRow`. Gone when the next one is read. */
export interface WeightPart {
  readonly values: FloatArray;
  readonly firstRow: number;
}

/** Elements between two checkpoints: 4 MB of float32, a few milliseconds of any kernel here. */
const partElements = 2 ** 20;

/** A layer's weight in parts, read one at a time: memory does not grow with the weight. */
export function* weightParts(
  tensor: Tensor,
  rows: ChannelRows,
): Generator<WeightPart, void, undefined> {
  const rowsAPart = Math.max(1, Math.floor(partElements / rows.length));
  const rowBytes = rows.length * elementSize(tensor.type);
  for (let row = 0; row < rows.count; row += rowsAPart) {
    const count = Math.min(rowsAPart, rows.count - row);
    const length = count * rows.length;
    const room = readsInto(tensor) ? WeightKernels.shared()?.room(length) : undefined;
    if (room) {
      const bytes = new Uint8Array(room.buffer, room.byteOffset, room.byteLength);
      tensor.data.readInto?.(bytes, row * rowBytes);
      yield { values: room, firstRow: row };
      continue;
    }
    const bytes = tensor.data.read(row * rowBytes, (row + count) * rowBytes);
    const data = new MemoryData(bytes);
    yield { values: readFloats({ ...tensor, dims: [length], data }), firstRow: row };
  }
}

/** True for singles that can be read to where the kernels look at them. */
const readsInto = ({ type, data }: Tensor): boolean =>
  type === 'float32' && data.readInto !== undefined;

/** Runs the collectors over a layer's weight, all of them over each part while it is in the cache. */
export function scanWeight(layer: Layer, collectors: readonly Collector[]): void {
  if (collectors.length === 0) return;
  for (const part of weightParts(layer.weight, channelRows(layer.layout))) {
    for (const collector of collectors) collector.add(part.values, part.firstRow);
  }
}

/** The same with a checkpoint after each part. */
export async function scanWeightIn(
  job: Job,
  layer: Layer,
  collectors: readonly Collector[],
): Promise<void> {
  if (collectors.length === 0) return;
  for (const part of weightParts(layer.weight, channelRows(layer.layout))) {
    for (const collector of collectors) collector.add(part.values, part.firstRow);
    await job.checkpoint(0, 1, layer.name);
  }
}
