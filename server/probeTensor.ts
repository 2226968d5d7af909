import { isStandard, intAttribute, type ValueInfo } from './core/graph/graph.ts';
import type { Wiring } from './core/graph/layer.ts';
import { elementCount } from './core/graph/tensor.ts';
import type { SeededRandom } from './core/random.ts';
import type { EngineTensor } from './engines/engine.ts';

/** Whole numbers are small where nothing says how large they may be: they may be indices. */
const usualTop = 4;

/**
 * Elements for an input. Floats differ in kind from probe to probe, so that more of a network is
 * reached: N(0, 1), then [0, 1), then [0, 255) as raw pixels have it, then N(0, 4). Integers are
 * small and not negative; where they index a constant, they stay within it; masks are ones.
 */
export function probeTensor(
  input: ValueInfo,
  dims: readonly number[],
  at: number,
  wiring: Wiring,
  random: SeededRandom,
): EngineTensor {
  const { type } = input;
  const count = elementCount(dims);
  const whole = { length: count };
  const top = topIndex(input, dims, wiring);
  const integer = (): number => (/mask/i.test(input.name) ? 1 : random.below(top));
  const values = ((): EngineTensor['values'] => {
    switch (type) {
      case 'float64':
        return Float64Array.from(whole, float(at, random));
      case 'float32':
      case 'float16':
      case 'bfloat16':
        return Float32Array.from(whole, float(at, random));
      case 'int64':
        return BigInt64Array.from(whole, () => BigInt(integer()));
      case 'uint64':
        return BigUint64Array.from(whole, () => BigInt(integer()));
      case 'int32':
        return Int32Array.from(whole, integer);
      case 'uint32':
        return Uint32Array.from(whole, integer);
      case 'int16':
        return Int16Array.from(whole, integer);
      case 'uint16':
        return Uint16Array.from(whole, integer);
      case 'int8':
        return Int8Array.from(whole, integer);
      case 'uint8':
        return Uint8Array.from(whole, integer);
      case 'bool':
        return Uint8Array.from(whole, () => (/mask/i.test(input.name) ? 1 : random.below(2)));
      case 'string':
      case 'other':
        throw new Error(`no probes for ${input.name}, which is ${type}`);
    }
  })();
  return { type, dims, values };
}

function float(at: number, random: SeededRandom): () => number {
  switch (at % 4) {
    case 0:
      return () => random.normal();
    case 1:
      return () => random.next();
    case 2:
      return () => 255 * random.next();
    default:
      return () => 2 * random.normal();
  }
}

/** One more than the largest integer that an input may have. */
function topIndex(input: ValueInfo, dims: readonly number[], wiring: Wiring): number {
  let top = input.type === 'uint8' && dims.length >= 3 ? 256 : usualTop;
  for (const user of wiring.users(input.name)) {
    if (user.op !== 'Gather' || !isStandard(user) || user.inputs[1] !== input.name) continue;
    const table = wiring.tensor(user.inputs[0] ?? '');
    if (!table) continue;
    const axis = intAttribute(user, 'axis', 0);
    const size = table.dims[axis < 0 ? axis + table.dims.length : axis] ?? 1;
    top = top === usualTop ? size : Math.min(top, size);
  }
  return Math.max(1, top);
}
