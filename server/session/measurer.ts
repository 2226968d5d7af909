import type { Graph } from '../core/graph/graph.ts';
import { Cancelled, type Job } from '../core/job.ts';
import type { FormerBias } from '../core/passes/restoreBiases.ts';
import { restoreBiases } from '../core/passes/restoreBiases.ts';
import type { Engine } from '../engines/engine.ts';
import type { ModelDocument } from '../formats/format.ts';
import { createJob, StopSwitch } from '../jobs.ts';
import type { TargetSettings } from '../protocol/target.ts';
import type { QuantizeContext } from '../quantize/context.ts';
import { contextOf } from '../quantize/contextOf.ts';
import { floatBiasesOf } from '../quantize/floatBiases.ts';
import { noEngine, Refused, refusedFile } from '../refused.ts';
import { frozenFor, type FrozenEncodings } from './frozenEncodings.ts';
import { foldedOf } from './forecast.ts';
import type { Measured } from './measured.ts';
import type { MeasureCache } from './measureCache.ts';
import { isWhole, measureGraphs, type MeasureSubject } from './measureGraph.ts';
import { measureEqualized } from './measureEqualized.ts';
import { measureRemedies } from './measureRemedies.ts';
import { samplesFor, type SessionData } from './sessionData.ts';
import { SpillFile } from './spill.ts';
import { weakLayersOf } from './weakLayers.ts';

/** One state of a model: its graph, what its biases were before a correction, its key. */
export interface MeasuredState {
  readonly graph: Graph;
  readonly former: readonly FormerBias[];
  readonly key: string;
}

/** What is to be measured. */
export interface MeasureTarget {
  readonly document: ModelDocument;
  readonly engine: Engine | undefined;
  readonly data: SessionData;
  readonly target: TargetSettings;
  readonly frozen: FrozenEncodings | undefined;
  readonly seed: number;
  readonly opened: MeasuredState;
  /** Of the graph that is shown. */
  readonly now: MeasuredState;
}

/** What is known from samples, of the model as opened and as shown. */
export interface Measurement {
  readonly opened: Measured;
  readonly now: Measured;
  /** What they were measured on. */
  readonly data: SessionData;
  readonly target: TargetSettings;
  /** The model, the target or the samples have changed since. */
  readonly isStale: boolean;
}

/** How far a measurement under way is. */
export interface MeasureProgress {
  readonly detail: string;
  readonly share: number;
}

/** State messages while measuring come at most this often. */
const publishEveryMs = 250;

/**
 * Runs the model on the chosen samples. What was asked for once is measured again in the background
 * after every change, until somebody stops it; results are kept by content.
 */
export class Measurer {
  #subject: MeasureTarget | undefined;
  #shown: Measurement | undefined;
  #progress: MeasureProgress | undefined;
  #stopped: string | undefined;
  #hasFailed = false;
  /** What was asked for; undefined: nothing yet, and nothing happens by itself. */
  #depth: { readonly sensitivity: boolean } | undefined;
  #switch = new StopSwitch();
  #done: Promise<void> = Promise.resolve();
  #isHeld = false;
  #published = 0;
  readonly #folded = new Map<Graph, { readonly graph: Graph; readonly spill: SpillFile }>();

  constructor(
    private readonly storageFolder: string,
    private readonly cache: MeasureCache,
    private readonly publish: () => void,
    private readonly log: (text: string) => void,
  ) {}

  get measurement(): Measurement | undefined {
    return this.#shown;
  }

  get progress(): MeasureProgress | undefined {
    return this.#progress;
  }

  /** Why the last measurement ended before its end, in words. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  /** True where a fault ended it, and not the user. */
  get hasFailed(): boolean {
    return this.#stopped !== undefined && this.#hasFailed;
  }

  /** Shows what is known of this subject, and measures the rest once that was asked for. */
  look(subject: MeasureTarget | undefined): void {
    this.#switch.stop();
    this.#subject = subject;
    this.#stopped = undefined;
    this.#show();
    if (!this.#isHeld) this.#goOn();
  }

  /** Measures by itself what another one was asked for. */
  askLike(other: Measurer): void {
    this.#depth = other.#depth;
  }

  /** Stops what is under way, and waits until it has let go of the engine. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    this.#switch.stop();
    await this.#done;
  }

  release(): void {
    this.#isHeld = false;
    if (this.#switch.isCancellationRequested) this.#goOn();
  }

  /** Stops what is under way in the background; what was measured stays. */
  stop(): void {
    if (!this.#progress) return;
    this.#stopped = stoppedWords(this.#progress);
    this.#switch.stop();
    this.#depth = undefined;
  }

  /** Forgets what a measurement that was stopped left half done. */
  discard(): void {
    if (this.#progress || this.#stopped === undefined) return;
    this.#stopped = undefined;
    const { opened, now } = this.#subject ?? {};
    for (const state of [opened, now])
      if (state && !this.cache.get(state.key).scores) this.cache.forget(state.key);
    this.#shown = undefined;
    this.#show();
  }

  /** Measures what is shown, as deep as asked for. */
  async measure(sensitivity: boolean, job: Job): Promise<void> {
    this.#switch.stop();
    await this.#done;
    this.#depth = { sensitivity: sensitivity || (this.#depth?.sensitivity ?? false) };
    this.#stopped = undefined;
    const flag = this.#begin();
    const both: Job = {
      checkpoint: async (done, total, what) => {
        this.#say(done / total, what);
        await job.checkpoint(done, total, what);
        if (flag.isCancellationRequested) throw new Cancelled();
      },
    };
    const work = this.#work(flag, both, false);
    this.#done = work.catch(() => undefined);
    try {
      await work;
    } catch (thrown) {
      if (thrown instanceof Cancelled && flag.isCancellationRequested) throw superseded();
      if (thrown instanceof Cancelled) {
        this.#stopped = stoppedWords(this.#progress);
        this.#depth = undefined;
      }
      throw thrown;
    } finally {
      this.#progress = undefined;
      this.publish();
    }
    this.#goOn();
  }

  dispose(): void {
    this.#switch.stop();
    this.#subject = undefined;
    void this.#done.then(() => this.#forgetFolded(() => false));
  }

  /** In the background, where something that was asked for is missing. */
  #goOn(): void {
    const subject = this.#subject;
    const depth = this.#depth;
    if (!subject || !depth || this.#isHeld) return;
    const known = [subject.opened, subject.now].map(({ key }) => this.cache.get(key));
    const wantsRemedies =
      depth.sensitivity && (known[1]?.remedies === undefined || known[1].equalized === undefined);
    if (known.every((one) => isWhole(one, depth)) && !wantsRemedies) return;
    const flag = this.#begin();
    const job = createJob(flag);
    const told: Job = {
      checkpoint: (done, total, what) => {
        this.#say(done / total, what);
        return job.checkpoint(done, total, what);
      },
    };
    this.#done = this.#done
      .then(() => this.#work(flag, told, depth.sensitivity))
      .catch((thrown: unknown) => {
        if (thrown instanceof Cancelled || flag.isCancellationRequested) return;
        this.#stopped = thrown instanceof Error ? thrown.message : String(thrown);
        this.#hasFailed = true;
        this.log(`Measuring on samples failed: ${this.#stopped}`);
      })
      .finally(() => {
        if (this.#switch !== flag) return;
        this.#progress = undefined;
        this.publish();
      });
  }

  #begin(): StopSwitch {
    this.#hasFailed = false;
    this.#switch = new StopSwitch();
    this.#progress = { detail: 'Beginning to measure.', share: 0 };
    return this.#switch;
  }

  #say(share: number, what: string | undefined): void {
    this.#progress = { detail: what ?? this.#progress?.detail ?? '', share };
    if (performance.now() - this.#published < publishEveryMs) return;
    this.#published = performance.now();
    this.publish();
  }

  /** What is known of the subject; what is not known yet stays as it was before, and says so. */
  #show(): void {
    const subject = this.#subject;
    if (!subject) {
      this.#shown = undefined;
      return;
    }
    const { data, target } = subject;
    const opened = this.cache.get(subject.opened.key);
    const now = this.cache.get(subject.now.key);
    const before = this.#shown;
    if (now.scores && opened.scores) {
      this.#shown = { opened, now, data, target, isStale: false };
    } else if (before) {
      this.#shown = {
        ...before,
        opened: { ...before.opened, ...opened },
        now: { ...before.now, ...now },
        isStale: true,
      };
    } else if (now.calibration) this.#shown = { opened, now, data, target, isStale: false };
  }

  async #work(flag: StopSwitch, job: Job, hasRemedies: boolean): Promise<void> {
    const subject = this.#subject;
    const depth = this.#depth;
    if (!subject || !depth) return;
    const { data, opened, now, target, document, frozen: given } = subject;
    await job.checkpoint(0, 1, 'Reading the model.');
    const subjects: MeasureSubject[] = [];
    let shown: QuantizeContext | undefined;
    const states = opened.key === now.key ? [now] : [now, opened];
    this.#forgetFolded((graph) => states.some((state) => state.graph === graph));
    for (const { graph, former, key } of states) {
      const known = this.cache.get(key);
      const wantsRemedies = hasRemedies && key === now.key && !(known.remedies && known.equalized);
      if (isWhole(known, depth) && !wantsRemedies) continue;
      const context = await contextFor(subject, await this.#fold(graph, job), former, job);
      if (wantsRemedies) shown = context;
      if (isWhole(known, depth)) continue;
      const frozen = frozenFor(given, context);
      const tell = (more: Measured): void => {
        if (flag.isCancellationRequested) return;
        this.cache.set(key, more);
        this.#show();
        this.publish();
      };
      subjects.push({ context, known, frozen, tell });
    }
    const restored = await restoreBiases.run(opened.graph, { former: opened.former }, job);
    const wish = {
      reference: { document, graph: restored.graph },
      calibration: target.activationBits === 'float' ? undefined : samplesFor(data, 'calibration'),
      judge: samplesFor(data, 'judge'),
      labels: data.samples.labels,
      sensitivity: depth.sensitivity,
    };
    await measureGraphs(subjects, wish, job);
    if (shown) {
      const [weakest] = weakLayersOf(this.cache.get(now.key))?.weak ?? [];
      const tried = {
        context: shown,
        correction: samplesFor(data, 'correction'),
        weakest: weakest?.name,
        frozenFor: (context: QuantizeContext) => frozenFor(given, context),
      };
      const remedies = await measureRemedies(tried, wish, job);
      this.cache.set(now.key, { ...this.cache.get(now.key), remedies });
      this.#show();
      const made = await measureEqualized(shown, wish, job);
      this.cache.set(now.key, { ...this.cache.get(now.key), equalized: made });
    }
    this.#show();
  }

  async #fold(graph: Graph, job: Job): Promise<Graph> {
    const known = this.#folded.get(graph);
    if (known) return known.graph;
    const spill = new SpillFile(this.storageFolder, `fold-${process.pid}-${++spillCount}.bin`);
    const folded = await foldedOf(graph, spill, job).catch((thrown: unknown) => {
      spill.dispose();
      throw thrown;
    });
    this.#folded.set(graph, { graph: folded, spill });
    return folded;
  }

  #forgetFolded(isNeeded: (graph: Graph) => boolean): void {
    for (const [graph, { spill }] of this.#folded) {
      if (isNeeded(graph)) continue;
      spill.dispose();
      this.#folded.delete(graph);
    }
  }
}

/** What running a folded graph on the samples needs. */
export async function contextFor(
  {
    document,
    engine,
    data,
    target,
    seed,
  }: Pick<MeasureTarget, 'document' | 'engine' | 'data' | 'target' | 'seed'>,
  graph: Graph,
  former: readonly FormerBias[],
  job: Job,
): Promise<QuantizeContext> {
  if (!engine?.beginTask) throw noEngine();
  const parts = { document, graph, engine, target, seed };
  const made = await contextOf(parts, samplesFor(data, 'judge'), job);
  if (!made.ok) throw refusedFile(made.error);
  const floatBiases = floatBiasesOf(graph, former);
  return former.length === 0 ? made.value : { ...made.value, floatBiases };
}

/** `Stopped. Calibrating 7 of 12 samples.` as what it stopped after. */
const stoppedWords = (progress: MeasureProgress | undefined): string => {
  const found = /(\d+) of (\d+) (samples)?/.exec(progress?.detail ?? '');
  return found ? `Stopped after ${found[1]} of ${found[2]} ${found[3] ?? 'layers'}.` : 'Stopped.';
};

const superseded = (): Refused =>
  new Refused({
    code: 'superseded',
    message: 'The model has changed while it was measured.',
    remedy: 'It is measured again by itself.',
  });

let spillCount = 0;
