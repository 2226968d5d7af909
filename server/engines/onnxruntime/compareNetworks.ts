import type { Tensor } from 'onnxruntime-node';
import type { ComparedValue } from '../engine.ts';
import { DifferenceSum, type Sample } from './differenceSum.ts';
import type { Network } from './network.ts';
import type { ComparedDifference, NamedTensors, ValueHead } from './protocol.ts';
import { valuesOf } from './tensors.ts';

/** Elements guessed for an output whose shape the runtime does not know: a large activation. */
const unknownElements = 4 * 2 ** 20;

/**
 * Runs both networks on each of the feeds and sums the difference of each pair. The pairs are
 * taken in groups whose outputs fit the budget together, so that memory does not grow with the
 * number of pairs; each group costs a run of both networks.
 */
export async function compareNetworks(
  before: Network,
  after: Network,
  feeds: readonly NamedTensors[],
  values: readonly ComparedValue[],
  budgetBytes: number,
  progress: (done: number, total: number) => void,
): Promise<ComparedDifference[]> {
  const sums = values.map((value) => new DifferenceSum(value));
  for (const [done, feed] of feeds.entries()) {
    progress(done, feeds.length);
    for (const group of groupsOf(values, before, after, feed, budgetBytes)) {
      const names = (side: 'before' | 'after'): string[] => [
        ...new Set(group.map((at) => values[at]![side])),
      ];
      await before.run(feed, names('before'), (references) =>
        after.run(feed, names('after'), (changed) => {
          for (const at of group) {
            const pair = values[at]!;
            sums[at]!.add(sampleOf(references, pair.before), sampleOf(changed, pair.after));
          }
        }),
      );
    }
  }
  progress(feeds.length, feeds.length);
  return sums.map((sum) => sum.result());
}

function sampleOf(outputs: ReadonlyMap<string, Tensor>, name: string): Sample {
  const output = outputs.get(name);
  if (!output) throw new Error(`${name} was not handed out`);
  return { dims: output.dims, values: valuesOf(output) };
}

/** Positions of the pairs, in runs that fit the budget; a pair that does not fit alone is alone. */
function groupsOf(
  values: readonly ComparedValue[],
  before: Network,
  after: Network,
  feed: NamedTensors,
  budgetBytes: number,
): number[][] {
  const sizes = symbolSizes(before, feed);
  const beforeHeads = new Map(before.outputs.map((head) => [head.name, head]));
  const afterHeads = new Map(after.outputs.map((head) => [head.name, head]));
  const groups: number[][] = [];
  let left = 0;
  for (const [at, value] of values.entries()) {
    const bytes =
      sizeBytes(beforeHeads.get(value.before), sizes) +
      sizeBytes(afterHeads.get(value.after), sizes);
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

function symbolSizes(network: Network, feed: NamedTensors): Map<string, number> {
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

function sizeBytes(head: ValueHead | undefined, sizes: ReadonlyMap<string, number>): number {
  let elements = 1;
  for (const size of head?.shape ?? ['']) {
    const known = typeof size === 'number' ? size : sizes.get(size);
    if (known === undefined) return unknownElements * 4;
    elements *= known;
  }
  return elements * (head?.type === 'float64' || head?.type === 'int64' ? 8 : 4);
}
