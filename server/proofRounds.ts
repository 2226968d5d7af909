import type { ComparedPair } from './comparedPairs.ts';
import type { Graph } from './core/graph/graph.ts';
import { inferShapes } from './core/graph/shapes.ts';
import type { Feeds } from './engines/engine.ts';

/** What the activations of one round may take in memory, of both networks together. */
const usualBudgetBytes = 512 * 2 ** 20;
/** Rounds at most: each loads both networks again and runs all probes. */
const maxRounds = 8;
/** Guessed for a value whose shape is not known. */
const unknownBytes = 16 * 2 ** 20;
/** What the engine compares in one run of both networks; more of it, and they run again. */
const runBytes = 200 * 2 ** 20;

/**
 * The pairs in rounds that fit the memory: the runtime holds every output of a network at once,
 * whether it is fetched or not. The first round has the outputs; activations fill it and further
 * rounds. One that is too large for a round of its own is left out, and so is what is beyond the
 * last round, or would have the networks run more than `maxRuns` times a feed. Each pair is told how
 * large it is where that is known.
 */
export function proofRounds(
  pairs: readonly ComparedPair[],
  graph: Graph,
  feeds: readonly Feeds[],
  budgetBytes = usualBudgetBytes,
  maxRuns = Infinity,
): ComparedPair[][] {
  const sizeBytes = sizesOf(graph, feeds);
  const sized = (pair: ComparedPair): ComparedPair => {
    const bytes = sizeBytes(pair.before);
    return bytes === undefined ? pair : { ...pair, sizeBytes: 2 * bytes };
  };
  const rounds = [pairs.filter((pair) => pair.kind !== 'activation').map(sized)];
  let left = budgetBytes;
  let leftOfAll = maxRuns * runBytes;
  for (const pair of pairs) {
    if (pair.kind !== 'activation') continue;
    const bytes = 2 * (sizeBytes(pair.before) ?? unknownBytes);
    if (bytes > budgetBytes || bytes > leftOfAll) continue;
    if (bytes > left) {
      if (rounds.length === maxRounds) break;
      rounds.push([]);
      left = budgetBytes;
    }
    rounds.at(-1)?.push(sized(pair));
    left -= bytes;
    leftOfAll -= bytes;
  }
  return rounds.filter((round) => round.length > 0);
}

/** How large the values of a graph are with these feeds, in bytes of float32, where it is known. */
function sizesOf(graph: Graph, feeds: readonly Feeds[]): (value: string) => number | undefined {
  const [first] = feeds;
  const inputs = graph.inputs.map((input) => ({ ...input, shape: first?.get(input.name)?.dims }));
  const shapes = inferShapes({ ...graph, inputs });
  return (value) => {
    let elements = 1;
    const shape = shapes.get(value);
    if (!shape) return undefined;
    for (const [axis, size] of shape.entries()) {
      if (typeof size === 'number') elements *= size;
      else if (axis > 0) return undefined; // a free first axis is the batch, of one
    }
    return 4 * elements;
  };
}
