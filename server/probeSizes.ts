import { intAttribute, isStandard, type Graph, type ValueInfo } from './core/graph/graph.ts';
import type { Wiring } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import { isAffordable, isInMemory, proofBudget, runCost, type RunCost } from './runCost.ts';

/** Sizes for the axes of a network's inputs, and what a run on them costs. */
export interface SizeAssignment {
  sizeOf(input: ValueInfo, axis: number): number;
  /** Found when asked for: it takes the shapes of the whole network. */
  cost(): RunCost;
}

/** Heights and widths that networks are trained with, most usual first. */
const imageSizes = [224, 256, 128, 320, 64, 32, 299, 512, 96, 28];
/** Lengths of sequences, and other free sizes. */
const otherSizes = [16, 128, 1, 512];
/** Tried where the likeliest size costs too much, largest first. */
const sizeSteps = { image: [192, 160, 128, 96, 64, 48, 32, 24, 16, 8], other: [8, 4, 2, 1] };
/** Where even those cost too much: the smallest that the network runs on, in this grid. */
const gridPixels = 8;

/** Whether the file leaves sizes of an input to guess. */
export const hasFreeSizes = (graph: Graph): boolean =>
  freeKind(graph, wiringOf(graph)) !== undefined;

/**
 * Sizes to try for the axes that the file leaves free, most likely first; one assignment where
 * nothing is left to guess. The batch is 1; channels are what the first layer takes; what has the
 * same symbol has the same size. Where so many probes of the likeliest size cost more than the
 * budget, smaller ones that do not come before it; the smallest there is where all do. So do others
 * that run where it is plain that the likeliest does not.
 */
export function* assignmentsOf(
  graph: Graph,
  probes = 1,
  budget = proofBudget,
): Generator<SizeAssignment, void> {
  for (const assignment of sizesInParts(graph, probes, budget)) if (assignment) yield assignment;
}

/** The same with a pause, which is undefined, before each size of which the cost is worked out. */
export function* sizesInParts(
  graph: Graph,
  probes = 1,
  budget = proofBudget,
): Generator<SizeAssignment | undefined, void> {
  const wiring = wiringOf(graph);
  const free = freeKind(graph, wiring);
  if (!free) {
    yield assignmentOf(graph, wiring, { image: 1, other: 1 });
    return;
  }
  const sizes = free === 'image' ? imageSizes : otherSizes;
  const likely = sizes.map((size, round) => {
    const other = otherSizes[round % otherSizes.length] ?? 1;
    return assignmentOf(graph, wiring, { image: size, other });
  });
  const [first] = likely;
  const [usual = 1] = sizes;
  yield;
  const cost = first?.cost();
  const isCheap = (one: RunCost): boolean =>
    one.canRun && isAffordable(one.macs, probes, budget) && isInMemory(one, probes);
  if (cost && !isCheap(cost)) {
    // A size below the total stride would leave less than a pixel of the smallest map.
    const lowest = Math.ceil(usual / Math.min(usual, cost.smallestSide));
    const sized = (size: number): SizeAssignment =>
      assignmentOf(graph, wiring, { image: size, other: Math.min(size, 16), [free]: size });
    let found = 0;
    const others = cost.canRun ? sizeSteps[free] : [...sizes, ...sizeSteps[free]];
    for (const size of others.filter((each) => each >= lowest)) {
      const assignment = sized(size);
      yield;
      if (!isCheap(assignment.cost())) continue;
      found++;
      yield assignment;
    }
    for (let size = gridPixels; found === 0 && size < usual; size += gridPixels) {
      if (size < lowest) continue;
      const assignment = sized(size);
      yield;
      if (!assignment.cost().canRun) continue;
      found++;
      yield assignment;
    }
  }
  yield* likely;
}

function freeKind(graph: Graph, wiring: Wiring): 'image' | 'other' | undefined {
  const kinds = graph.inputs.flatMap((input) =>
    (input.shape ?? []).map((_size, axis) => kindOf(input, axis, wiring).kind),
  );
  return (['image', 'other'] as const).find((kind) => kinds.includes(kind));
}

/** The assignment with these sizes for what is to be guessed. */
function assignmentOf(
  graph: Graph,
  wiring: Wiring,
  sizes: Readonly<Record<'image' | 'other', number>>,
): SizeAssignment {
  const guessed = (guess: Guess): number =>
    guess.kind === 'known' ? guess.size : sizes[guess.kind];
  const bySymbol = new Map<string, number>();
  for (const input of graph.inputs) {
    for (const [axis, size] of (input.shape ?? []).entries()) {
      if (typeof size !== 'string' || size === '' || bySymbol.has(size)) continue;
      bySymbol.set(size, guessed(kindOf(input, axis, wiring)));
    }
  }
  const sizeOf = (input: ValueInfo, axis: number): number => {
    const stated = input.shape?.[axis];
    if (typeof stated === 'number' && stated > 0) return stated;
    const named = typeof stated === 'string' ? bySymbol.get(stated) : undefined;
    return named ?? guessed(kindOf(input, axis, wiring));
  };
  const dimsOf = (input: ValueInfo): number[] | undefined =>
    input.shape?.map((_size, axis) => sizeOf(input, axis));
  let known: RunCost | undefined;
  return { sizeOf, cost: () => (known ??= runCost(graph, dimsOf)) };
}

type Guess =
  { readonly kind: 'known'; readonly size: number } | { readonly kind: 'image' | 'other' };

function kindOf(input: ValueInfo, axis: number, wiring: Wiring): Guess {
  const shape = input.shape ?? [];
  const size = shape[axis];
  if (typeof size === 'number' && size > 0) return { kind: 'known', size };
  const isBatch = axis === 0 || (typeof size === 'string' && /^(batch|n$)/i.test(size));
  if (isBatch) return { kind: 'known', size: 1 };
  const channels = channelsTaken(input, axis, wiring);
  if (channels !== undefined) return { kind: 'known', size: channels };
  return { kind: shape.length === 4 ? 'image' : 'other' };
}

/** What the first layer takes on this axis, where the input goes into one directly. */
function channelsTaken(input: ValueInfo, axis: number, wiring: Wiring): number | undefined {
  const rank = input.shape?.length ?? 0;
  for (const user of wiring.users(input.name)) {
    if (!isStandard(user) || user.inputs[0] !== input.name) continue;
    const dims = wiring.tensor(user.inputs[1] ?? '')?.dims ?? [];
    if (user.op === 'Conv' && axis === 1) return (dims[1] ?? 1) * intAttribute(user, 'group', 1);
    if (user.op === 'MatMul' && axis === rank - 1) return dims.at(-2);
    if (user.op === 'Gemm' && axis === 1) {
      return intAttribute(user, 'transB', 0) !== 0 ? dims[1] : dims[0];
    }
  }
  return rank === 4 && axis === 1 && !hasChannelsLast(input) ? 3 : undefined;
}

/** Height, width, channels, as TensorFlow has them. */
const hasChannelsLast = ({ shape = [] }: ValueInfo): boolean => {
  const last = shape.at(-1);
  return typeof last === 'number' && last >= 1 && last <= 4 && typeof shape[1] !== 'number';
};
