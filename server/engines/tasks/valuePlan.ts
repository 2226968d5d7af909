import { outputBytes } from '../outputGroups.ts';
import type { NamedTensors } from '../protocol.ts';
import type { Reduction, ValueAt } from '../sampleTask.ts';
import type { OpenNetwork } from '../serveNetworks.ts';

/** Reductions that are made of the same run of the networks, and what they need of each. */
export interface ReductionGroup {
  /** Positions in the task's reductions. */
  readonly reductions: readonly number[];
  /** For each network the outputs to hand out. */
  readonly wanted: readonly (readonly string[])[];
}

/** The values a reduction is made of. */
export const sourcesOf = (reduction: Reduction): readonly ValueAt[] =>
  reduction.kind === 'difference' ? [reduction.reference, reduction.actual] : [reduction.of];

/**
 * Splits reductions into groups whose values fit the budget together; a value that several need
 * counts once. All that is kept is in the first group, whatever its size.
 */
export function groupReductions(
  reductions: readonly Reduction[],
  keeps: readonly (readonly string[])[],
  networks: readonly OpenNetwork[],
  feeds: readonly NamedTensors[],
  budgetBytes: number,
): ReductionGroup[] {
  const sizes = networks.map((network, at) => outputBytes(network, feeds[at] ?? []));
  const inputs = networks.map(({ inputs }) => new Set(inputs.map((head) => head.name)));
  const groups: { reductions: number[]; wanted: Set<string>[]; bytes: number }[] = [];
  const begin = (names: readonly (readonly string[])[]): (typeof groups)[number] => {
    const wanted = names.map((each, at) => new Set(each.filter((name) => !inputs[at]?.has(name))));
    const group = { reductions: [], wanted, bytes: 0 };
    groups.push(group);
    return group;
  };
  let group = begin(keeps);
  for (const [at, reduction] of reductions.entries()) {
    const needed = sourcesOf(reduction).filter(isOutput(inputs));
    const more = (): number =>
      needed
        .filter(({ network, value }) => !group.wanted[network]?.has(value))
        .reduce((sum, { network, value }) => sum + (sizes[network]?.(value) ?? 0), 0);
    if (group.reductions.length > 0 && group.bytes + more() > budgetBytes) {
      group = begin(networks.map(() => []));
    }
    group.bytes += more();
    for (const { network, value } of needed) group.wanted[network]?.add(value);
    group.reductions.push(at);
  }
  return groups.map(({ reductions: members, wanted }) => ({
    reductions: members,
    wanted: wanted.map((names) => [...names]),
  }));
}

type OfNetwork = Extract<ValueAt, { network: number }>;

const isOutput =
  (inputs: readonly ReadonlySet<string>[]) =>
  (at: ValueAt): at is OfNetwork =>
    'network' in at && inputs[at.network]?.has(at.value) !== true;
