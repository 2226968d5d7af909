import { isStandard, intAttribute, type ValueInfo } from './core/graph/graph.ts';
import type { Wiring } from './core/graph/layer.ts';
import { elementCount } from './core/graph/tensor.ts';
import type { SeededRandom } from './core/random.ts';
import type { EngineTensor } from './engines/engine.ts';

/** Whole numbers are small where nothing says how large they may be: they may be indices. */
const usualTop = 4;

/**
 * Elements for an input. Floats differ in kind from probe to probe, so that more of a network is
 * reached: N(0, 1), then [0, 1), then [-1, 1), then N(0, 4). Not larger: far outside of what a network
 * was trained on, float32 itself rounds by more than a proof allows. Integers are small and not
 * negative; where they index a constant, they stay within it; masks are ones. Pauses between parts.
 */
export function* probeTensor(
  input: ValueInfo,
  dims: readonly number[],
  at: number,
  wiring: Wiring,
  random: SeededRandom,
): Generator<void, EngineTensor> {
  const { type, name } = input;
  const count = elementCount(dims);
  const top = topIndex(input, dims, wiring);
  const isMask = /mask/i.test(name);
  const integer = (): number => (isMask ? 1 : random.below(top));
  switch (type) {
    case 'float64':
      return { type, dims, values: yield* filled(roomFor(Float64Array, count), float(at, random)) };
    case 'float32':
    case 'float16':
    case 'bfloat16':
      return { type, dims, values: yield* filled(roomFor(Float32Array, count), float(at, random)) };
    case 'int64':
    case 'uint64': {
      const made = type === 'int64' ? new BigInt64Array(count) : new BigUint64Array(count);
      return { type, dims, values: yield* filled(made, () => BigInt(integer())) };
    }
    case 'int32':
      return { type, dims, values: yield* filled(new Int32Array(count), integer) };
    case 'uint32':
      return { type, dims, values: yield* filled(new Uint32Array(count), integer) };
    case 'int16':
      return { type, dims, values: yield* filled(new Int16Array(count), integer) };
    case 'uint16':
      return { type, dims, values: yield* filled(new Uint16Array(count), integer) };
    case 'int8':
      return { type, dims, values: yield* filled(new Int8Array(count), integer) };
    case 'uint8':
      return { type, dims, values: yield* filled(new Uint8Array(count), integer) };
    case 'bool': {
      const bit = (): number => (isMask ? 1 : random.below(2));
      return { type, dims, values: yield* filled(new Uint8Array(count), bit) };
    }
    case 'int4':
    case 'uint4':
    case 'string':
    case 'other':
      throw new Error(`no probes for ${name}, which is ${type}`);
  }
}

/** Elements between two pauses: some milliseconds, before the loop is compiled too. */
const partLength = 1 << 13;

/** Memory that nobody has cleared: of a large input that alone would keep others waiting. */
const roomFor = <A>(
  Made: { new (bytes: ArrayBufferLike): A; readonly BYTES_PER_ELEMENT: number },
  count: number,
): A => new Made(Buffer.allocUnsafeSlow(count * Made.BYTES_PER_ELEMENT).buffer);

function* filled<T, A extends { readonly length: number; [at: number]: T }>(
  values: A,
  next: () => T,
): Generator<void, A> {
  for (let from = 0; from < values.length; from += partLength) {
    const end = Math.min(from + partLength, values.length);
    for (let i = from; i < end; i++) values[i] = next();
    yield;
  }
  return values;
}

function float(at: number, random: SeededRandom): () => number {
  switch (at % 4) {
    case 0:
      return () => random.normal();
    case 1:
      return () => random.next();
    case 2:
      return () => 2 * random.next() - 1;
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
