import type { EngineTensor } from '../engines/engine.ts';

/** The elements of several arrays of one type, one after the other. */
export function joinValues(parts: readonly EngineTensor['values'][]): EngineTensor['values'] {
  const [first] = parts;
  if (!first || parts.length === 1) return first ?? new Float32Array(0);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new (first.constructor as new (size: number) => EngineTensor['values'])(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part as never, at);
    at += part.length;
  }
  return joined;
}
