import type { Graph } from './core/graph/graph.ts';
import type { Job } from './core/job.ts';
import { nounText } from './core/reports/words.ts';
import { runPass, runStep, runSteps, stepOfPlan, type StepContext } from './runSteps.ts';
import { hasScaling, leftOutOf, scalingPlans, type Wish } from './scalingPlans.ts';
import type { StepId, StepOutcome } from './steps.ts';
import { isNotNeeded } from './toWire/reasons.ts';
import {
  db,
  gains,
  hurtLayers,
  passesRule,
  ruleWords,
  scoreWeights,
  type WeightScore,
} from './weightScore.ts';

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
  /** Of the model as every target will have it: batch norms folded. */
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

/** What came of a plan: the steps as they were run, and the layers whose sets they left alone. */
interface Trial {
  readonly plan: readonly Wish[];
  readonly score: WeightScore;
  readonly spared: readonly string[];
}

/** How often a plan is tried with fewer sets. */
const mostRounds = 4;

/**
 * Fold, clear, equalize, absorb, each kept only if the weights fit the target's grid better: a
 * judgement by weights only. Folding is exact and every target folds, so it is kept as such and
 * the others are judged against the folded model. Clearing is judged together with the equalizing
 * that it prepares; scaling is tried in one pass and to convergence, and the better one is taken.
 * Sets of layers that would lose more than the rule allows are left out.
 */
export async function repair(
  context: StepContext,
  graph: Graph,
  wish: RepairOptions,
  job: Job,
): Promise<RepairOutcome> {
  return new Repair(context, wish, job).run(graph);
}

class Repair {
  readonly #steps: RepairStep[] = [];

  constructor(
    private readonly context: StepContext,
    private readonly wish: RepairOptions,
    private readonly job: Job,
  ) {}

  async run(graph: Graph): Promise<RepairOutcome> {
    const { steps, hasStopRule } = this.wish;
    if (!hasStopRule) {
      const before = await this.#score(graph);
      let current = graph;
      for (const id of steps) current = (await this.#take(current, id)).graph;
      return this.#finish(current, before);
    }
    const folded = steps.includes('fold')
      ? (await this.#take(graph, 'fold', foldReason)).graph
      : graph;
    const before = await this.#score(folded);
    const scaled = await this.#scale(folded, before);
    if (steps.includes('absorb')) await this.#tryAbsorbing(scaled);
    return this.#finish(scaled, before);
  }

  /** Takes a step and keeps it. */
  async #take(
    graph: Graph,
    id: StepId,
    reason?: (outcome: StepOutcome) => string,
  ): Promise<StepOutcome> {
    const outcome = await runStep(this.context, graph, id, this.#options(id), this.job);
    const kept = outcome.edits.length > 0;
    await this.#record(
      outcome,
      graph,
      kept,
      kept ? (reason?.(outcome) ?? 'Kept as asked.') : nothing(outcome),
    );
    return outcome;
  }

  /** Tries every way of clearing and scaling that was asked for; takes the best that the rule lets pass. */
  async #scale(graph: Graph, before: WeightScore): Promise<Graph> {
    let best: Trial | undefined;
    const trials: Trial[] = [];
    for (const plan of scalingPlans(graph, this.wish)) {
      const trial = await this.#tryOut(graph, plan, before);
      trials.push(trial);
      const isBetter = trial.score.lowestDb > (best?.score.lowestDb ?? -Infinity);
      if (passesRule(before, trial.score) && isBetter) best = trial;
    }
    const tried = best ?? trials.at(-1);
    if (!tried) return graph;
    const outcomes = await runSteps(this.context, graph, tried.plan, this.job);
    const failed = outcomes.find((one) => one.rolledBack !== undefined);
    const isKept = best !== undefined && !failed;
    const undone = `Undone: judged together with ${failed?.step}, which was taken back.`;
    let current = graph;
    for (const outcome of outcomes) {
      const hasEdits = outcome.edits.length > 0;
      const together = tried.plan.length > 1 ? 'Clearing and equalizing together. ' : '';
      const rule = failed
        ? undone
        : together + ruleWords(before, tried.score) + sparedText(outcome.step, tried.spared);
      const reason = hasEdits ? rule : nothing(outcome);
      const kept = isKept && hasEdits;
      const own = kept ? { ...outcome, ...leftOutFields(outcome, tried.spared) } : outcome;
      await this.#record(own, current, kept, reason);
      current = outcome.graph;
    }
    for (const step of leftOutOf(this.wish.steps, tried.plan)) {
      // Of ways that fare alike the first is taken, and it is the shortest.
      const [rival] = trials
        .filter(({ plan }) => plan.some((wish) => wish.step === step))
        .sort((a, b) => b.score.lowestDb - a.score.lowestDb);
      if (!rival) continue;
      const { from, outcome } = await stepOfPlan(graph, rival.plan, step, this.job);
      const isAllowed = passesRule(before, rival.score);
      const rule = failed ? undone : ruleWords(isAllowed ? tried.score : before, rival.score);
      const reason = outcome.edits.length > 0 ? rule : nothing(outcome);
      await this.#record(outcome, from, false, reason);
    }
    return isKept ? current : graph;
  }

  /**
   * Scores a plan. Where some layers stand in the rule's way, tries again without their sets; where
   * that does not help either, the plan as it was given is what failed.
   */
  async #tryOut(graph: Graph, plan: readonly Wish[], before: WeightScore): Promise<Trial> {
    const spared = new Set<string>();
    let first: Trial | undefined;
    for (let round = 0; ; round++) {
      const without = plan.map((wish) => sparing(wish, spared));
      let current = graph;
      for (const { step, options } of without) {
        current = (await runPass(current, step, options, this.job)).graph;
      }
      const trial = { plan: without, score: await this.#score(current), spared: [...spared] };
      if (passesRule(before, trial.score)) return trial;
      first ??= trial;
      const hurt = hurtLayers(before, trial.score).filter((layer) => !spared.has(layer));
      const canSpare = hasScaling(plan) && round < mostRounds;
      if (hurt.length === 0 || !canSpare) return first;
      for (const layer of hurt) spared.add(layer);
    }
  }

  async #tryAbsorbing(graph: Graph): Promise<void> {
    const outcome = await runStep(this.context, graph, 'absorb', this.#options('absorb'), this.job);
    const reason =
      outcome.edits.length === 0
        ? nothing(outcome)
        : 'Undone: absorbing moves biases, not weights; without samples its gain cannot be judged.';
    await this.#record(outcome, graph, false, reason);
  }

  #options(id: StepId): Record<string, unknown> {
    return this.wish.options[id] ?? {};
  }

  #score(graph: Graph): Promise<WeightScore> {
    return scoreWeights(graph, this.context.target, this.job);
  }

  async #record(outcome: StepOutcome, from: Graph, kept: boolean, reason: string): Promise<void> {
    const before = await this.#score(from);
    const after = await this.#score(outcome.graph);
    this.#steps.push({ id: outcome.step, kept, reason, before, after, outcome });
  }

  async #finish(graph: Graph, before: WeightScore): Promise<RepairOutcome> {
    const after = await this.#score(graph);
    const gained = gains(before, after);
    return {
      graph,
      steps: this.#steps,
      before,
      after,
      gained,
      verdict: verdictOf(before, after, gained),
    };
  }
}

function verdictOf(before: WeightScore, after: WeightScore, gained: boolean): string {
  const judged = 'Judged by the weights only:';
  if (after.lowestLayer === '') return `${judged} no layer has weights that can be measured.`;
  const is = `${db(after.lowestDb)} (${after.lowestLayer})`;
  const was = `${db(before.lowestDb)} (${before.lowestLayer})`;
  if (gained) return `${judged} the lowest weight SQNR rose from ${was} to ${is}.`;
  return after.lowestDb < before.lowestDb
    ? `${judged} nothing gained. The lowest weight SQNR fell from ${was} to ${is}.`
    : `${judged} nothing gained. The lowest weight SQNR stays at ${is}.`;
}

/** Scaling that leaves the sets of more layers alone; other steps as they are. */
function sparing({ step, options }: Wish, spared: ReadonlySet<string>): Wish {
  if (step !== 'equalize' || spared.size === 0) return { step, options };
  const ignored = Array.isArray(options['ignore']) ? (options['ignore'] as unknown[]) : [];
  return { step, options: { ...options, ignore: [...ignored, ...spared] } };
}

/** The sets that were spared, for the ledger: it was not the user who wished to leave them alone. */
function leftOutFields(
  { step, skipped }: StepOutcome,
  spared: readonly string[],
): Pick<StepOutcome, 'leftOut'> {
  const isSpared = (layers: readonly string[]): boolean =>
    layers.some((layer) => spared.includes(layer));
  const sets = skipped
    .filter(({ code }) => code === 'ignored')
    .map(({ place }) => place.split(', '))
    .filter(isSpared);
  if (step !== 'equalize' || sets.length === 0) return {};
  return { leftOut: { sets, why: 'Repair left it out: weights of a layer in it would lose.' } };
}

function sparedText(step: StepId, spared: readonly string[]): string {
  if (step !== 'equalize' || spared.length === 0) return '';
  const some = spared.slice(0, 3).join(', ');
  const more = spared.length > 3 ? ` and ${spared.length - 3} more` : '';
  return ` Sets with ${some}${more} were left out: they would lose.`;
}

/** Why folding is kept: it is called exact only where that was proved. */
export const foldReason = ({ proof }: StepOutcome): string =>
  proof?.exact
    ? 'Exact, and every target folds batch norms.'
    : 'Every target folds batch norms. Not proved to be exact.';

/** Why a step did nothing: the reason that most places share. */
export function nothing({ rolledBack, skipped }: StepOutcome): string {
  if (rolledBack !== undefined) return rolledBack;
  const moved = skipped.filter((skip) => skip.moved !== undefined);
  if (moved[0]) {
    const others = skipped.filter(({ code }) => !isNotNeeded(code)).length - moved.length;
    const more =
      others > 0
        ? ` ${nounText(others, 'more place is', 'more places are')} refused by structure.`
        : '';
    return `Left out in ${nounText(moved.length, 'place')}: ${moved[0].reason}.${more}`;
  }
  const counts = new Map<string, number>();
  for (const { code } of skipped) counts.set(code, (counts.get(code) ?? 0) + 1);
  const [code, count = 0] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  const first = skipped.find((skip) => skip.code === code);
  if (!first) return 'Nothing to do.';
  const where = count > 1 ? ` (and ${count - 1} more for the same reason)` : '';
  const isRefused = !isNotNeeded(first.code);
  const others = skipped.filter((skip) => !isNotNeeded(skip.code)).length - (isRefused ? count : 0);
  const start = isRefused ? 'Refused.' : 'Nothing to do.';
  const rest =
    others > 0
      ? ` ${isRefused ? nounText(others, 'more place is', 'more places are') : nounText(others, 'place is', 'places are')} refused by structure.`
      : '';
  return `${start} ${first.place}: ${first.reason.replace(/\.$/, '')}${where}.${rest}`;
}
