import { DifferenceSum, type Sample } from './differenceSum.ts';
import type { ComparedValue } from './engine.ts';
import { groupsWithin, outputBytes } from './outputGroups.ts';
import type { ComparedDifference, NamedTensors } from './protocol.ts';
import type { OpenNetwork } from './serveNetworks.ts';

/**
 * Runs both networks on each of the feeds and sums the difference of each pair. The pairs are
 * taken in groups whose outputs fit the budget together, so that memory does not grow with the
 * number of pairs; each group costs a run of both networks.
 */
export async function compareNetworks(
  before: OpenNetwork,
  after: OpenNetwork,
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

function sampleOf(outputs: ReadonlyMap<string, Sample>, name: string): Sample {
  const output = outputs.get(name);
  if (!output) throw new Error(`${name} was not handed out`);
  return output;
}

/** The pairs in groups that fit the budget together. */
function groupsOf(
  values: readonly ComparedValue[],
  before: OpenNetwork,
  after: OpenNetwork,
  feed: NamedTensors,
  budgetBytes: number,
): number[][] {
  const beforeBytes = outputBytes(before, feed);
  const afterBytes = outputBytes(after, feed);
  const sizes = values.map(
    (value) => value.sizeBytes ?? beforeBytes(value.before) + afterBytes(value.after),
  );
  return groupsWithin(sizes, budgetBytes);
}
