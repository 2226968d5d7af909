import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import { foldReason, nothing } from '../repair.ts';
import { runPass, runStep, runSteps, type StepContext } from '../runSteps.ts';
import { hasScaling, scalingPlans, wholePlan, type Wish } from '../scalingPlans.ts';
import type { StepId, StepOutcome } from '../steps.ts';
import { calibrate, planOf, simulateOptions, weightEncodings } from './calibrate.ts';
import type { QuantizeContext } from './context.ts';
import { correct, type Correction } from './correct.ts';
import type { ContenderScores, Evaluation } from './evaluate.ts';
import type {
  DataStepId,
  DataRepairOptions,
  DataRepairStep,
  DataRepairOutcome,
} from './dataRepair.ts';
import { FloatTruth } from './floatTruth.ts';
import { gainOf, valueOf } from './judging.ts';
import { howChosen, verdictWords, words } from './repairWords.ts';
import type { TaskSamples } from './runTask.ts';
import { areCheap, setsOf, withSets } from './scaledSets.ts';
import { heldAgainst } from './standing.ts';

/** A graph that was tried, judged plain and with the correction that would follow. */
interface Trial {
  readonly graph: Graph;
  readonly plan: readonly Wish[];
  readonly plain: ContenderScores;
  readonly corrected?: { readonly scores: ContenderScores };
}

/**
 * The pipeline with a stop rule (algorithms: sections 14 and 15.12): fold, clear and equalize,
 * absorb, correct. Every step is judged on samples that neither calibrate nor correct, together
 * with the correction that would follow it, and kept only if the judged error falls by more than
 * its noise. Scaling is tried in one pass and to convergence. The correction that is kept is
 * computed again on all samples that do not judge.
 */
export const repairOnData = (
  context: QuantizeContext,
  steps: StepContext,
  graph: Graph,
  options: DataRepairOptions,
  job: Job,
): Promise<DataRepairOutcome> => new DataRepair(context, steps, options, job).run(graph);

/** How often every set is looked at while choosing them. */
const mostSweeps = 2;
/** Ways of scaling that are proved in turn where one is not. */
const mostProofs = 3;

class DataRepair {
  readonly #truth: FloatTruth;
  readonly #steps: DataRepairStep[] = [];
  #float: Evaluation['float'] = {};
  #samples = 0;
  /** Ways of clearing and scaling that were judged, without the graphs that they made. */
  #judged: Trial[] = [];

  constructor(
    private readonly context: QuantizeContext,
    private readonly stepContext: StepContext,
    private readonly wish: DataRepairOptions,
    private readonly job: Job,
  ) {
    const { engine, document, graph } = context;
    const { judge: on, labels } = wish;
    const reference = { document, graph };
    this.#truth = new FloatTruth({ engine, reference, on, ...(labels ? { labels } : {}) });
  }

  async run(graph: Graph): Promise<DataRepairOutcome> {
    try {
      const made = await this.#run(graph);
      const { standing } = this.wish;
      if (!standing) return made;
      const [scores] = await this.#judge([standing.graph]);
      if (!scores) throw new Error('nothing was judged');
      const held = heldAgainst(standing, scores, made, this.wish);
      return { ...held, verdict: this.#verdict(held.before, held.after, held.gained) };
    } finally {
      await this.#truth.end();
    }
  }

  async #run(graph: Graph): Promise<DataRepairOutcome> {
    const { steps } = this.wish;
    let start = graph;
    let folded: StepOutcome | undefined;
    if (steps.includes('fold')) {
      folded = await runStep(this.stepContext, graph, 'fold', this.#options('fold'), this.job);
      start = folded.graph;
    }
    const base = await this.#try(start, []);
    if (folded) {
      const kept = folded.edits.length > 0;
      const reason = kept ? foldReason(folded) : nothing(folded);
      this.#record('fold', kept, reason, base.plain, base.plain, folded);
    }
    let best = await this.#scale(base);
    if (steps.includes('absorb')) best = await this.#absorb(best);
    return this.#finish(base, best, start);
  }

  /** Tries every way of clearing and scaling, and takes the best if it is better than none. */
  async #scale(base: Trial): Promise<Trial> {
    const plans = this.#plans(base.graph);
    let best: Trial | undefined;
    this.#judged = [];
    for (const plan of plans) {
      const graph = await this.#apply(base.graph, plan);
      if (graph === base.graph) continue;
      const trial = await this.#try(graph, plan);
      this.#judged.push({ ...trial, graph: base.graph });
      if (!best || this.#value(trial) > this.#value(best)) best = trial;
    }
    best = await this.#chooseSets(base, best);
    const proved = await this.#provedOf(base, best);
    best = proved?.trial ?? best;
    const tried = best?.plan ?? plans.at(-1);
    if (!tried) return base;
    const outcomes =
      proved?.outcomes ?? (await runSteps(this.stepContext, base.graph, tried, this.job));
    const failed = outcomes.find(({ rolledBack }) => rolledBack !== undefined);
    const isKept = best !== undefined && !failed && this.#isBetter(base, best);
    const done = outcomes.filter(({ edits }) => edits.length > 0);
    const how = best ? howChosen(done.length, this.#judged.length) + this.#words(base, best) : '';
    for (const outcome of outcomes) {
      const hasEdits = done.includes(outcome);
      const reason = hasEdits && best ? how : nothing(outcome);
      const pair = this.#pair(base, hasEdits && best ? best : base);
      this.#steps.push({ id: outcome.step, kept: isKept && hasEdits, reason, ...pair, outcome });
    }
    const graph = outcomes.at(-1)?.graph ?? base.graph;
    return isKept && best ? { ...best, graph } : base;
  }

  /** The best way that is proved to be exact, of the best few. */
  async #provedOf(
    base: Trial,
    best: Trial | undefined,
  ): Promise<{ readonly trial: Trial; readonly outcomes: readonly StepOutcome[] } | undefined> {
    const others = this.#judged.filter(({ plan }) => plan !== best?.plan);
    others.sort((a, b) => this.#value(b) - this.#value(a));
    for (const trial of [...(best ? [best] : []), ...others].slice(0, mostProofs)) {
      const outcomes = await runSteps(this.stepContext, base.graph, trial.plan, this.job);
      if (outcomes.every(({ rolledBack }) => rolledBack === undefined)) return { trial, outcomes };
    }
    return undefined;
  }

  /**
   * Tries the sets one by one, where that is cheap: begins with all where scaling them helps, with
   * none where it does not, and turns each that is better the other way, twice over. Each is judged
   * with the correction that follows; whether the choice is better than no scaling by more than
   * chance is asked of it as a whole.
   */
  async #chooseSets(base: Trial, best: Trial | undefined): Promise<Trial | undefined> {
    const { steps, hasStopRule } = this.wish;
    if (!steps.includes('equalize') || !hasStopRule) return best;
    const isScaled = best !== undefined && hasScaling(best.plan);
    const plan = isScaled ? best?.plan : this.#plans(base.graph).find(hasScaling);
    if (!plan) return best;
    const sets = await setsOf(base.graph, plan, this.job);
    const trials = mostSweeps * sets.length;
    const { correction, judge, calibration } = this.wish;
    const samples = [correction, judge, calibration].flatMap((one) => one?.indices ?? []).length;
    const isCheap = areCheap(base.graph, trials * samples, this.context);
    if (sets.length < 2 || !isCheap) return best;
    let current = best ?? base;
    let chosen = isScaled ? sets : [];
    for (let sweep = 0; sweep < mostSweeps; sweep++) {
      const before = chosen;
      for (const set of sets) {
        const has = chosen.includes(set);
        const only = sets.filter((one) => (one === set ? !has : chosen.includes(one)));
        if (only.length === 0) continue;
        const trialPlan = plan.map((wish) => withSets(wish, only));
        const graph = await this.#apply(base.graph, trialPlan);
        if (graph === base.graph) continue;
        const trial = await this.#try(graph, trialPlan);
        this.#judged.push({ ...trial, graph: base.graph });
        // Both ways are exact and cost the same: the better one is taken, however little it is.
        if (this.#value(trial) <= this.#value(current)) continue;
        current = trial;
        chosen = only;
      }
      if (chosen === before) break;
    }
    return current === base ? best : current;
  }

  async #absorb(best: Trial): Promise<Trial> {
    const outcome = await runStep(
      this.stepContext,
      best.graph,
      'absorb',
      this.#options('absorb'),
      this.job,
    );
    if (outcome.edits.length === 0) {
      this.#record('absorb', false, nothing(outcome), best.plain, best.plain, outcome);
      return best;
    }
    const trial = await this.#try(outcome.graph, []);
    const kept = this.#isBetter(best, trial);
    const reason = this.#words(best, trial);
    this.#steps.push({ id: 'absorb', kept, reason, ...this.#pair(best, trial), outcome });
    return kept ? trial : best;
  }

  async #finish(base: Trial, best: Trial, start: Graph): Promise<DataRepairOutcome> {
    const { metric, hasStopRule } = this.wish;
    let final = best.plain;
    let graph = best.graph;
    let correction = await this.#corrected(best);
    if (correction) {
      graph = correction.made.result.graph;
      final = correction.scores;
    }
    let gain = gainOf(base.plain, final, metric);
    if (hasStopRule && !gain.isReal && graph !== start) {
      // Judged one by one the steps looked like gains; together they are none.
      const plain = gainOf(base.plain, best.plain, metric);
      graph = plain.isReal ? best.graph : start;
      final = plain.isReal ? best.plain : base.plain;
      correction = undefined;
      gain = gainOf(base.plain, final, metric);
      for (const [at, step] of this.#steps.entries()) {
        if (!step.kept || step.id === 'fold' || (plain.isReal && step.id !== 'correct')) continue;
        const reason = `Undone: together with the other steps it gains nothing. ${step.reason}`;
        this.#steps[at] = { ...step, kept: false, reason };
      }
    }
    return {
      graph,
      uncorrected: correction ? best.graph : graph,
      steps: this.#steps,
      float: this.#float,
      before: base.plain,
      after: final,
      gained: gain.isReal,
      verdict: this.#verdict(base.plain, final, gain.isReal),
      samples: this.#samples,
      ...(correction ? { correction: correction.made } : {}),
    };
  }

  /** The correction that is kept, made on all samples that do not judge, and what it scores. */
  async #corrected(
    best: Trial,
  ): Promise<{ readonly made: Correction; readonly scores: ContenderScores } | undefined> {
    const { metric, hasStopRule } = this.wish;
    if (!best.corrected) return undefined;
    const tried = best.corrected.scores;
    const isWorth = (scores: ContenderScores): boolean =>
      !hasStopRule || gainOf(best.plain, scores, metric).isReal;
    let scores = tried;
    let made: Correction | undefined;
    if (isWorth(tried)) {
      const on = this.#unjudged();
      made = await this.#correct(best.graph, on, false);
      // What is saved is what is judged: more samples make other biases.
      const isSame = on.indices.length === this.wish.correction.indices.length;
      const [again] = isSame ? [] : await this.#judge([made.result.graph]);
      scores = again ?? tried;
    }
    const kept = made !== undefined && isWorth(scores);
    this.#record('correct', kept, words(best.plain, scores, metric), best.plain, scores, undefined);
    return kept && made ? { made, scores } : undefined;
  }

  /** All samples that have a purpose and do not judge: the kept correction is made on them. */
  #unjudged(): TaskSamples {
    const { calibration, correction, judge } = this.wish;
    const judging = new Set(judge.indices);
    const all = new Set([...(calibration?.indices ?? []), ...correction.indices]);
    const indices = [...all].filter((index) => !judging.has(index)).sort((a, b) => a - b);
    return { ...correction, indices };
  }

  /** Corrects a graph, and judges it as it is and corrected. */
  async #try(graph: Graph, plan: readonly Wish[]): Promise<Trial> {
    const correction = this.wish.steps.includes('correct')
      ? await this.#correct(graph, this.wish.correction, true)
      : undefined;
    const graphs = [graph, ...(correction ? [correction.result.graph] : [])];
    const [plain, corrected] = await this.#judge(graphs);
    if (!plain) throw new Error('nothing was judged');
    return {
      graph,
      plan,
      plain,
      ...(corrected ? { corrected: { scores: corrected } } : {}),
    };
  }

  /** Calibrates graphs and judges them by what the float network gives. */
  async #judge(graphs: readonly Graph[]): Promise<readonly ContenderScores[]> {
    const { document } = this.context;
    const contenders = [];
    for (const graph of graphs) {
      const context = { ...this.context, graph };
      const { encodings } = await calibrate(context, this.wish.calibration, this.job);
      contenders.push({ document, ...simulateGraph(graph, encodings, simulateOptions(context)) });
    }
    const result = await this.#truth.evaluate(contenders, this.job);
    this.#float = result.float;
    this.#samples = result.count;
    return result.contenders;
  }

  /** `isTrial`: what is left of the errors is not asked. */
  async #correct(graph: Graph, on: TaskSamples, isTrial: boolean): Promise<Correction> {
    const context = { ...this.context, graph };
    const { method, quantizeActivations, calibration } = this.wish;
    const encodings = quantizeActivations
      ? (await calibrate(context, calibration, this.job)).encodings
      : await weightEncodings(context, planOf(context), this.job);
    const names = layersOf(graph, wiringOf(graph)).map(({ name }) => name);
    const layers = this.wish.layers ?? new Set(names);
    const withoutBiases = new Map([...encodings].filter(([, { kind }]) => kind !== 'bias'));
    const request = { method, layers, encodings: withoutBiases, on, isTrial };
    return correct(context, request, this.job);
  }

  async #apply(graph: Graph, plan: readonly Wish[]): Promise<Graph> {
    let current = graph;
    for (const { step, options } of plan) {
      current = (await runPass(current, step, options, this.job)).graph;
    }
    return current;
  }

  #plans(graph: Graph): readonly (readonly Wish[])[] {
    if (!this.wish.hasStopRule) return [wholePlan(this.wish)];
    const plans = scalingPlans(graph, this.wish);
    // Clearing changes the factors: scaling without it is another candidate.
    const scaled = plans.find(hasScaling);
    const alone = scaled?.filter(({ step }) => step !== 'clear') ?? [];
    return alone.length > 0 && alone.length < (scaled?.length ?? 0) ? [...plans, alone] : plans;
  }

  #options(id: StepId): Record<string, unknown> {
    return this.wish.options[id] ?? {};
  }

  /** The scores that a trial is judged by: those with the correction that follows. */
  #scoresOf(trial: Trial): ContenderScores {
    return trial.corrected?.scores ?? trial.plain;
  }

  #value(trial: Trial): number {
    return valueOf(this.#scoresOf(trial), this.wish.metric);
  }

  #isBetter(base: Trial, trial: Trial): boolean {
    if (!this.wish.hasStopRule) return true;
    return gainOf(this.#scoresOf(base), this.#scoresOf(trial), this.wish.metric).isReal;
  }

  #pair(base: Trial, trial: Trial): Pick<DataRepairStep, 'before' | 'after' | 'isWithCorrection'> {
    const scores = { before: this.#scoresOf(base), after: this.#scoresOf(trial) };
    return trial.corrected ? { ...scores, isWithCorrection: true } : scores;
  }

  #words(base: Trial, trial: Trial): string {
    const together = trial.corrected ? ' with the correction that follows' : '';
    return words(this.#scoresOf(base), this.#scoresOf(trial), this.wish.metric, together);
  }

  #record(
    id: DataStepId,
    kept: boolean,
    reason: string,
    before: ContenderScores,
    after: ContenderScores,
    outcome: StepOutcome | undefined,
  ): void {
    this.#steps.push({ id, kept, reason, before, after, outcome });
  }

  #verdict(before: ContenderScores, after: ContenderScores, gained: boolean): string {
    const { metric, judge, standing } = this.wish;
    const isRepaired = standing?.isForGrid === true;
    const on = `${this.#samples === 1 ? '1 sample' : `${this.#samples} samples`} of ${judge.samples.source}`;
    const left = this.#steps.filter(({ kept, id }) => !kept && id !== 'fold').map(({ id }) => id);
    const scores = { float: this.#float, before, after, gained, metric };
    return verdictWords({ ...scores, on, left, isRepaired });
  }
}
