import { basename } from 'node:path';
import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { Job } from '../core/job.ts';
import { isQuantizedModel } from '../core/quant/quantizedModel.ts';
import type { CorrectionNote } from '../correctionNote.ts';
import type { Engine } from '../engines/engine.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { ChosenPlaces } from '../protocol/modelSettings.ts';
import type { ServerOptions, StepRequest } from '../protocol/requests.ts';
import type { TargetSettings } from '../protocol/target.ts';
import { Refused } from '../refused.ts';
import { Analyst } from './analyst.ts';
import { nothingChosen } from './chosenPlaces.ts';
import { OtherModels } from './compareOthers.ts';
import { correctionAfter, correctionIn } from './corrections.ts';
import { recordsOf, type Change, type StepRecord } from './changeLog.ts';
import { Queue } from './queue.ts';
import type { FrozenEncodings } from './frozenEncodings.ts';
import { measureKey, type MeasureCache } from './measureCache.ts';
import { Measurer } from './measurer.ts';
import type { ChangeContext } from './runChange.ts';
import { openSessionData, type DataPlace, type SessionData } from './sessionData.ts';
import { SpillFile } from './spill.ts';

/** What a preview shows: changes that are made and proved, and not applied. */
export interface Preview {
  readonly requests: readonly StepRequest[];
  readonly changes: readonly Change[];
  /** Records also of steps that did nothing, for the ledger. */
  readonly records: readonly StepRecord[];
  readonly graph: Graph;
  readonly notes: readonly string[];
  /** It is that of *Repair*, and not of steps that were asked for. */
  readonly isRepair?: boolean;
}

/** All that can change about an open model. Replaced as a whole, so that a stop changes nothing. */
export interface SessionState {
  readonly document: ModelDocument;
  readonly fileHash: string;
  /** Which file it is, whatever is in it: `fileIdentity`. */
  readonly fileId: string;
  readonly target: TargetSettings;
  /** As opened, with the tensors where they can be read now. */
  readonly base: Graph;
  /** With the applied changes. */
  readonly graph: Graph;
  readonly applied: readonly Change[];
  /** Changes that were applied once and can be again. */
  readonly known: ReadonlyMap<number, Change>;
  /** Ids of what the file on disk has. */
  readonly saved: readonly number[];
  readonly preview: Preview | undefined;
  /** Records of steps that did nothing since the last change, for the ledger. */
  readonly tried: readonly StepRecord[];
  /** The samples that were chosen; not an edit. */
  readonly data: SessionData | undefined;
  /** Encodings that were loaded; not an edit. */
  readonly frozen: FrozenEncodings | undefined;
  /** Layers that corrections leave alone, by name; not an edit. */
  readonly leftAlone: readonly string[];
  /** What `rangefinder.json` has folded and scaled; not an edit. */
  readonly chosen: ChosenPlaces;
  /** What replaying a log could not bring back. */
  readonly warnings: readonly string[];
}

/** What a session begins with. */
export type Opened = Pick<SessionState, 'document' | 'fileHash' | 'fileId' | 'target'>;

/** What a session uses of its server. */
export interface SessionPlace {
  readonly engine: Engine | undefined;
  readonly storageFolder: string;
  readonly settings: ServerOptions;
  readonly measured: MeasureCache;
  /** Called when more is known of what is shown, not for changes of the session itself. */
  readonly publish: (session: Session) => void;
  readonly log: (text: string) => void;
}

/** One open model: its graph, its changes, what is known of it. */
export class Session {
  readonly queue = new Queue();
  readonly analyst: Analyst;
  readonly measurer: Measurer;
  /** The models that it is compared with. */
  readonly others: OtherModels;
  readonly spill: SpillFile;
  readonly kind: 'float' | 'quantized' | 'no-layers';
  #state: SessionState;
  #revision = 1;
  #nextChange = 1;
  #hasBegun = false;
  #isDisposed = false;
  /** Of the file as it was opened: a save changes the file, and no graph. */
  readonly #openedHash: string;
  /** The bias correction that the file had when it was opened. */
  readonly openedCorrection: CorrectionNote | undefined;

  constructor(
    readonly uri: string,
    opened: Opened,
    private readonly place: SessionPlace,
  ) {
    const { graph } = opened.document;
    this.#state = { ...nothingDone, ...opened, base: graph, graph };
    this.kind = kindOf(graph);
    this.analyst = new Analyst(place.storageFolder, () => place.publish(this), place.log);
    this.measurer = new Measurer(
      place.storageFolder,
      place.measured,
      () => place.publish(this),
      place.log,
    );
    this.others = new OtherModels(place.storageFolder);
    this.#openedHash = opened.fileHash;
    this.openedCorrection = correctionIn(opened.document);
    this.spill = new SpillFile(place.storageFolder, `undo-${process.pid}-${++spillCount}.bin`);
  }

  get state(): SessionState {
    return this.#state;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Puts a new state in place: the one way to change a session. */
  commit(next: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...next };
    this.#revision++;
    for (const { id } of this.#state.applied) this.#nextChange = Math.max(this.#nextChange, id + 1);
    for (const id of this.#state.known.keys())
      this.#nextChange = Math.max(this.#nextChange, id + 1);
    this.#look();
  }

  /** Takes the samples of the session before: the same file, opened again. */
  async continueMeasuring({ state: { data }, measurer }: Session): Promise<void> {
    if (!data) return;
    try {
      const { document } = this.#state;
      this.commit({ data: await openSessionData(document, data.choice, this.dataPlace) });
      this.measurer.askLike(measurer);
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown;
      const warning = `The samples could not be opened again: ${thrown.message}`;
      this.commit({ warnings: [...this.#state.warnings, warning] });
    }
  }

  /** Begins to measure; before that the session is being put together. */
  begin(revision: number): void {
    this.#revision = revision;
    this.#hasBegun = true;
    this.#look();
  }

  /** An id for a change that no change of this session ever had. */
  takeId(): number {
    return this.#nextChange++;
  }

  /** Refuses a request that was made while looking at another revision. */
  expect(revision: number): void {
    if (revision === this.#revision && !this.#isDisposed) return;
    throw new Refused({
      code: 'stale',
      message: `${this.name} has changed since this was asked (revision ${revision}, now ${this.#revision}).`,
      where: this.name,
      remedy: 'Look at the model as it is now, and ask again.',
    });
  }

  /**
   * Does work that may change the session, after all such work that was asked for before. A job
   * that is stopped while it waits never starts.
   */
  change<T>(revision: number, job: Job, work: () => Promise<T>): Promise<T> {
    this.expect(revision);
    return this.queue.run(async () => {
      await job.checkpoint(0, 1);
      this.expect(revision);
      this.analyst.hold();
      await this.measurer.hold();
      try {
        return await work();
      } finally {
        this.analyst.release();
        this.measurer.release();
      }
    });
  }

  /** What steps are run with now; `made` stand on top of what is applied. */
  context(made: readonly Change[] = []): ChangeContext {
    const { document, target, data, applied } = this.#state;
    const correction = correctionAfter(this.openedCorrection, [...applied, ...made]);
    const { engine, settings } = this.place;
    const { seed = 1, probeCount, memoryLimitMegabytes = 500 } = settings;
    const memoryLimitBytes = memoryLimitMegabytes * 1e6;
    const probing = probeCount === undefined ? { seed } : { seed, probeCount };
    const { spill, dataPlace } = this;
    const own = { spill, memoryLimitBytes, data, dataPlace, correction };
    return { document, engine, ...probing, target, ...own };
  }

  /** Results of measurements, by content. */
  get measureCache(): MeasureCache {
    return this.place.measured;
  }

  /** Of all that is made by chance. */
  get seed(): number {
    return this.place.settings.seed ?? 1;
  }

  /** How its samples are opened. */
  get dataPlace(): DataPlace {
    return { seed: this.seed, isTrusted: this.place.settings.isTrusted ?? true };
  }

  get name(): string {
    return basename(this.#state.document.path);
  }

  /** The graph that is shown: as it would be, while there is a preview. */
  get shownGraph(): Graph {
    return this.#state.preview?.graph ?? this.#state.graph;
  }

  /** The bias correction that the shown graph has. */
  get shownCorrection(): CorrectionNote | undefined {
    return correctionAfter(this.openedCorrection, this.shownChanges);
  }

  /** The changes that the shown graph has. */
  get shownChanges(): readonly Change[] {
    return [...this.#state.applied, ...(this.#state.preview?.changes ?? [])];
  }

  /** What steps did and refused, for the graph that is shown. */
  get shownRecords(): readonly StepRecord[] {
    const { applied, preview, tried } = this.#state;
    return preview
      ? [...recordsOf(applied), ...preview.records]
      : [...recordsOf(applied), ...tried];
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.analyst.dispose();
    this.measurer.dispose();
    this.others.dispose();
    void this.#state.data?.samples.dispose();
    this.#state.document.dispose();
    this.spill.dispose();
  }

  #look(): void {
    if (!this.#hasBegun) return;
    const { base, target, leftAlone, chosen } = this.#state;
    const hasSteps = this.kind === 'float';
    this.analyst.look({ base, shown: this.shownGraph, target, hasSteps, leftAlone, chosen });
    this.#lookAtData();
  }

  #lookAtData(): void {
    const { base, target, data, document, frozen } = this.#state;
    const { engine } = this.place;
    if (!data) {
      this.measurer.look(undefined);
      return;
    }
    const keyOf = (changes: readonly Change[]): string =>
      measureKey({
        fileHash: this.#openedHash,
        changes,
        target,
        dataId: data.id,
        ...(frozen ? { frozenId: frozen.id } : {}),
      });
    const shown = this.shownGraph;
    const formerIn = (note: CorrectionNote | undefined): CorrectionNote['former'] =>
      note?.former ?? [];
    const opened = { graph: base, former: formerIn(this.openedCorrection), key: keyOf([]) };
    const former = formerIn(this.shownCorrection);
    const now = { graph: shown, former, key: keyOf(this.shownChanges) };
    this.measurer.look({
      document,
      engine,
      data,
      target,
      frozen,
      seed: this.seed,
      opened,
      now: shown === base ? opened : now,
    });
  }
}

function kindOf(graph: Graph): 'float' | 'quantized' | 'no-layers' {
  if (isQuantizedModel(graph)) return 'quantized';
  return layersOf(graph, wiringOf(graph)).length === 0 ? 'no-layers' : 'float';
}

const nothingDone = {
  applied: [],
  known: new Map<number, Change>(),
  saved: [],
  preview: undefined,
  tried: [],
  data: undefined,
  frozen: undefined,
  leftAlone: [],
  chosen: nothingChosen,
  warnings: [],
} as const;

let spillCount = 0;
