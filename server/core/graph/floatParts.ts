import { MemoryData, type FloatArray, type Tensor } from './tensor.ts';
import { readFloats } from './tensorValues.ts';

/** Bytes that are read from a file at once: some milliseconds. */
const partBytes = 16 * 2 ** 20;

/**
 * `readFloats` of what may be so large that reading it at once would hold everything up: stops
 * between two parts.
 */
export function* readFloatsInParts(weight: Tensor): Generator<undefined, FloatArray> {
  const { type, data } = weight;
  const isOfFile = data.givesCopies === true && data.sizeBytes > partBytes;
  if (type !== 'float32' || !isOfFile) return readFloats(weight);
  const bytes = new Uint8Array(data.sizeBytes);
  for (let at = 0; at < bytes.length; at += partBytes) {
    bytes.set(data.read(at, Math.min(bytes.length, at + partBytes)), at);
    yield;
  }
  return readFloats({ ...weight, data: new MemoryData(bytes) });
}
