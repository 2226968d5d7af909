import type { Graph } from '../core/graph/graph.ts';
import { layerUnits, type LayerUnit } from '../core/quant/layerUnits.ts';
import { simulateGraph, type Simulation } from '../core/quant/simulateGraph.ts';
import type { Job } from '../core/job.ts';
import type {
  DifferenceTotals,
  Reduction,
  ReductionResult,
  ValueAt,
} from '../engines/sampleTask.ts';
import { simulateOptions, type Calibration } from './calibrate.ts';
import { encoded, networkOf, type QuantizeContext, type RunnableModel } from './context.ts';
import { judgedValues, type Judged } from './evaluate.ts';
import { withFloatBiases } from './floatBiases.ts';
import { Frontier } from './frontier.ts';
import { againAfterDeath, runKept, within } from './runKept.ts';
import { ranIn, runTask, type TaskSamples } from './runTask.ts';
import { accuracyOf, errorScores, type ErrorScores } from './scores.ts';

/** What the outputs score when one layer is treated unlike all others. */
export interface OutputScores extends ErrorScores {
  readonly logits?: ErrorScores;
  readonly top1?: number;
}

export interface LayerSensitivity {
  readonly name: string;
  readonly op: string;
  /** Everything in float but this layer. */
  readonly onlyThis: OutputScores;
  /** Everything rounded but this layer. */
  readonly allButThis: OutputScores;
}

export interface SensitivityOptions {
  readonly labels?: Int32Array;
  /** Default: all. */
  readonly layers?: ReadonlySet<string>;
  /** The float model whose outputs count as the truth; default: the context's own. */
  readonly reference?: RunnableModel;
}

/** The two sweeps of a sensitivity analysis. */
const sweeps = ['onlyThis', 'allButThis'] as const;

/**
 * For each layer the error of the outputs with only this layer rounded, and with all but this one.
 * What lies before the layer is not computed again: its values are kept from one layer to the next
 * (float for the first sweep, rounded for the second). Networks with sub-graphs cannot be cut, and
 * are run whole for each layer.
 */
export async function sensitivity(
  context: QuantizeContext,
  calibration: Calibration,
  on: TaskSamples,
  job: Job,
  options: SensitivityOptions = {},
): Promise<LayerSensitivity[]> {
  const units = layerUnits(context.graph, calibration.plan).filter(
    ({ layer, quantized }) =>
      quantized.size > 0 && (!options.layers || options.layers.has(layer.name)),
  );
  const scores = { onlyThis: [] as OutputScores[], allButThis: [] as OutputScores[] };
  for (const [at, sweep] of sweeps.entries()) {
    const part: Job = {
      checkpoint: (done, total, what) =>
        job.checkpoint(at * total + done, sweeps.length * total, what),
    };
    const make = (): Sweep => new Sweep(context, calibration, on, sweep, options);
    scores[sweep].push(...(await walked(make, units, part)));
  }
  return units.map(({ layer }, at) => {
    const [onlyThis, allButThis] = [scores.onlyThis[at], scores.allButThis[at]];
    if (!onlyThis || !allButThis) throw new Error(`no scores of ${layer.name}`);
    return { name: layer.name, op: layer.node.op, onlyThis, allButThis };
  });
}

/** For each of some layers the error of the outputs with everything in float but this layer. */
export async function aloneScores(
  context: QuantizeContext,
  calibration: Calibration,
  on: TaskSamples,
  job: Job,
  layers: ReadonlySet<string>,
): Promise<ReadonlyMap<string, OutputScores>> {
  const units = layerUnits(context.graph, calibration.plan).filter(
    ({ layer, quantized }) => quantized.size > 0 && layers.has(layer.name),
  );
  const make = (): Sweep => new Sweep(context, calibration, on, 'onlyThis', {});
  const scores = await walked(make, units, job);
  return new Map(scores.map((one, at) => [units[at]?.layer.name ?? '', one]));
}

/** Walks, once more from its beginning where the engine dies in it: with it goes what was kept. */
const walked = (
  make: () => Sweep,
  units: readonly LayerUnit[],
  job: Job,
): Promise<readonly OutputScores[]> =>
  againAfterDeath(async () => {
    const walk = make();
    try {
      return await walk.run(units, job);
    } finally {
      await walk.end();
    }
  });

/** One walk through the network, stopping at every layer. */
class Sweep {
  readonly #frontier: Frontier;
  readonly #trunk: Simulation;
  #judged: readonly Judged[] = [];

  constructor(
    private readonly context: QuantizeContext,
    private readonly calibration: Calibration,
    private readonly on: TaskSamples,
    private readonly sweep: (typeof sweeps)[number],
    private readonly options: Pick<SensitivityOptions, 'labels' | 'reference'>,
  ) {
    this.#frontier = new Frontier(context.types);
    this.#trunk = this.#simulate(() => sweep === 'allButThis');
  }

  async run(units: readonly LayerUnit[], job: Job): Promise<OutputScores[]> {
    const { context } = this;
    const { engine } = context;
    const graph = withFloatBiases(context.graph, context.floatBiases);
    const plain = { document: context.document, graph };
    const truth = this.options.reference ?? plain;
    this.#judged = judgedValues(truth.graph, [plain]);
    const keeps = this.#judged.map(({ reference }) => ({
      value: reference,
      as: this.#referenceName(reference),
    }));
    const network = networkOf(
      truth,
      this.#judged.map(({ reference }) => reference),
    );
    const floats = { networks: [{ ...network, keeps }], reductions: [] };
    const kept = await runTask(engine, floats, this.on, within(job, 0, 1, ''), 'Running in float');
    const on = ranIn(this.on, kept);
    const scores: OutputScores[] = [];
    for (const [done, unit] of units.entries()) {
      const step = within(job, done, units.length, `Layer ${done + 1} of ${units.length}`);
      await step.checkpoint(done, units.length);
      await this.#advance(unit, on, step);
      scores.push(await this.#measure(unit, on, step));
    }
    return scores;
  }

  #referenceName(value: string): string {
    return this.#frontier.keptName(`reference ${value}`);
  }

  /** Lets go of what the walk kept. */
  end(): Promise<void> {
    return this.#frontier.end(this.context.engine);
  }

  /** Computes and keeps what the network has right before the layer. */
  async #advance(unit: LayerUnit, on: TaskSamples, job: Job): Promise<void> {
    const graph = this.#trunk.graph;
    const position = graph.nodes.findIndex(({ id }) => id === unit.layer.node.id);
    const step = this.#frontier.step(graph, position);
    const keeps = step.compute.map((value) => ({ value, as: this.#frontier.keptName(value) }));
    if (keeps.length > 0) {
      const part = this.#frontier.network(graph, step.compute, { keeps });
      if (!part) return; // not to be cut: every layer runs the whole network
      const task = { networks: [part.network], reductions: [] };
      await runKept(this.context.engine, task, on, part.needsFeeds, job);
    }
    this.#frontier.moved(step);
    if (step.forget.length > 0) {
      await this.context.engine.forget?.(step.forget.map((name) => this.#frontier.keptName(name)));
    }
  }

  async #measure(unit: LayerUnit, on: TaskSamples, job: Job): Promise<OutputScores> {
    const { context } = this;
    const isOwn = (tensor: string): boolean => unit.quantized.has(tensor);
    const { graph, rounded } = this.#simulate(
      this.sweep === 'onlyThis' ? isOwn : (tensor) => !isOwn(tensor),
    );
    const names = this.#judged.map(({ contenders: [own = ''] }) => rounded.get(own) ?? own);
    const cut = this.#frontier.network(graph, names) ?? {
      network: { model: encoded({ document: context.document, graph }, names) },
      needsFeeds: true,
    };
    // An output that is made before the layer is among what is kept.
    const at = (name: string): ValueAt =>
      this.#frontier.kept.has(name)
        ? { kept: this.#frontier.keptName(name) }
        : { network: 0, value: name };
    const reductions = this.#judged.map(({ reference }, i): Reduction => ({
      kind: 'difference',
      reference: { kept: this.#referenceName(reference) },
      actual: at(names[i] ?? ''),
    }));
    const top = 5;
    const main = this.#judged.findIndex(({ kind }) => kind === 'output');
    if (this.options.labels && main >= 0) {
      reductions.push({ kind: 'ranking', of: at(names[main] ?? ''), top });
    }
    // A layer that no output depends on leaves nothing to compute.
    const isThere = names.every((name) => this.#frontier.kept.has(name));
    const results = await runKept(
      context.engine,
      { networks: isThere ? [] : [cut.network], reductions },
      on,
      cut.needsFeeds && !isThere,
      job,
    );
    return this.#scores(results, top);
  }

  #scores(results: readonly ReductionResult[], top: number): OutputScores {
    const part = (kind: Judged['kind']): DifferenceTotals[] =>
      this.#judged.flatMap((judged, at) => {
        const result = results[at];
        return judged.kind === kind && result?.kind === 'difference' ? [result.difference] : [];
      });
    const logits = part('logits');
    const { labels } = this.options;
    const ranking = results.find((one) => one.kind === 'ranking');
    return {
      ...errorScores(part('output')),
      ...(logits.length > 0 ? { logits: errorScores(logits) } : {}),
      ...(ranking && labels ? { top1: accuracyOf(ranking, labels, top).top1 } : {}),
    };
  }

  /** The network with the encodings of these tensors. */
  #simulate(isRounded: (tensor: string) => boolean): { graph: Graph } & Simulation {
    const options = simulateOptions(this.context);
    const isFloat = (weight: string): boolean => !isRounded(weight);
    const graph = withFloatBiases(this.context.graph, this.context.floatBiases, isFloat);
    const { encodings, alone } = this.calibration;
    const simulation = simulateGraph(graph, this.sweep === 'onlyThis' ? alone : encodings, {
      ...options,
      only: ({ tensor }) => isRounded(tensor),
    });
    this.#frontier.knowRounded(simulation.rounded);
    return simulation;
  }
}
