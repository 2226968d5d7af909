import type { AbsorbApplied } from './core/passes/absorbHighBias.ts';
import type { Graph } from './core/graph/graph.ts';
import type { Skip } from './core/passes/pass.ts';
import type { StepOutcome } from './steps.ts';

type Pair = readonly [string, string];

/** How far absorbing may move a float output, as a share of its largest value (panels.md 8). */
export const usualAllowedChange = 0.01;

/** Proofs that the search for harmless pairs may cost. */
const mostTrials = 12;

/**
 * Absorbing rests on an assumption about distributions, so what it moves is measured: where the
 * float outputs move by more than `allowed`, halves of the pairs are tried, and those that keep
 * within it stay. The others are refused with the number. `again` absorbs only the pairs it is
 * given, on the graph that `before` is.
 */
export async function keepWithin(
  before: Graph,
  all: StepOutcome,
  allowed: number,
  again: (pairs: readonly Pair[]) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  if (!movesMore(all, allowed)) return all;
  let trials = 0;
  const harmless = async (pairs: readonly Pair[]): Promise<Pair[]> => {
    if (pairs.length === 0 || trials === mostTrials) return [];
    trials++;
    if (!movesMore(await again(pairs), allowed)) return [...pairs];
    if (pairs.length === 1) return [];
    return [...(await harmless(half(pairs, 0))), ...(await harmless(half(pairs, 1)))];
  };
  const places = all.applied as readonly AbsorbApplied[];
  const pairs = places.map(({ layers }) => layers);
  const kept = [...(await harmless(half(pairs, 0))), ...(await harmless(half(pairs, 1)))];
  const some = kept.length > 0 ? await again(kept) : undefined;
  const isKept = some !== undefined && !movesMore(some, allowed);
  const refused = isKept ? places.filter(({ layers }) => !kept.includes(layers)) : places;
  const skipped = [...all.skipped, ...refused.map((place) => skipOf(place, all, allowed))];
  return isKept ? { ...some, skipped } : takenBack(before, all, skipped);
}

/**
 * Where the network cannot be run, nobody knows what absorbing moves: none of it is done. A change of
 * any size that is allowed explicitly needs no measurement.
 */
export function refuseUnmeasured(before: Graph, all: StepOutcome, allowed: number): StepOutcome {
  const why = all.proof?.unavailable;
  if (why === undefined || allowed === Number.MAX_VALUE) return all;
  const places = all.applied as readonly AbsorbApplied[];
  const skipped = places.map(({ layers, channels, of }): Skip => ({
    code: 'moves-outputs',
    place: layers.join(' → '),
    channels: { left: channels, of },
    reason: `how far absorbing moves the float outputs could not be measured: ${why}`,
    remedy: 'Make a network that ONNX Runtime can run: float32 weights, operators that it knows.',
  }));
  return takenBack(before, all, [...all.skipped, ...skipped]);
}

const takenBack = (before: Graph, all: StepOutcome, skipped: readonly Skip[]): StepOutcome => ({
  ...all,
  graph: before,
  edits: [],
  applied: [],
  skipped,
  isExact: true,
  proof: undefined,
});

const movesMore = ({ proof }: StepOutcome, allowed: number): boolean =>
  proof !== undefined && proof.unavailable === undefined && proof.maxRel > allowed;

const half = (pairs: readonly Pair[], which: 0 | 1): readonly Pair[] => {
  const middle = Math.ceil(pairs.length / 2);
  return which === 0 ? pairs.slice(0, middle) : pairs.slice(middle);
};

function skipOf(
  { layers, channels, of }: AbsorbApplied,
  { proof }: StepOutcome,
  allowed: number,
): Skip {
  const words = proof?.maxRel.toPrecision(2) ?? 'more';
  return {
    code: 'moves-outputs',
    place: layers.join(' → '),
    channels: { left: channels, of },
    ...(proof ? { moved: proof.maxRel } : {}),
    reason: `absorbing moves the float outputs by up to ${words} of their largest value; ${allowed} is allowed`,
    remedy:
      'Allow a larger change (--allowed-change, or the setting rangefinder.absorb.allowedChange), or choose single pairs.',
  };
}
