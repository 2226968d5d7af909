import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import { nothing } from '../repair.ts';
import { runCost } from '../runCost.ts';
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

/** Runs of the network that a trial takes, about: to calibrate, to correct and to judge. */
const passesOfTrial = 5;
/** How often every set is looked at while choosing them. */
const mostSweeps = 2;
/** Multiplications for choosing sets: about a minute on two cores. */
const mostOperations = 1e12;

class DataRepair {
  readonly #truth: FloatTruth;
  readonly #steps: DataRepairStep[] = [];
  #float: Evaluation['float'] = {};
  #samples = 0;
  /** Ways of clearing and scaling that were judged. */
  #tried = 0;

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
      return await this.#run(graph);
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
      const reason = kept ? 'Exact, and every target folds batch norms.' : nothing(folded);
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
    this.#tried = 0;
    for (const plan of plans) {
      const graph = await this.#apply(base.graph, plan);
      if (graph === base.graph) continue;
      const trial = await this.#try(graph, plan);
      this.#tried++;
      if (!best || this.#value(trial) > this.#value(best)) best = trial;
    }
    best = await this.#chooseSets(base, best);
    const tried = best?.plan ?? plans.at(-1);
    if (!tried) return base;
    const outcomes = await runSteps(this.stepContext, base.graph, tried, this.job);
    const failed = outcomes.find(({ rolledBack }) => rolledBack !== undefined);
    const isKept = best !== undefined && !failed && this.#isBetter(base, best);
    const done = outcomes.filter(({ edits }) => edits.length > 0);
    const how = best ? howChosen(done.length, this.#tried) + this.#words(base, best) : '';
    for (const outcome of outcomes) {
      const hasEdits = done.includes(outcome);
      const reason = hasEdits && best ? how : nothing(outcome);
      const { before, after } = this.#pair(base, hasEdits && best ? best : base);
      this.#record(outcome.step, isKept && hasEdits, reason, before, after, outcome);
    }
    const graph = outcomes.at(-1)?.graph ?? base.graph;
    return isKept && best ? { ...best, graph } : base;
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
    const sets = await this.#setsOf(base.graph, plan);
    const trials = mostSweeps * sets.length;
    if (sets.length < 2 || !this.#isCheap(base.graph, trials)) return best;
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
        this.#tried++;
        // Both ways are exact and cost the same: the better one is taken, however little it is.
        if (this.#value(trial) <= this.#value(current)) continue;
        current = trial;
        chosen = only;
      }
      if (chosen === before) break;
    }
    return current === base ? best : current;
  }

  /** The sets that a plan scales, by the names of their layers. */
  async #setsOf(graph: Graph, plan: readonly Wish[]): Promise<(readonly string[])[]> {
    let current = graph;
    for (const { step, options } of plan) {
      const result = await runPass(current, step, options, this.job);
      current = result.graph;
      if (step !== 'equalize') continue;
      return (result.applied as readonly { layers: readonly string[] }[]).map(
        ({ layers }) => layers,
      );
    }
    return [];
  }

  /** Whether as many trials are a matter of a minute or so: by operations, so that it is repeatable. */
  #isCheap(graph: Graph, trials: number): boolean {
    const { correction, judge, calibration } = this.wish;
    const samples =
      correction.indices.length + judge.indices.length + (calibration?.indices.length ?? 0);
    const { macs } = runCost(graph, ({ name }) => this.context.dimsOf(name));
    return macs * samples * passesOfTrial * trials <= mostOperations;
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
    const { before, after } = this.#pair(best, trial);
    this.#record('absorb', kept, this.#words(best, trial), before, after, outcome);
    return kept ? trial : best;
  }

  async #finish(base: Trial, best: Trial, start: Graph): Promise<DataRepairOutcome> {
    const { metric, hasStopRule } = this.wish;
    let final = best.plain;
    let graph = best.graph;
    let correction: Correction | undefined;
    if (best.corrected) {
      const { scores } = best.corrected;
      const gain = gainOf(best.plain, scores, metric);
      const kept = gain.isReal || !hasStopRule;
      if (kept) {
        const on = this.#unjudged();
        correction = await this.#correct(best.graph, on, false);
        graph = correction.result.graph;
        const isSame = on.indices.length === this.wish.correction.indices.length;
        // What is saved is what is judged: more samples make other biases.
        const [again] = isSame ? [scores] : await this.#judge([graph]);
        final = again ?? scores;
      }
      const after = kept ? final : scores;
      this.#record('correct', kept, words(best.plain, after, metric), best.plain, after, undefined);
    }
    let gain = gainOf(base.plain, final, metric);
    if (hasStopRule && !gain.isReal && graph !== start) {
      // Judged one by one the steps looked like gains; together they are none.
      graph = start;
      final = base.plain;
      correction = undefined;
      gain = gainOf(base.plain, final, metric);
      for (const [at, step] of this.#steps.entries()) {
        if (!step.kept || step.id === 'fold') continue;
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
      ...(correction ? { correction } : {}),
    };
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
  #judged(trial: Trial): ContenderScores {
    return trial.corrected?.scores ?? trial.plain;
  }

  #value(trial: Trial): number {
    return valueOf(this.#judged(trial), this.wish.metric);
  }

  #isBetter(base: Trial, trial: Trial): boolean {
    if (!this.wish.hasStopRule) return true;
    return gainOf(this.#judged(base), this.#judged(trial), this.wish.metric).isReal;
  }

  #pair(base: Trial, trial: Trial): { before: ContenderScores; after: ContenderScores } {
    return { before: this.#judged(base), after: this.#judged(trial) };
  }

  #words(base: Trial, trial: Trial): string {
    const together = trial.corrected ? ' with the correction that follows' : '';
    return words(this.#judged(base), this.#judged(trial), this.wish.metric, together);
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
    const { metric, judge } = this.wish;
    const on = `${this.#samples} samples of ${judge.samples.source}`;
    const left = this.#steps.filter(({ kept, id }) => !kept && id !== 'fold').map(({ id }) => id);
    return verdictWords({ float: this.#float, before, after, gained, metric, on, left });
  }
}

const withSets = (wish: Wish, only: readonly (readonly string[])[]): Wish =>
  wish.step === 'equalize' ? { ...wish, options: { ...wish.options, only } } : wish;
