import { attributeFault } from './core/graph/attributeFaults.ts';
import type { Graph } from './core/graph/graph.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { Job } from './core/job.ts';
import { SeededRandom } from './core/random.ts';
import { err, ok, type Result } from './core/result.ts';
import { EngineFault, type Engine, type EngineTensor, type Feeds } from './engines/engine.ts';
import type { ModelDocument } from './formats/format.ts';
import { probeTensor } from './probeTensor.ts';
import { assignmentsOf, hasFreeSizes, sizesInParts, type SizeAssignment } from './probeSizes.ts';
import { inputFault, tooLargeText, unstatedText, withRanks } from './probedInputs.ts';
import { affordableRuns, roomFor } from './runCost.ts';

/** Inputs to try a network with: made from a seed, or samples of the user's. */
export interface ProbeSet {
  readonly feeds: readonly Feeds[];
  /** For people: `synthetic, seed 1`. */
  readonly source: string;
  readonly seed: number;
}

export interface ProbeOptions {
  readonly seed: number;
  readonly count: number;
}

/** Probes of the sizes that are most likely to fit; see `runnableProbes` where they may not. */
export function makeProbes(graph: Graph, options: ProbeOptions): ProbeSet {
  const [assignment] = assignmentsOf(graph, options.count);
  if (!assignment) throw new Error('there are always sizes to try');
  const making = probesOf(graph, assignment, options);
  for (;;) {
    const step = making.next();
    if (step.done) return step.value;
  }
}

/**
 * Probes that the network runs on, few and small enough to prove with in seconds where that can be
 * done. Where sizes are free, likely ones are tried in turn, smaller ones where a run costs much;
 * where they are not, there are fewer probes, two at least. The error is a sentence: why nothing
 * can be run, or that no size was found.
 */
export async function runnableProbes(
  engine: Engine,
  document: Pick<ModelDocument, 'graph' | 'encode'>,
  options: ProbeOptions,
  job: Job,
): Promise<Result<ProbeSet, string>> {
  const senseless = document.graph.nodes.map(attributeFault).find((fault) => fault !== undefined);
  if (senseless !== undefined) return err(`${senseless}, so the model cannot be run.`);
  const graph = withRanks(document.graph);
  const unfit = graph.inputs.map(inputFault).find((fault) => fault !== undefined);
  if (unfit !== undefined) return err(unfit);
  const unstated = graph.inputs.find(({ shape }) => shape === undefined);
  if (!unstated && !hasFreeSizes(graph)) {
    const [only] = assignmentsOf(graph, options.count);
    const fault = only && tooLargeText(graph, only, options.count);
    if (fault !== undefined) return err(fault);
    if (only) return ok(await paced(affordable(graph, only, options), job));
  }
  let refusal = '';
  let large: string | undefined;
  try {
    const session = await engine.open(document.encode(graph, []), job);
    try {
      for (const assignment of sizesInParts(graph, options.count)) {
        await job.checkpoint(0, 1);
        if (!assignment) continue;
        const fault = tooLargeText(graph, assignment, options.count);
        large ??= fault;
        if (fault !== undefined) continue;
        const one = await paced(probesOf(graph, assignment, { ...options, count: 1 }), job);
        const [first = new Map()] = one.feeds;
        try {
          await session.run(first, outputNames(graph, session.outputs));
          return ok(await paced(affordable(graph, assignment, options), job));
        } catch (thrown) {
          if (!(thrown instanceof EngineFault) || thrown.code !== 'cannot-run') throw thrown;
          refusal ||= thrown.message;
        }
      }
    } finally {
      await session.release();
    }
  } catch (thrown) {
    if (thrown instanceof EngineFault) return err(thrown.message);
    throw thrown;
  }
  if (refusal === '' && large !== undefined) return err(large);
  if (unstated) return err(unstatedText(unstated));
  return err(
    `No input size was found that the network runs on. With the first one tried: ${refusal}`,
  );
}

/** One small output is enough to see that a network runs. */
function outputNames(graph: Graph, outputs: readonly { readonly name: string }[]): string[] {
  const own = outputs.find((output) => graph.outputs.some(({ name }) => name === output.name));
  return own ? [own.name] : [];
}

/** Does work that pauses, with a checkpoint before it and at each pause. */
async function paced<T>(work: Generator<void, T>, job: Job): Promise<T> {
  for (;;) {
    await job.checkpoint(0, 1);
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** As many of the probes as fit the budgets of a proof. */
function* affordable(
  graph: Graph,
  sizes: SizeAssignment,
  { seed, count }: ProbeOptions,
): Generator<void, ProbeSet> {
  const cost = sizes.cost();
  const most = Math.min(affordableRuns(cost.macs), roomFor(cost));
  yield;
  return yield* probesOf(graph, sizes, { seed, count: Math.min(count, most) });
}

function* probesOf(
  graph: Graph,
  sizes: SizeAssignment,
  { seed, count }: ProbeOptions,
): Generator<void, ProbeSet> {
  const random = new SeededRandom(seed);
  const wiring = wiringOf(graph);
  const feeds: Feeds[] = [];
  for (let at = 0; at < count; at++) {
    const feed = new Map<string, EngineTensor>();
    for (const input of graph.inputs) {
      const dims = (input.shape ?? []).map((_size, axis) => sizes.sizeOf(input, axis));
      feed.set(input.name, yield* probeTensor(input, dims, at, wiring, random));
    }
    feeds.push(feed);
  }
  return { feeds, source: `synthetic, seed ${seed}`, seed };
}
