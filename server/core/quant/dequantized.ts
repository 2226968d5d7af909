import {
  MemoryData,
  elementCount,
  elementSize,
  type Tensor,
  type TensorData,
} from '../graph/tensor.ts';
import { readNumbers } from '../graph/tensorValues.ts';

/** Integers with the scale that gives them back their meaning. */
export interface QuantizedTensor {
  readonly tensor: Tensor;
  /** One, or one for each index of `axis`. */
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis: number;
}

/** (q - zeroPoint) * scale as a float32 tensor of the same name; computed part by part when read. */
export function dequantized(quantized: QuantizedTensor): Tensor {
  const { name, dims } = quantized.tensor;
  return { name, type: 'float32', dims, data: new DequantizedData(quantized) };
}

/** True where scales and zero points fit the axis, and the elements are integers we can read. */
export function isReadable({ tensor, scale, zeroPoint, axis }: QuantizedTensor): boolean {
  const fits = (count: number): boolean => count === 1 || count === tensor.dims[axis];
  const isPacked = tensor.type === 'int4' || tensor.type === 'uint4';
  const isInteger =
    /^u?int(8|16|32)$/.test(tensor.type) ||
    (isPacked && tensor.data.sizeBytes === Math.ceil(elementCount(tensor.dims) / 2));
  return isInteger && fits(scale.length) && fits(zeroPoint.length);
}

class DequantizedData implements TensorData {
  constructor(private readonly quantized: QuantizedTensor) {}

  get sizeBytes(): number {
    return 4 * elementCount(this.quantized.tensor.dims);
  }

  read(start = 0, end = this.sizeBytes): Uint8Array {
    const { tensor, scale, zeroPoint, axis } = this.quantized;
    const first = Math.floor(start / 4);
    const count = Math.ceil(end / 4) - first;
    const levels = levelsOf(tensor, first, count);
    const inner = elementCount(tensor.dims.slice(axis + 1));
    const channels = tensor.dims[axis] ?? 1;
    const floats = Float32Array.from(levels, (level, i) => {
      const channel = Math.floor((first + i) / inner) % channels;
      const step = scale[scale.length === 1 ? 0 : channel]!;
      return (level - zeroPoint[zeroPoint.length === 1 ? 0 : channel]!) * step;
    });
    const from = start - first * 4;
    return new Uint8Array(floats.buffer).subarray(from, from + end - start);
  }
}

/** `count` integers of a tensor from the `first` on. */
function levelsOf(tensor: Tensor, first: number, count: number): number[] {
  const size = elementSize(tensor.type);
  // Two elements of 4 bits share a byte: reading begins at an even one.
  const skipped = size === 0 ? first % 2 : 0;
  const bytes =
    size === 0
      ? tensor.data.read((first - skipped) / 2, Math.ceil((first + count) / 2))
      : tensor.data.read(first * size, (first + count) * size);
  const part = { ...tensor, dims: [count + skipped], data: new MemoryData(bytes) };
  return readNumbers(part).slice(skipped);
}
