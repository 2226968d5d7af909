import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { nothing } from '../repair.ts';
import { runPass, runSteps, stepOfPlan, type StepContext } from '../runSteps.ts';
import { hasScaling, leftOutOf, scalingPlans, wholePlan, type Wish } from '../scalingPlans.ts';
import type { StepId, StepOutcome } from '../steps.ts';
import type { QuantizeContext } from './context.ts';
import type { DataRepairOptions, DataRepairStep } from './dataRepair.ts';
import { pairOf, type RepairJudge, type Trial } from './repairJudge.ts';
import { howChosen, leftOutWords } from './repairWords.ts';
import { areCheap, setsOf, withSets } from './scaledSets.ts';

/** How often every set is looked at while choosing them. */
const mostSweeps = 2;
/** Ways of scaling that are proved in turn where one is not. */
const mostProofs = 3;

/** What scaling is chosen with. */
export interface ScalingParts {
  readonly context: QuantizeContext;
  readonly stepContext: StepContext;
  readonly wish: DataRepairOptions;
  readonly judge: RepairJudge;
  readonly job: Job;
}

/** What the network is after clearing and scaling, and what is to be said of each step. */
export interface Scaled {
  readonly best: Trial;
  readonly steps: readonly DataRepairStep[];
  /** How many ways were judged. */
  readonly ways: number;
}

/** Tries every way of clearing and scaling, and takes the best if it is better than none. */
export const chooseScaling = (parts: ScalingParts, base: Trial): Promise<Scaled> =>
  new ScalingChoice(parts, base).choose();

class ScalingChoice {
  /** Ways that were judged, without the graphs that they made. */
  readonly #judged: Trial[] = [];
  /** Ways that were proved not to be exact, as they were run. */
  readonly #refuted = new Map<Trial['plan'], readonly StepOutcome[]>();
  /** Sets that were tried one by one. */
  #sets: readonly (readonly string[])[] = [];

  constructor(
    private readonly parts: ScalingParts,
    private readonly base: Trial,
  ) {}

  async choose(): Promise<Scaled> {
    const { base } = this;
    const { judge, stepContext, wish, job } = this.parts;
    let best: Trial | undefined;
    for (const plan of this.#plans()) {
      const trial = await this.#tried(plan);
      if (trial && (!best || judge.value(trial) > judge.value(best))) best = trial;
    }
    best = await this.#chooseSets(best);
    const proved = await this.#provedOf(best);
    best = proved?.trial ?? best;
    const plan = best?.plan ?? wholePlan(wish);
    if (plan.length === 0) return { best: base, steps: [], ways: 0 };
    const outcomes = proved?.outcomes ?? (await runSteps(stepContext, base.graph, plan, job));
    const failed = outcomes.find(({ rolledBack }) => rolledBack !== undefined);
    const isKept = best !== undefined && !failed && judge.isBetter(base, best);
    const done = outcomes.filter(({ edits }) => edits.length > 0);
    const how = best ? howChosen(done.length, this.#judged.length) + judge.words(base, best) : '';
    const steps = outcomes.map((outcome): DataRepairStep => {
      const hasEdits = done.includes(outcome);
      const reason = hasEdits && best ? how : nothing(outcome);
      const pair = pairOf(base, hasEdits && best ? best : base);
      const kept = isKept && hasEdits;
      const own = kept ? { ...outcome, ...this.#leftOutSets(outcome.step, plan) } : outcome;
      return { id: outcome.step, kept, reason, ...pair, outcome: own };
    });
    for (const step of leftOutOf(wish.steps, plan)) {
      steps.push(await this.#leftOut(step, isKept && best ? best : base));
    }
    // In the order of the pipeline: clearing comes before scaling.
    steps.sort((a, b) => wish.steps.indexOf(a.id) - wish.steps.indexOf(b.id));
    const graph = outcomes.at(-1)?.graph ?? base.graph;
    const ways = this.#judged.length;
    return { best: isKept && best ? { ...best, graph } : base, steps, ways };
  }

  /** A way, judged; undefined where it changes nothing. */
  async #tried(plan: readonly Wish[]): Promise<Trial | undefined> {
    const { graph: from } = this.base;
    const graph = await this.#apply(plan);
    if (graph === from) return undefined;
    const trial = await this.parts.judge.tried(graph, plan);
    this.#judged.push({ ...trial, graph: from });
    return trial;
  }

  /** Which of the sets that were tried one by one the plan does without. */
  #leftOutSets(step: StepId, plan: Trial['plan']): Pick<StepOutcome, 'leftOut'> {
    const { only } = plan.find((wish) => wish.step === step)?.options ?? {};
    if (step !== 'equalize' || !Array.isArray(only)) return {};
    const scaled = new Set((only as readonly (readonly string[])[]).map((set) => set.join('\n')));
    const sets = this.#sets.filter((set) => !scaled.has(set.join('\n')));
    if (scaled.size === 0 || sets.length === 0) return {};
    const why = 'Repair left it out: the outputs did better without it on the samples that judge.';
    return { leftOut: { sets, why } };
  }

  /** What the best way that has the step comes to beside `chosen`, which does without it. */
  async #leftOut(step: StepId, chosen: Trial): Promise<DataRepairStep> {
    const { judge, wish, job } = this.parts;
    const [rival] = this.#judged
      .filter(({ plan }) => plan.some((one) => one.step === step))
      .sort((a, b) => judge.value(b) - judge.value(a));
    const plan = rival?.plan ?? wholePlan(wish);
    const refuted = this.#refuted.get(plan)?.find((one) => one.step === step);
    const outcome = refuted ?? (await stepOfPlan(this.base.graph, plan, step, job)).outcome;
    const isTried = rival !== undefined && outcome.edits.length > 0;
    const reason = isTried
      ? leftOutWords(step, judge.words(chosen, rival), [chosen.plan, rival.plan].map(hasScaling))
      : nothing(outcome);
    return { id: step, kept: false, reason, ...pairOf(chosen, isTried ? rival : chosen), outcome };
  }

  /** The best way that is proved to be exact, of the best few. */
  async #provedOf(
    best: Trial | undefined,
  ): Promise<{ readonly trial: Trial; readonly outcomes: readonly StepOutcome[] } | undefined> {
    const { judge, stepContext, job } = this.parts;
    const others = this.#judged.filter(({ plan }) => plan !== best?.plan);
    others.sort((a, b) => judge.value(b) - judge.value(a));
    for (const trial of [...(best ? [best] : []), ...others].slice(0, mostProofs)) {
      const outcomes = await runSteps(stepContext, this.base.graph, trial.plan, job);
      if (outcomes.every(({ rolledBack }) => rolledBack === undefined)) return { trial, outcomes };
      this.#refuted.set(trial.plan, outcomes);
    }
    return undefined;
  }

  /**
   * Tries the sets one by one, where that is cheap: begins with all where scaling them helps, with
   * none where it does not, and turns each that is better the other way, twice over. Each is judged
   * with the correction that follows; whether the choice is better than no scaling by more than
   * chance is asked of it as a whole.
   */
  async #chooseSets(best: Trial | undefined): Promise<Trial | undefined> {
    const { context, wish, judge, job } = this.parts;
    const { graph } = this.base;
    if (!wish.steps.includes('equalize') || !wish.hasStopRule) return best;
    const isScaled = best !== undefined && hasScaling(best.plan);
    const plan = isScaled ? best?.plan : this.#plans().find(hasScaling);
    if (!plan) return best;
    const sets = await setsOf(graph, plan, job);
    const trials = mostSweeps * sets.length;
    const purposes = [wish.correction, wish.judge, wish.calibration];
    const samples = purposes.flatMap((one) => one?.indices ?? []).length;
    if (sets.length < 2 || !areCheap(graph, trials * samples, context)) return best;
    this.#sets = sets;
    let current = best ?? this.base;
    let chosen = isScaled ? sets : [];
    for (let sweep = 0; sweep < mostSweeps; sweep++) {
      const before = chosen;
      for (const set of sets) {
        const has = chosen.includes(set);
        const only = sets.filter((one) => (one === set ? !has : chosen.includes(one)));
        if (only.length === 0) continue;
        const trial = await this.#tried(plan.map((one) => withSets(one, only)));
        // Both ways are exact and cost the same: the better one is taken, however little it is.
        if (!trial || judge.value(trial) <= judge.value(current)) continue;
        current = trial;
        chosen = only;
      }
      if (chosen === before) break;
    }
    return current === this.base ? best : current;
  }

  async #apply(plan: readonly Wish[]): Promise<Graph> {
    let current = this.base.graph;
    for (const { step, options } of plan) {
      current = (await runPass(current, step, options, this.parts.job)).graph;
    }
    return current;
  }

  #plans(): readonly (readonly Wish[])[] {
    const { wish } = this.parts;
    if (!wish.hasStopRule) return [wholePlan(wish)];
    const plans = scalingPlans(this.base.graph, wish);
    // Clearing changes the factors: scaling without it is another candidate.
    const scaled = plans.find(hasScaling);
    const alone = scaled?.filter(({ step }) => step !== 'clear') ?? [];
    return alone.length > 0 && alone.length < (scaled?.length ?? 0) ? [...plans, alone] : plans;
  }
}
