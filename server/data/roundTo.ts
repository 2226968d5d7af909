import type { ElementType } from '../core/graph/tensor.ts';
import type { EngineTensor } from '../engines/engine.ts';
import { castValues } from './castValues.ts';

const ranges: Partial<Record<ElementType, readonly [low: number, high: number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  bool: [0, 1],
};

/**
 * Values that were computed, as the input's type: whole types take the nearest whole number (half
 * to even) within their range, as quantized inputs do.
 */
export function roundTo(
  values: EngineTensor['values'],
  type: ElementType,
  input: string,
): EngineTensor['values'] {
  if (/^(float|bfloat)/.test(type)) return castValues(values, type, input);
  const [low, high] = ranges[type] ?? [-(2 ** 31), 2 ** 31 - 1];
  const whole = Float64Array.from(values as ArrayLike<number>, (value) => {
    const floor = Math.floor(value);
    const rest = value - floor;
    const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
    return Math.min(high, Math.max(low, up ? floor + 1 : floor));
  });
  return castValues(whole, type, input);
}
