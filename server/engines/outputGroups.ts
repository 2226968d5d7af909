import type { NamedTensors, ValueHead } from './protocol.ts';
import type { OpenNetwork } from './serveNetworks.ts';

type Heads = Pick<OpenNetwork, 'inputs' | 'outputs'>;

/** Elements guessed for an output whose shape the runtime does not know: a large activation. */
const unknownElements = 4 * 2 ** 20;

/** Positions of things of these sizes, in groups within the budget; what is too large is alone. */
export function groupsWithin(sizesBytes: readonly number[], budgetBytes: number): number[][] {
  const groups: number[][] = [];
  let left = 0;
  for (const [at, bytes] of sizesBytes.entries()) {
    const group = groups.at(-1);
    if (group && bytes <= left) group.push(at);
    else {
      groups.push([at]);
      left = budgetBytes;
    }
    left -= bytes;
  }
  return groups;
}

/** How large an output will be with this feed, as far as the runtime knows its shape. */
export function outputBytes(network: Heads, feed: NamedTensors): (name: string) => number {
  const symbols = symbolSizes(network, feed);
  const heads = new Map(network.outputs.map((head) => [head.name, head]));
  return (name) => sizeBytes(heads.get(name), symbols);
}

function symbolSizes(network: Heads, feed: NamedTensors): Map<string, number> {
  const dims = new Map(feed.map(([name, tensor]) => [name, tensor.dims]));
  const sizes = new Map<string, number>();
  for (const { name, shape } of network.inputs) {
    for (const [axis, symbol] of shape.entries()) {
      const size = dims.get(name)?.[axis];
      if (typeof symbol === 'string' && symbol !== '' && size !== undefined)
        sizes.set(symbol, size);
    }
  }
  return sizes;
}

function sizeBytes(head: ValueHead | undefined, symbols: ReadonlyMap<string, number>): number {
  let elements = 1;
  for (const size of head?.shape ?? ['']) {
    const known = typeof size === 'number' ? size : symbols.get(size);
    if (known === undefined) return unknownElements * 4;
    elements *= known;
  }
  return elements * (head?.type === 'float64' || head?.type === 'int64' ? 8 : 4);
}
