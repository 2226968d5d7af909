import { comparedPairs, type ComparedPair } from './comparedPairs.ts';
import type { Graph } from './core/graph/graph.ts';
import { layersOf } from './core/graph/layer.ts';
import type { ElementType } from './core/graph/tensor.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { Job } from './core/job.ts';
import type { Correspondence } from './core/passes/pass.ts';
import { EngineFault, type Difference, type Engine } from './engines/engine.ts';
import type { ModelDocument } from './formats/format.ts';
import type { ProbeSet } from './probes.ts';
import { proofRounds } from './proofRounds.ts';
import { refusedChange } from './refusedChange.ts';
import { affordableRuns, runCost } from './runCost.ts';
import type { Proof } from './steps.ts';

/** What is to be proved: that `after` computes what `before` does. */
export interface ProofRequest {
  readonly engine: Engine;
  /** The document that both graphs are of. */
  readonly document: Pick<ModelDocument, 'encode'>;
  readonly before: Graph;
  readonly after: Graph;
  /** How the values that a step changed relate; algorithms.md, section 14. */
  readonly correspondences: readonly Correspondence[];
  readonly claimsExact: boolean;
  readonly probes: ProbeSet;
}

type Measured = ComparedPair &
  Difference & { readonly activeChannels: number; readonly channels: number };

/** Activations compared at most; more of a deep network say no more. */
const maxActivations = 200;

/**
 * Runs both networks on the probes and compares their outputs, what feeds a final Softmax or
 * Sigmoid, and the changed activations with their scale undone. Where the network cannot be run,
 * the proof says why, and where that is so of the changed one alone, that it is `refused`. Throws
 * `Cancelled` when the job is stopped.
 */
export async function prove(request: ProofRequest, job: Job): Promise<Proof> {
  const { before, after, correspondences, probes } = request;
  const pairs = comparedPairs(before, after, correspondences, maxActivations);
  const outputs = pairs.filter((pair) => pair.kind !== 'activation');
  let fault = new EngineFault('cannot-run', 'nothing was run');
  // Once more where the engine died, which may have come from outside; then, as an activation may
  // be of an odd type, or memory too little for all of them, the outputs alone.
  for (const [at, compared] of [pairs, pairs, outputs].entries()) {
    if (at === 1 && fault.code !== 'died') continue;
    if (at === 2 && outputs.length === pairs.length) break;
    try {
      return judge(request, await measure(request, compared, job));
    } catch (thrown) {
      if (!(thrown instanceof EngineFault)) throw thrown;
      fault = thrown;
      if (fault.code === 'not-available' || probes.feeds.length === 0) break;
    }
  }
  const refused = await refusedChange(request, fault, job);
  if (refused === undefined) return unproved(request, fault.message);
  return { ...unproved(request, refused), isRefused: true };
}

/** Relative error that the rounding of float32 may cause. */
export const float32Tolerance = 1e-4;

/** Relative error that rounding may cause, by the type the weights are stored in (section 14). */
export function toleranceOf(graph: Graph): number {
  const types = new Set<ElementType>(graph.outputs.map((output) => output.type));
  for (const layer of layersOf(graph, wiringOf(graph))) types.add(layer.weight.type);
  if (types.has('bfloat16')) return 1e-1;
  return types.has('float16') ? 2e-2 : float32Tolerance;
}

async function measure(
  request: ProofRequest,
  pairs: readonly ComparedPair[],
  job: Job,
): Promise<Measured[]> {
  const { before, probes } = request;
  const measured: Measured[] = [];
  const count = probes.feeds.length;
  const { macs } = runCost(before, ({ name }) => probes.feeds[0]?.get(name)?.dims);
  const maxRuns = Math.max(1, Math.floor(affordableRuns(macs) / count));
  const rounds = proofRounds(pairs, before, probes.feeds, undefined, maxRuns);
  for (const [at, round] of rounds.entries()) {
    const part = countedJob(job, at * count, rounds.length * count);
    measured.push(...(await measureRound(request, round, part)));
  }
  return measured;
}

/** Progress of one round as part of them all: `Comparing outputs 2 of 4`. */
const countedJob = (job: Job, before: number, total: number): Job => ({
  checkpoint: (done, of, what) =>
    what === undefined
      ? job.checkpoint(done, of)
      : job.checkpoint(
          before + done,
          total,
          `${what} ${Math.min(before + done + 1, total)} of ${total}`,
        ),
});

async function measureRound(
  { engine, document, before, after, probes }: ProofRequest,
  pairs: readonly ComparedPair[],
  job: Job,
): Promise<Measured[]> {
  const encode = (graph: Graph, names: readonly string[]): ReturnType<ModelDocument['encode']> => {
    const own = new Set(graph.outputs.map((output) => output.name));
    return document.encode(graph, [...new Set(names.filter((name) => !own.has(name)))]);
  };
  const differences = await engine.compare(
    encode(
      before,
      pairs.map((pair) => pair.before),
    ),
    encode(
      after,
      pairs.map((pair) => pair.after),
    ),
    probes.feeds,
    pairs.map(({ before: from, after: to, divisor, offset, changed, sizeBytes }) => ({
      before: from,
      after: to,
      ...(divisor ? { divisor } : {}),
      ...(offset ? { offset } : {}),
      ...(changed ? { changed } : {}),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    })),
    job,
  );
  return pairs.map((pair, at) => {
    const difference = differences[at];
    if (!difference) throw new Error(`no difference for ${pair.after}`);
    return { ...pair, ...difference };
  });
}

function judge(request: ProofRequest, measured: readonly Measured[]): Proof {
  const { before, after, claimsExact, probes } = request;
  const outputs = measured.filter((value) => value.kind === 'output');
  const ends = measured.filter((value) => value.kind !== 'activation');
  const leftOut = Math.max(0, ...ends.map((value) => value.notFinite ?? 0));
  const samples = probes.feeds.length - leftOut;
  const odd = ends.find((value) => value.notFinite === probes.feeds.length);
  if (odd) {
    const why = `The network gives "${odd.before}" values that are not finite on every probe, before the change already.`;
    return unproved(request, why);
  }
  if (outputs.length === 0) return unproved(request, 'The network has no output to compare.');
  const tolerance = Math.max(toleranceOf(before), toleranceOf(after));
  const judged = measured.some((value) => value.isJudged)
    ? measured.filter((value) => value.isJudged)
    : measured;
  const isWithin = judged.every((value) => value.maxRelative <= tolerance);
  const judgedOutputs = judged.filter((value) => value.kind === 'output');
  const shown = judgedOutputs.length > 0 ? judgedOutputs : outputs;
  const activity = activityOf(measured);
  const exercised = !isWithin || activity.isEnough;
  const isUnseen = !activity.counts && request.correspondences.length > 0;
  const unseen = isUnseen && isWithin ? 'no value that was changed could be compared' : undefined;
  return {
    exercised: exercised && unseen === undefined,
    samples,
    source: leftOut === 0 ? probes.source : `${probes.source}; ${leftOutText(leftOut, samples)}`,
    seed: probes.seed,
    maxAbs: Math.max(...shown.map((value) => value.maxAbs)),
    maxRel: Math.max(...shown.map((value) => value.maxRelative)),
    tolerance,
    exact: claimsExact && isWithin && exercised && unseen === undefined,
    ...activity.counts,
    ...(unseen === undefined ? {} : { unavailable: unseen }),
    values: measured.map((value) => ({
      name: value.before,
      maxAbs: value.maxAbs,
      maxRel: value.maxRelative,
      kind: value.kind,
    })),
  };
}

/**
 * Whether the probes reached what was changed: each of the changed activations has a changed
 * channel that did something. Where no activation was changed, the outputs did something.
 */
function activityOf(measured: readonly Measured[]): {
  readonly isEnough: boolean;
  readonly counts?: { readonly activeChannels: number; readonly changedChannels: number };
} {
  const seen = measured.filter((value) => value.kind === 'activation' && value.channels > 0);
  if (seen.length === 0) return { isEnough: measured.some((value) => value.activeChannels > 0) };
  const sum = (of: (value: Measured) => number): number => seen.reduce((n, x) => n + of(x), 0);
  return {
    isEnough: seen.every((value) => value.activeChannels > 0),
    counts: {
      activeChannels: sum((value) => value.activeChannels),
      changedChannels: sum((value) => value.channels),
    },
  };
}

const leftOutText = (leftOut: number, samples: number): string =>
  `${leftOut} of ${leftOut + samples} left out, on which the network gave values that are not finite before the change already`;

const unproved = ({ probes, before, after }: ProofRequest, unavailable: string): Proof => ({
  exercised: false,
  samples: 0,
  source: probes.source,
  seed: probes.seed,
  maxAbs: 0,
  maxRel: 0,
  tolerance: Math.max(toleranceOf(before), toleranceOf(after)),
  exact: false,
  values: [],
  unavailable,
});
