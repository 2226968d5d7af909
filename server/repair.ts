import type { Graph } from './core/graph/graph.ts';
import { layersOf } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { Job } from './core/job.ts';
import { measureOnGrid, measureWeights } from './core/reports/weightReport.ts';
import { runStep, runSteps, type StepContext } from './runSteps.ts';
import type { StepId, StepOutcome } from './steps.ts';

/** How well the weights of a model fit the target's grid; what *Repair* is judged by without data. */
export interface WeightScore {
  /** SQNR in dB of the worst layer, and of the middle one; Infinity where nothing is lost. */
  readonly lowestDb: number;
  readonly medianDb: number;
  readonly lowestLayer: string;
  /** By the layer's name. */
  readonly byLayer: ReadonlyMap<string, number>;
}

export interface RepairStep {
  readonly id: StepId;
  readonly kept: boolean;
  readonly reason: string;
  readonly before: WeightScore;
  readonly after: WeightScore;
  readonly outcome: StepOutcome;
}

export interface RepairOutcome {
  readonly graph: Graph;
  readonly steps: readonly RepairStep[];
  readonly before: WeightScore;
  readonly after: WeightScore;
  readonly gained: boolean;
  readonly verdict: string;
}

export interface RepairOptions {
  /** In the order to take them. */
  readonly steps: readonly StepId[];
  /** False: every step is kept as it comes (`--no-stop-rule`). */
  readonly hasStopRule: boolean;
  readonly options: Readonly<Partial<Record<StepId, Record<string, unknown>>>>;
}

export const repairDefaults: RepairOptions = {
  steps: ['fold', 'clear', 'equalize', 'absorb'],
  hasStopRule: true,
  options: {},
};

/** A step must raise the worst layer by this much (command-line.md, `repair` without data) ... */
const leastGainDb = 0.1;
/** ... and may cost no layer more than this. */
const mostLossDb = 1;

/**
 * Fold, clear, equalize, absorb, each kept only if the weights fit the target's grid better: a
 * judgement by weights only. Folding is exact and every target folds, so it is kept as such and
 * the others are judged against the folded model. Clearing is judged together with the equalizing
 * that it prepares; scaling is tried in one pass and to convergence, and the better one is taken.
 */
export async function repair(
  context: StepContext,
  graph: Graph,
  wish: RepairOptions,
  job: Job,
): Promise<RepairOutcome> {
  const steps: RepairStep[] = [];
  const opened = scoreWeights(graph, context);
  let current = graph;
  const wants = (id: StepId): boolean => wish.steps.includes(id);
  const optionsOf = (id: StepId): Record<string, unknown> => wish.options[id] ?? {};
  let baseline = opened;

  if (!wish.hasStopRule) {
    for (const id of wish.steps) {
      const outcome = await runStep(context, current, id, optionsOf(id), job);
      const [before, after] = scores(context, current, outcome.graph);
      steps.push({
        id,
        kept: outcome.edits.length > 0,
        reason: plain(outcome),
        before,
        after,
        outcome,
      });
      current = outcome.graph;
    }
    return finish(context, graph, current, steps, opened);
  }

  if (wants('fold')) {
    const outcome = await runStep(context, current, 'fold', optionsOf('fold'), job);
    const [before, after] = scores(context, current, outcome.graph);
    const reason =
      outcome.edits.length > 0 ? 'Exact, and every target folds batch norms.' : plain(outcome);
    steps.push({ id: 'fold', kept: outcome.edits.length > 0, reason, before, after, outcome });
    current = outcome.graph;
    baseline = after;
  }

  const best = await bestScaling(context, current, wish, job);
  if (best) {
    steps.push(...best.steps);
    current = best.graph;
  }

  if (wants('absorb')) {
    const outcome = await runStep(context, current, 'absorb', optionsOf('absorb'), job);
    const [before, after] = scores(context, current, outcome.graph);
    const reason =
      outcome.edits.length === 0
        ? plain(outcome)
        : 'Absorbing moves biases, not weights: without samples its gain cannot be judged.';
    steps.push({ id: 'absorb', kept: false, reason, before, after, outcome });
  }
  return finish(context, graph, current, steps, baseline);
}

/** Clearing and scaling tried in every combination asked for; the best one that passes the rule. */
async function bestScaling(
  context: StepContext,
  graph: Graph,
  wish: RepairOptions,
  job: Job,
): Promise<{ graph: Graph; steps: RepairStep[] } | undefined> {
  const has = (id: StepId): boolean => wish.steps.includes(id);
  const options = (id: StepId): Record<string, unknown> => wish.options[id] ?? {};
  const clear = has('clear') ? [{ step: 'clear' as const, options: options('clear') }] : [];
  const scalings = has('equalize')
    ? 'passes' in options('equalize')
      ? [options('equalize')]
      : [
          { ...options('equalize'), passes: 1 },
          { ...options('equalize'), passes: 'converge' },
        ]
    : [];
  const plans = scalings.map((scaling) => [
    ...clear,
    { step: 'equalize' as const, options: scaling },
  ]);
  if (clear.length > 0) plans.unshift(clear as never);
  const before = scoreWeights(graph, context);
  let best: { outcomes: StepOutcome[]; score: WeightScore } | undefined;
  let last: StepOutcome[] = [];
  for (const plan of plans) {
    const outcomes = await runSteps(context, graph, plan, job);
    last = outcomes;
    const end = outcomes.at(-1)?.graph ?? graph;
    const score = scoreWeights(end, context);
    if (passesRule(before, score) && score.lowestDb > (best?.score.lowestDb ?? -Infinity)) {
      best = { outcomes, score };
    }
  }
  const taken = best?.outcomes ?? last;
  if (taken.length === 0) return undefined;
  const steps: RepairStep[] = [];
  let at = graph;
  for (const outcome of taken) {
    const [was, is] = scores(context, at, outcome.graph);
    const kept = best !== undefined && outcome.edits.length > 0;
    const reason =
      outcome.edits.length === 0
        ? plain(outcome)
        : ruleWords(before, best?.score ?? scoreWeights(taken.at(-1)?.graph ?? graph, context));
    steps.push({ id: outcome.step, kept, reason, before: was, after: is, outcome });
    at = outcome.graph;
  }
  return { graph: best ? (best.outcomes.at(-1)?.graph ?? graph) : graph, steps };
}

const scores = (context: StepContext, before: Graph, after: Graph): [WeightScore, WeightScore] => [
  scoreWeights(before, context),
  scoreWeights(after, context),
];

/** The SQNR of every layer's weights on the target's grid. */
export function scoreWeights(graph: Graph, context: Pick<StepContext, 'target'>): WeightScore {
  const byLayer = new Map<string, number>();
  for (const layer of layersOf(graph, wiringOf(graph))) {
    const statistics = measureWeights(layer);
    if (statistics.fault !== undefined) continue;
    byLayer.set(layer.name, measureOnGrid(layer, statistics, context.target).sqnrChosen);
  }
  const sorted = [...byLayer.entries()].sort((a, b) => a[1] - b[1]);
  return {
    lowestDb: sorted[0]?.[1] ?? Infinity,
    medianDb: sorted[Math.floor(sorted.length / 2)]?.[1] ?? Infinity,
    lowestLayer: sorted[0]?.[0] ?? '',
    byLayer,
  };
}

function largestLoss(before: WeightScore, after: WeightScore): { layer: string; db: number } {
  let worst = { layer: '', db: 0 };
  for (const [layer, was] of before.byLayer) {
    const is = after.byLayer.get(layer);
    if (is === undefined || !Number.isFinite(was)) continue;
    if (was - is > worst.db) worst = { layer, db: was - is };
  }
  return worst;
}

const passesRule = (before: WeightScore, after: WeightScore): boolean =>
  after.lowestDb >= before.lowestDb + leastGainDb && largestLoss(before, after).db <= mostLossDb;

function ruleWords(before: WeightScore, after: WeightScore): string {
  const gain = `lowest weight SQNR ${db(before.lowestDb)} → ${db(after.lowestDb)} dB`;
  if (passesRule(before, after)) return `Kept: ${gain}.`;
  const loss = largestLoss(before, after);
  return loss.db > mostLossDb
    ? `Undone: ${gain}, but ${loss.layer} falls by ${db(loss.db)} dB.`
    : `Undone: ${gain}; at least ${leastGainDb} dB is asked.`;
}

function plain(outcome: StepOutcome): string {
  if (outcome.rolledBack !== undefined) return outcome.rolledBack;
  if (outcome.edits.length > 0) return 'Kept as asked.';
  const [first] = outcome.skipped;
  return first ? `Nothing to do: ${first.reason}` : 'Nothing to do.';
}

function finish(
  context: StepContext,
  opened: Graph,
  graph: Graph,
  steps: RepairStep[],
  before: WeightScore,
): RepairOutcome {
  const after = scoreWeights(graph, context);
  const gained = after.lowestDb >= before.lowestDb + leastGainDb;
  const verdict = gained
    ? `Weights only: the lowest weight SQNR rose from ${db(before.lowestDb)} to ${db(after.lowestDb)} dB (${before.lowestLayer}).`
    : `Weights only: nothing to gain here. The lowest weight SQNR is ${db(after.lowestDb)} dB (${after.lowestLayer || 'no layer'}) and no step raises it.`;
  return { graph, steps, before, after, gained, verdict };
}

const db = (value: number): string =>
  value === Infinity ? 'exact' : value.toFixed(1).replace('-', '−');
