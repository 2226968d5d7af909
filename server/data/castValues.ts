import type { ElementType } from '../core/graph/tensor.ts';
import type { EngineTensor } from '../engines/engine.ts';
import type { NpyValues } from './npy.ts';
import { BadData } from './samples.ts';

const ranges: Partial<Record<ElementType, readonly [low: bigint, high: bigint]>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  bool: [0n, 1n],
};

/**
 * Elements as the input's type. Any number becomes a float; for integers each must be whole and
 * within the type's range. Throws `BadData` with the first element that is not.
 */
export function castValues(
  values: NpyValues,
  to: ElementType,
  input: string,
): EngineTensor['values'] {
  switch (to) {
    case 'float32':
    case 'float16':
      return values instanceof Float32Array ? values : Float32Array.from(asNumbers(values));
    case 'float64':
      return values instanceof Float64Array ? values : Float64Array.from(asNumbers(values));
    case 'bfloat16':
    case 'int4':
    case 'uint4':
    case 'string':
    case 'other':
      throw new BadData(
        'wrong-type',
        `The input "${input}" is ${to}; arrays cannot be given to it.`,
        input,
      );
    case 'int64':
      return BigInt64Array.from(wholes(values, to, input));
    case 'uint64':
      return BigUint64Array.from(wholes(values, to, input));
    case 'int8':
      return Int8Array.from(wholes(values, to, input), Number);
    case 'int16':
      return Int16Array.from(wholes(values, to, input), Number);
    case 'int32':
      return Int32Array.from(wholes(values, to, input), Number);
    case 'uint16':
      return Uint16Array.from(wholes(values, to, input), Number);
    case 'uint32':
      return Uint32Array.from(wholes(values, to, input), Number);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(wholes(values, to, input), Number);
  }
}

const isBig = (values: NpyValues): values is BigInt64Array | BigUint64Array =>
  values instanceof BigInt64Array || values instanceof BigUint64Array;

const asNumbers = (values: NpyValues): ArrayLike<number> =>
  isBig(values) ? Float64Array.from(values as ArrayLike<bigint>, Number) : values;

function wholes(values: NpyValues, to: ElementType, input: string): bigint[] {
  const [low, high] = ranges[to] ?? [0n, 0n];
  return Array.from(values as ArrayLike<number | bigint>, (value) => {
    const whole =
      typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : undefined;
    if (whole !== undefined && whole >= low && whole <= high) return whole;
    const text = `The input "${input}" takes ${to}, and the data has ${value}.`;
    throw new BadData('wrong-type', text, input, `Save the array as ${to}.`);
  });
}
