import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { simulateGraph } from '../core/quant/simulateGraph.ts';
import type { Wish } from '../scalingPlans.ts';
import { calibrate, planOf, simulateOptions, weightEncodings } from './calibrate.ts';
import type { QuantizeContext } from './context.ts';
import { correct, type Correction } from './correct.ts';
import type { DataRepairOptions, DataRepairStep } from './dataRepair.ts';
import type { ContenderScores, Evaluation } from './evaluate.ts';
import { FloatTruth } from './floatTruth.ts';
import { gainOf, valueOf } from './judging.ts';
import { words } from './repairWords.ts';
import type { TaskSamples } from './runTask.ts';

/** A graph that was tried, judged plain and with the correction that would follow. */
export interface Trial {
  readonly graph: Graph;
  readonly plan: readonly Wish[];
  readonly plain: ContenderScores;
  readonly corrected?: { readonly scores: ContenderScores };
}

/**
 * Tries graphs for a repair and holds them against each other: each quantized as the target does,
 * on the samples that judge, by what the float network gives there.
 */
export class RepairJudge {
  readonly #truth: FloatTruth;
  #float: Evaluation['float'] = {};
  #samples = 0;

  constructor(
    private readonly context: QuantizeContext,
    private readonly wish: DataRepairOptions,
    private readonly job: Job,
  ) {
    const { engine, document, graph } = context;
    const { judge: on, labels } = wish;
    const reference = { document, graph };
    this.#truth = new FloatTruth({ engine, reference, on, ...(labels ? { labels } : {}) });
  }

  /** What the float network scores; known once something was judged. */
  get float(): Evaluation['float'] {
    return this.#float;
  }

  /** On how many samples was judged. */
  get samples(): number {
    return this.#samples;
  }

  end(): Promise<void> {
    return this.#truth.end();
  }

  /** Corrects a graph, and judges it as it is and corrected. */
  async tried(graph: Graph, plan: readonly Wish[]): Promise<Trial> {
    const correction = this.wish.steps.includes('correct')
      ? await this.correct(graph, this.wish.correction, true)
      : undefined;
    const graphs = [graph, ...(correction ? [correction.result.graph] : [])];
    const [plain, corrected] = await this.judge(graphs);
    if (!plain) throw new Error('nothing was judged');
    return {
      graph,
      plan,
      plain,
      ...(corrected ? { corrected: { scores: corrected } } : {}),
    };
  }

  /** Calibrates graphs and judges them by what the float network gives. */
  async judge(graphs: readonly Graph[]): Promise<readonly ContenderScores[]> {
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
  async correct(graph: Graph, on: TaskSamples, isTrial: boolean): Promise<Correction> {
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

  value(trial: Trial): number {
    return valueOf(scoresOf(trial), this.wish.metric);
  }

  isBetter(base: Trial, trial: Trial): boolean {
    if (!this.wish.hasStopRule) return true;
    return gainOf(scoresOf(base), scoresOf(trial), this.wish.metric).isReal;
  }

  words(base: Trial, trial: Trial): string {
    const together = trial.corrected ? ' with the correction that follows' : '';
    return words(scoresOf(base), scoresOf(trial), this.wish.metric, together);
  }
}

/** The scores that a trial is judged by: those with the correction that follows. */
const scoresOf = (trial: Trial): ContenderScores => trial.corrected?.scores ?? trial.plain;

/** Two trials as the scores of a step. */
export function pairOf(
  base: Trial,
  trial: Trial,
): Pick<DataRepairStep, 'before' | 'after' | 'isWithCorrection'> {
  const scores = { before: scoresOf(base), after: scoresOf(trial) };
  return trial.corrected ? { ...scores, isWithCorrection: true } : scores;
}
