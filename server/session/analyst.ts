import type { Graph, NodeId } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import type { Finding } from '../core/diagnose/finding.ts';
import { Cancelled, type Job } from '../core/job.ts';
import { reportLayers, type LayerReport } from '../core/reports/weightReport.ts';
import {
  countLost,
  findingsOf,
  measureForecast,
  reportedLayers,
  reportFolded,
  type LostChannels,
} from '../diagnoseModel.ts';
import { createJob, StopSwitch } from '../jobs.ts';
import type { ChosenPlaces } from '../protocol/modelSettings.ts';
import type { TargetSettings } from '../protocol/target.ts';
import { foldedOf, forecastSteps, forecastStructure, isSmall, type Forecast } from './forecast.ts';
import { SpillFile } from './spill.ts';

/** What is known so far of the graph that is shown. */
export interface Insight {
  /** By layer, in model order; a layer that nobody has looked at yet is missing. */
  readonly now: ReadonlyMap<NodeId, LayerReport>;
  /** As opened, for layers whose weight is another one by now. */
  readonly before: ReadonlyMap<NodeId, LayerReport>;
  readonly layers: readonly Layer[];
  /** Absent: not made yet. */
  readonly forecast: Forecast | undefined;
  /**
   * With batch norms folded, as every target rounds them: as shown, and as opened. Empty until they
   * are measured, and for models that are too large for that.
   */
  readonly folded: {
    readonly now: ReadonlyMap<NodeId, LayerReport>;
    readonly opened: ReadonlyMap<NodeId, LayerReport>;
    /** True where folding changes a weight of the graph that is shown. */
    readonly isNeeded: boolean;
  };
  /** Of the layers as they are judged; undefined until the dry run is made. */
  readonly lost: LostChannels | undefined;
  /** Of the layers as fold, clear and equalize would leave them; with the forecast. */
  readonly equalized: ReadonlyMap<NodeId, LayerReport>;
  readonly findings: readonly Finding[];
  readonly isComplete: boolean;
}

/** What the analyst looks at. */
export interface Subject {
  readonly base: Graph;
  readonly shown: Graph;
  readonly target: TargetSettings;
  /** Layers that corrections leave alone, by name. */
  readonly leftAlone: readonly string[];
  /** What `rangefinder.json` has folded and scaled. */
  readonly chosen: ChosenPlaces;
  /** False for a quantized model: no step makes sense on it. */
  readonly hasSteps: boolean;
}

/** State messages of a model with few layers come at most this often ... */
const publishEveryMs = 200;
/** ... and of one with many so much less often: a message has all rows. */
const publishMsPerLayer = 0.5;

/**
 * Measures the model that is shown, in the background, and tells how far it is. A new subject
 * stops the work on the one before; what was measured of the same weights is kept by the core.
 */
export class Analyst {
  #insight: Insight = nothing;
  #switch = new StopSwitch();
  #done: Promise<void> = Promise.resolve();
  #spill: SpillFile | undefined;
  /** While a change of the model runs, the work here waits: it would be thrown away anyway. */
  #hold: { readonly released: Promise<void>; readonly release: () => void } | undefined;
  #openedFolded:
    { readonly base: Graph; readonly folded: Graph; readonly spill: SpillFile } | undefined;
  #tried: { readonly of: string; readonly graph: Graph; readonly forecast: Forecast } | undefined;

  constructor(
    private readonly storageFolder: string,
    private readonly publish: () => void,
    private readonly log: (text: string) => void,
  ) {}

  get insight(): Insight {
    return this.#insight;
  }

  /** Begins anew with this subject. */
  look(subject: Subject): void {
    this.release();
    this.#switch.stop();
    this.#switch = new StopSwitch();
    const flag = this.#switch;
    const layers = reportedLayers(subject.shown);
    this.#insight = { ...nothing, layers };
    this.#done = this.#done
      .then(() => this.#work(subject, layers, flag))
      .catch((thrown: unknown) => {
        if (thrown instanceof Cancelled || flag.isCancellationRequested) return;
        this.log(
          `Measuring failed: ${thrown instanceof Error ? (thrown.stack ?? '') : String(thrown)}`,
        );
        this.#tell(flag, { isComplete: true });
      });
  }

  /**
   * Waits until all is known, at most so long. It cannot be stopped: it follows a commit, and what
   * is committed must be answered.
   */
  async settle(timeoutMs: number): Promise<void> {
    this.release();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#done, timeout]);
    clearTimeout(timer);
  }

  /** Lets the work wait until `release`, a new subject, or somebody who waits for it. */
  hold(): void {
    if (this.#hold) return;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#hold = { released, release };
  }

  release(): void {
    this.#hold?.release();
    this.#hold = undefined;
  }

  dispose(): void {
    this.release();
    this.#switch.stop();
    this.#spill?.dispose();
    this.#openedFolded?.spill.dispose();
  }

  async #work(subject: Subject, layers: readonly Layer[], flag: StopSwitch): Promise<void> {
    const job = this.#job(flag);
    await job.checkpoint(0, 1);
    const gate = new Gate(Math.max(publishEveryMs, publishMsPerLayer * layers.length));
    const now = new Map<NodeId, LayerReport>();
    const before = new Map<NodeId, LayerReport>();
    this.#insight = { ...this.#insight, now, before };
    await reportLayers(changedLayers(subject, layers), subject.target, job, (report) => {
      before.set(report.layer.node.id, report);
    });
    const reports = await reportLayers(layers, subject.target, job, (report) => {
      now.set(report.layer.node.id, report);
      if (gate.isOpen()) this.#tell(flag, {});
    });
    const { shown, target } = subject;
    if (subject.hasSteps && layers.length > 0) {
      const forecast = await this.#forecast(subject, job);
      const after = forecast.isMeasured ? await measureForecast(forecast, target, job) : undefined;
      const findings = await findingsOf(shown, target, reports, forecast, after, job);
      const equalized = after?.equalize ?? nothing.equalized;
      const folded = after
        ? await this.#folded(subject, forecast, after.fold, job)
        : nothing.folded;
      const lost = countLost(after ? [...after.fold.values()] : reports, forecast);
      this.#tell(flag, { forecast, equalized, folded, lost, findings, isComplete: true });
    } else {
      const findings = await findingsOf(shown, target, reports, undefined, undefined, job);
      this.#tell(flag, { findings, isComplete: true });
    }
  }

  /** A job that is stopped by the flag, and waits while the analyst is held. */
  #job(flag: StopSwitch): Job {
    const job = createJob(flag);
    return {
      checkpoint: async (done, total, what) => {
        while (this.#hold && !flag.isCancellationRequested) await this.#hold.released;
        await job.checkpoint(done, total, what);
      },
    };
  }

  /** The dry run, made once for a graph: a target changes nothing about it. */
  async #forecast({ shown: graph, leftAlone, chosen }: Subject, job: Job): Promise<Forecast> {
    const of = JSON.stringify([leftAlone, chosen]);
    if (this.#tried?.graph === graph && this.#tried.of === of) return this.#tried.forecast;
    this.#tried = undefined;
    this.#spill?.dispose();
    this.#spill = new SpillFile(this.storageFolder, `dry-${process.pid}-${++spillCount}.bin`);
    const forecast = isSmall(graph)
      ? await forecastSteps(graph, this.#spill, job, { leftAlone, chosen })
      : await forecastStructure(graph, job, chosen);
    this.#tried = { of, graph, forecast };
    return forecast;
  }

  /** The layers folded, as shown and as opened: what figures before and after are taken from. */
  async #folded(
    { base, shown, target }: Subject,
    forecast: Forecast,
    now: ReadonlyMap<NodeId, LayerReport>,
    job: Job,
  ): Promise<Insight['folded']> {
    const isNeeded = forecast.results.get('fold')?.applied.length !== 0;
    if (base === shown) return { now, opened: now, isNeeded };
    const opened = await reportFolded(await this.#foldedBase(base, job), target, job);
    return { now, opened, isNeeded };
  }

  /** Made once for a model as opened: it stays the same while corrections come and go. */
  async #foldedBase(base: Graph, job: Job): Promise<Graph> {
    if (this.#openedFolded?.base === base) return this.#openedFolded.folded;
    this.#openedFolded?.spill.dispose();
    this.#openedFolded = undefined;
    const spill = new SpillFile(this.storageFolder, `base-${process.pid}-${++spillCount}.bin`);
    const folded = await foldedOf(base, spill, job).catch((thrown: unknown) => {
      spill.dispose();
      throw thrown;
    });
    this.#openedFolded = { base, folded, spill };
    return folded;
  }

  #tell(flag: StopSwitch, more: Partial<Insight>): void {
    if (flag.isCancellationRequested) return;
    this.#insight = { ...this.#insight, ...more };
    this.publish();
  }
}

/** Layers as opened whose weight is another one in the graph that is shown. */
function changedLayers({ base, shown }: Subject, layers: readonly Layer[]): Layer[] {
  if (base === shown) return [];
  const now = new Map(layers.map((layer) => [layer.node.id, layer.weight]));
  return reportedLayers(base).filter((layer) => now.get(layer.node.id) !== layer.weight);
}

/** Opens at most once in a while. */
class Gate {
  #opened = performance.now();
  constructor(private readonly everyMs: number) {}

  isOpen(): boolean {
    if (performance.now() - this.#opened < this.everyMs) return false;
    this.#opened = performance.now();
    return true;
  }
}

const nothing: Insight = {
  now: new Map(),
  before: new Map(),
  layers: [],
  forecast: undefined,
  folded: { now: new Map(), opened: new Map(), isNeeded: false },
  lost: undefined,
  equalized: new Map(),
  findings: [],
  isComplete: false,
};

let spillCount = 0;
