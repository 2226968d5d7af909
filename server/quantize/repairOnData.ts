import type { Graph } from '../core/graph/graph.ts';
import type { Job } from '../core/job.ts';
import { foldReason, nothing } from '../repair.ts';
import { runStep, type StepContext } from '../runSteps.ts';
import type { StepId, StepOutcome } from '../steps.ts';
import type { QuantizeContext } from './context.ts';
import type { Correction } from './correct.ts';
import type {
  DataStepId,
  DataRepairOptions,
  DataRepairStep,
  DataRepairOutcome,
} from './dataRepair.ts';
import type { ContenderScores } from './evaluate.ts';
import { gainOf, valueOf } from './judging.ts';
import { pairOf, RepairJudge, type Trial } from './repairJudge.ts';
import { chooseScaling } from './repairScaling.ts';
import { verdictWords, words } from './repairWords.ts';
import type { TaskSamples } from './runTask.ts';
import { heldAgainst } from './standing.ts';

/**
 * The pipeline with a stop rule (algorithms: sections 14 and 15.12): fold, clear and equalize,
 * absorb, correct. Every step is judged on samples that neither calibrate nor correct, together
 * with the correction that would follow it, and kept only if the judged error falls by more than
 * its noise. Scaling is tried in one pass and to convergence. The correction that is kept is
 * computed again on all samples that do not judge, unless that is worse than what was tried.
 */
export const repairOnData = (
  context: QuantizeContext,
  steps: StepContext,
  graph: Graph,
  options: DataRepairOptions,
  job: Job,
): Promise<DataRepairOutcome> => new DataRepair(context, steps, options, job).run(graph);

class DataRepair {
  readonly #judge: RepairJudge;
  readonly #steps: DataRepairStep[] = [];
  /** Of scaling, that were judged. */
  #ways = 0;

  constructor(
    private readonly context: QuantizeContext,
    private readonly stepContext: StepContext,
    private readonly wish: DataRepairOptions,
    private readonly job: Job,
  ) {
    this.#judge = new RepairJudge(context, wish, job);
  }

  async run(graph: Graph): Promise<DataRepairOutcome> {
    try {
      const made = await this.#run(graph);
      const { standing } = this.wish;
      if (!standing) return made;
      const [scores] = await this.#judge.judge([standing.graph]);
      if (!scores) throw new Error('nothing was judged');
      const held = heldAgainst(standing, scores, made, this.wish);
      return { ...held, verdict: this.#verdict(held.before, held.after, held.gained) };
    } finally {
      await this.#judge.end();
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
    const base = await this.#judge.tried(start, []);
    if (folded) {
      const kept = folded.edits.length > 0;
      const reason = kept ? foldReason(folded) : nothing(folded);
      this.#record('fold', kept, reason, base.plain, base.plain, folded);
    }
    const { context, stepContext, wish, job } = this;
    const scaled = await chooseScaling(
      { context, stepContext, wish, judge: this.#judge, job },
      base,
    );
    this.#steps.push(...scaled.steps);
    this.#ways = scaled.ways;
    const best = steps.includes('absorb') ? await this.#absorb(scaled.best) : scaled.best;
    return this.#finish(base, best, start);
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
    const trial = await this.#judge.tried(outcome.graph, []);
    const kept = this.#judge.isBetter(best, trial);
    const reason = this.#judge.words(best, trial);
    this.#steps.push({ id: 'absorb', kept, reason, ...pairOf(best, trial), outcome });
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
      float: this.#judge.float,
      before: base.plain,
      after: final,
      gained: gain.isReal,
      verdict: this.#verdict(base.plain, final, gain.isReal),
      samples: this.#judge.samples,
      ...(correction ? { correction: correction.made } : {}),
    };
  }

  /**
   * The correction that is kept, and what it scores: made on all samples that do not judge, or as
   * it was tried where that is better.
   */
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
      made = await this.#judge.correct(best.graph, on, false);
      // What is saved is what is judged: more samples make other biases.
      const isSame = on.indices.length === this.wish.correction.indices.length;
      const [again] = isSame ? [] : await this.#judge.judge([made.result.graph]);
      if (again && valueOf(again, metric) < valueOf(tried, metric)) {
        // The steps before were chosen with the biases of the trial: nothing less is kept.
        made = await this.#judge.correct(best.graph, this.wish.correction, false);
      } else {
        scores = again ?? tried;
      }
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

  #options(id: StepId): Record<string, unknown> {
    return this.wish.options[id] ?? {};
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
    const { float, samples } = this.#judge;
    const isRepaired = standing?.isForGrid === true;
    const on = `${samples === 1 ? '1 sample' : `${samples} samples`} of ${judge.samples.source}`;
    const left = this.#steps.filter(({ kept, id }) => !kept && id !== 'fold').map(({ id }) => id);
    const scores = { float, before, after, gained, metric };
    return verdictWords({ ...scores, on, left, isRepaired, ways: this.#ways });
  }
}
