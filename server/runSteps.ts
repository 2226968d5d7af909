import type { Graph } from './core/graph/graph.ts';
import type { Job } from './core/job.ts';
import { absorbHighBias } from './core/passes/absorbHighBias.ts';
import { clearDeadChannels } from './core/passes/clearDeadChannels.ts';
import { equalizeLayers } from './core/passes/equalizeLayers.ts';
import { foldBatchNorm } from './core/passes/foldBatchNorm.ts';
import type { PassResult } from './core/passes/pass.ts';
import { readOptions } from './core/passes/readOptions.ts';
import { replaceRelu6 } from './core/passes/replaceRelu6.ts';
import { unreachable } from './core/result.ts';
import type { Engine } from './engines/engine.ts';
import type { ModelDocument } from './formats/format.ts';
import { runnableProbes, type ProbeOptions } from './probes.ts';
import { float32Tolerance, prove, toleranceOf } from './proof.ts';
import { keepWithin, refuseUnmeasured, usualAllowedChange } from './keepWithin.ts';
import { hasTwin, proveInFloat32, proveTwin } from './proveInFloat32.ts';
import { allowForRounding } from './roundingNoise.ts';
import type { TargetSettings } from './protocol/target.ts';
import type { Proof, StepId, StepOutcome } from './steps.ts';
import { unsoundness } from './unsoundGraph.ts';

/** What a step is run with. Without an engine nothing is proved, and the outcome says so. */
export interface StepContext {
  readonly document: ModelDocument;
  readonly engine: Engine | undefined;
  /** Why there is no engine, to say instead of a proof. */
  readonly whyNoEngine?: string;
  /** Of the probe inputs. */
  readonly seed: number;
  /** How many of them; default 4. */
  readonly probeCount?: number;
  readonly target: TargetSettings;
}

/** Options that are not the pass's: a wrong name or type. */
export class WrongOption extends Error {
  override readonly name = 'WrongOption';
}

/**
 * Runs one step on `graph` and proves it on the engine. A step that claims exactness and is not
 * exact is taken back, and so is any that leaves a network which the engine refuses and did not
 * before: the outcome then has the graph as given, no edits, and `rolledBack`.
 * Absorbing is kept within `options.allowedChange` of the float outputs (see `keepWithin`).
 */
export async function runStep(
  context: StepContext,
  graph: Graph,
  step: StepId,
  options: Record<string, unknown>,
  job: Job,
): Promise<StepOutcome> {
  const { allowedChange, ...own } = options;
  const outcome = await runOnce(context, graph, step, own, job);
  if (step !== 'absorb' || outcome.rolledBack !== undefined) return outcome;
  const allowed = typeof allowedChange === 'number' ? allowedChange : usualAllowedChange;
  // Without an engine, which was a choice, the outcome says that nothing was proved.
  if (context.engine && outcome.proof?.unavailable !== undefined) {
    return refuseUnmeasured(graph, outcome, allowed);
  }
  return keepWithin(graph, outcome, allowed, (pairs) =>
    runOnce(context, graph, step, { ...own, pairs }, job),
  );
}

/** One run of the step's pass, proved. */
async function runOnce(
  context: StepContext,
  graph: Graph,
  step: StepId,
  options: Record<string, unknown>,
  job: Job,
): Promise<StepOutcome> {
  const result = await runPass(graph, step, options, job);
  const { edits, applied, skipped, isExact } = result;
  const outcome = { step, graph: result.graph, edits, applied, skipped, isExact };
  if (edits.length === 0) return { ...outcome, proof: undefined };
  const takenBack = (proof: Proof, why: string): StepOutcome => {
    const rolledBack = `${step} ${why}. It was taken back. This is a bug of ours.`;
    return { step, graph, edits: [], applied: [], skipped, isExact, proof, rolledBack };
  };
  const fault = unsoundness(result.graph, graph);
  if (fault !== undefined) return takenBack(unproved(fault), `left a broken graph: ${fault}`);
  const pass = (twin: Graph): Promise<PassResult<object>> => runPass(twin, step, options, job);
  const proof = await proveStep(context, graph, result, pass, job);
  if (proof.isRefused) {
    const why = (proof.unavailable ?? '').replace(/\.$/, '');
    return takenBack(proof, `left a network that cannot be run, which it could before: ${why}`);
  }
  const broken = isExact ? brokenPromise(proof) : undefined;
  return broken === undefined
    ? { ...outcome, proof }
    : takenBack(proof, `claims to be exact, and moved ${broken}`);
}

/** By how much a step that claims to be exact is not; undefined where nothing says so. */
function brokenPromise({
  exercised,
  exact,
  maxRel,
  tolerance,
  float32,
  values,
}: Proof): string | undefined {
  const moved = (by: number, allowed: number): string =>
    `by ${by.toExponential(1)} (allowed: ${allowed.toExponential(0)})`;
  if (float32 && 'exact' in float32 && !float32.exact) {
    return `the values in float32 ${moved(float32.maxRel, float32.tolerance)}`;
  }
  if (!exercised || exact) return undefined;
  const [worst] = [...values].sort((a, b) => b.maxRel - a.maxRel);
  return worst && worst.maxRel > maxRel
    ? `the values of "${worst.name}" ${moved(worst.maxRel, tolerance)}`
    : `the float outputs ${moved(maxRel, tolerance)}`;
}

/** Runs steps one after the other, each on what the one before left. */
export async function runSteps(
  context: StepContext,
  graph: Graph,
  steps: readonly { readonly step: StepId; readonly options: Record<string, unknown> }[],
  job: Job,
): Promise<StepOutcome[]> {
  const outcomes: StepOutcome[] = [];
  let current = graph;
  for (const { step, options } of steps) {
    const outcome = await runStep(context, current, step, options, job);
    current = outcome.graph;
    outcomes.push(outcome);
  }
  return outcomes;
}

/** A step as a plan that is not taken runs it, unproved, and the graph that it begins with. */
export async function stepOfPlan(
  graph: Graph,
  plan: readonly { readonly step: StepId; readonly options: Record<string, unknown> }[],
  wanted: StepId,
  job: Job,
): Promise<{ readonly from: Graph; readonly outcome: StepOutcome }> {
  let from = graph;
  for (const { step, options } of plan) {
    const { graph: to, edits, applied, skipped, isExact } = await runPass(from, step, options, job);
    if (step === wanted) {
      return {
        from,
        outcome: { step, graph: to, edits, applied, skipped, isExact, proof: undefined },
      };
    }
    from = to;
  }
  throw new Error(`the plan has no step ${wanted}`);
}

/** The pass of a step, unproved. Throws `WrongOption` for options that it does not have. */
export async function runPass(
  graph: Graph,
  step: StepId,
  options: Record<string, unknown>,
  job: Job,
): Promise<PassResult<object>> {
  switch (step) {
    case 'fold':
      return foldBatchNorm.run(graph, checked(foldBatchNorm.defaults, options), job);
    case 'clear':
      return clearDeadChannels.run(graph, checked(clearDeadChannels.defaults, options), job);
    case 'equalize':
      return equalizeLayers.run(graph, checked(equalizeLayers.defaults, options), job);
    case 'absorb':
      return absorbHighBias.run(graph, checked(absorbHighBias.defaults, options), job);
    case 'relu6':
      return replaceRelu6.run(graph, checked(replaceRelu6.defaults, options), job);
    default:
      return unreachable(step);
  }
}

function checked<O extends object>(defaults: O, options: Record<string, unknown>): O {
  const read = readOptions(defaults, options);
  if (!read.ok) throw new WrongOption(read.error);
  return read.value;
}

async function proveStep(
  context: StepContext,
  before: Graph,
  result: PassResult<object>,
  pass: (graph: Graph) => Promise<PassResult<object>>,
  job: Job,
): Promise<Proof> {
  const { engine, seed, probeCount = usualProbeCount } = context;
  if (!engine) {
    return unproved(context.whyNoEngine ?? 'no engine to run the network is available');
  }
  const options = { seed, count: probeCount };
  const stored = await proveAsStored(context, engine, before, result, options, job);
  if (stored.isRefused) return stored;
  const isWide = toleranceOf(before) <= float32Tolerance;
  if (stored.unavailable !== undefined && hasTwin(before) && (isWide || !result.isExact)) {
    // The runtime has few operators for float64 and bfloat16; exact steps on the latter go on below.
    const twin = await proveTwin(engine, before, pass, options, job);
    return twin.ok ? { ...twin.value, source: `${twin.value.source}, in float32` } : stored;
  }
  const proof = result.isExact
    ? await allowForRounding(context, engine, before, stored, options, job)
    : stored;
  const isRefuted = proof.exercised && !proof.exact;
  if (!result.isExact || isRefuted || isWide) return proof;
  const float32 = await proveInFloat32(engine, before, pass, options, job);
  const isKept = 'unavailable' in float32 || float32.exact;
  return { ...proof, float32, exact: proof.exact && isKept };
}

async function proveAsStored(
  { document }: StepContext,
  engine: Engine,
  before: Graph,
  result: PassResult<object>,
  options: ProbeOptions,
  job: Job,
): Promise<Proof> {
  const probes = await runnableProbes(engine, document, options, job);
  if (!probes.ok) return unproved(probes.error);
  return prove(
    {
      engine,
      document,
      before,
      after: result.graph,
      correspondences: result.correspondences,
      claimsExact: result.isExact,
      probes: probes.value,
    },
    job,
  );
}

/** Probe inputs of a proof: more than one, few enough to stay under a second on usual networks. */
const usualProbeCount = 4;

const unproved = (unavailable: string): Proof => ({
  exercised: false,
  samples: 0,
  source: 'none',
  seed: 0,
  maxAbs: 0,
  maxRel: 0,
  tolerance: 0,
  exact: false,
  values: [],
  unavailable,
});
