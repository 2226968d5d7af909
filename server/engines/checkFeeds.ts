import { EngineFault } from './engine.ts';
import type { ValueHead } from './protocol.ts';

/** Refuses feeds that lack an input or do not have its shape; `dims` by name. */
export function checkFeeds(
  inputs: readonly ValueHead[],
  dims: ReadonlyMap<string, readonly number[]>,
): void {
  for (const { name, shape } of inputs) {
    const fed = dims.get(name);
    if (!fed) {
      const text = `Nothing was given for the input "${name}".`;
      throw new EngineFault('cannot-run', text, name);
    }
    const fits =
      fed.length === shape.length &&
      shape.every((size, axis) => typeof size === 'string' || size === fed[axis]);
    if (fits || shape.length === 0) continue;
    const text = `The input "${name}" takes [${shape.join(', ')}] and was given [${fed.join(', ')}].`;
    throw new EngineFault('cannot-run', text, name);
  }
}
