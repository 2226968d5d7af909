import {
  compareModels,
  type Comparison,
  type ComparisonView,
  type CompareSide,
  type OwnSide,
  type SideView,
} from '../../server/protocol/compare.ts';
import type { ModelState } from '../../server/protocol/model.ts';
import type { Fault } from '../../server/protocol/requests.ts';
import type { Disposable } from '../disposables.ts';
import { Emitter } from '../emitter.ts';
import type { OtherFile } from '../gitFiles.ts';
import { t } from '../l10n.ts';
import { Refused, Stopped, toFault } from '../server/answers.ts';
import type { AskOptions } from '../server/server.ts';
import type { Session } from './session.ts';

/** One side as it was chosen. */
export type SideChoice = OwnSide | OtherFile;

/** What a document lets its comparison do. */
export interface ComparisonDoor {
  readonly name: string;
  readonly state: () => ModelState | undefined;
  /** Runs a request as a job that panels show and stop. */
  run<R>(title: string, ask: (job: AskOptions) => Promise<R>, signal: AbortSignal): Promise<R>;
}

/** What the model is compared with: the panels and the commands of one document share it. */
export class ModelComparison {
  readonly #changed = new Emitter<void>();
  #sides: readonly [SideChoice, SideChoice] = ['opened', 'now'];
  #answer:
    { readonly result?: Comparison; readonly fault?: Fault; readonly of: string } | undefined;
  #asking: AbortController | undefined;
  /** Other files that are compared, with what tells of their changes. */
  readonly #watched = new Map<OtherFile, Disposable | undefined>();
  /** One of them was written since it was asked about. */
  #isOtherFile = false;
  #isDisposed = false;

  /** The sides or the answer changed. */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly session: Pick<Session, 'look'>,
    private readonly door: ComparisonDoor,
  ) {}

  get view(): ComparisonView {
    const [first, second] = this.#sides;
    const isBusy = this.#asking !== undefined;
    const { result, fault, of } = this.#answer ?? {};
    return {
      sides: [this.#viewOf(first), this.#viewOf(second)],
      ...(result ? { result } : {}),
      ...(fault ? { fault } : {}),
      isBusy,
      isStale: !isBusy && this.#isAsked && (this.#isOtherFile || of !== stampOf(this.door.state())),
    };
  }

  /** What is compared with what, for a request. */
  get sides(): readonly [CompareSide, CompareSide] {
    const [first, second] = this.#sides;
    return [wireSide(first), wireSide(second)];
  }

  /** Puts something on one side, and compares. */
  async choose(slot: 0 | 1, choice: SideChoice): Promise<void> {
    const [first, second] = this.#sides;
    await this.compare(slot === 0 ? [choice, second] : [first, choice]);
  }

  /** Compares these two; what is not compared any more is let go. */
  async compare(sides: readonly [SideChoice, SideChoice]): Promise<void> {
    if (this.#isDisposed) return release(sides);
    const gone = this.#sides.filter((side) => !sides.includes(side));
    this.#sides = sides;
    this.#answer = undefined;
    this.#watch();
    await this.again();
    release(gone);
  }

  /** Compares the same once more: something has changed. */
  async again(): Promise<void> {
    this.#asking?.abort();
    this.#asking = undefined;
    if (!this.#isAsked) return this.#changed.fire();
    const asking = new AbortController();
    this.#asking = asking;
    this.#isOtherFile = false;
    this.#changed.fire();
    const of = stampOf(this.door.state());
    const answer = await this.#ask(asking.signal).then(
      (result) => ({ result }),
      (thrown: unknown) => ({ fault: this.#faultOf(thrown) }),
    );
    if (this.#asking !== asking || this.#isDisposed) return;
    this.#asking = undefined;
    this.#answer = { ...answer, of };
    this.#changed.fire();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#asking?.abort();
    for (const watching of this.#watched.values()) watching?.dispose();
    release(this.#sides);
    this.#changed.dispose();
  }

  /** Between states of the model only what tells their roundings apart is asked for. */
  get #isAsked(): boolean {
    const [, second] = this.#sides;
    const isOwn = this.#sides.every((side) => typeof side === 'string');
    return !isOwn || (second !== 'float' && isMeasured(this.door.state()));
  }

  /** Follows the files that are sides now, and no others. */
  #watch(): void {
    const files = this.#sides.filter((side) => typeof side !== 'string');
    for (const [file, watching] of this.#watched) {
      if (files.includes(file)) continue;
      watching?.dispose();
      this.#watched.delete(file);
    }
    for (const file of files) {
      if (this.#watched.has(file)) continue;
      const changed = (): void => {
        this.#isOtherFile = true;
        this.#changed.fire();
      };
      this.#watched.set(file, file.watch?.(changed));
    }
  }

  /** Files beside a revision are brought as the server asks for them. */
  async #ask(signal: AbortSignal): Promise<Comparison> {
    const { sides } = this;
    for (let fetched = 0; ; fetched++) {
      try {
        return await this.door.run(
          t('Comparing models'),
          (job) => this.session.look(compareModels, { sides }, job),
          signal,
        );
      } catch (thrown) {
        if (fetched >= mostBeside || !(await this.#fetched(thrown))) throw thrown;
      }
    }
  }

  async #fetched(thrown: unknown): Promise<boolean> {
    if (!(thrown instanceof Refused) || !missingBeside.has(thrown.fault.code)) return false;
    const { where } = thrown.fault;
    if (where === undefined) return false;
    for (const side of this.#sides) {
      if (typeof side !== 'string' && (await side.fetch?.(where))) return true;
    }
    return false;
  }

  /** What the server says of a temporary file is said of what it is. */
  #faultOf(thrown: unknown): Fault {
    if (thrown instanceof Stopped) return stopped;
    const fault = toFault(thrown);
    const files = this.#sides.filter((side) => typeof side !== 'string');
    const named = (text: string): string =>
      files.reduce((said, { path, title }) => said.replaceAll(path, title), text);
    const isFromGit =
      missingBeside.has(fault.code) && files.some((file) => file.fetch !== undefined);
    const remedy = isFromGit
      ? t(
          'Git has not that file at this revision either: it was never committed, so the model of then cannot be read.',
        )
      : fault.remedy;
    return {
      ...fault,
      message: named(fault.message),
      ...(fault.where === undefined ? {} : { where: named(fault.where) }),
      ...(remedy === undefined ? {} : { remedy: named(remedy) }),
    };
  }

  #viewOf(side: SideChoice): SideView {
    if (typeof side !== 'string') return { kind: 'other', title: side.title };
    const isQuantized = this.door.state()?.kind === 'quantized';
    return { kind: side, title: isQuantized ? this.door.name : ownTitles[side] };
  }
}

/** The sides of a model itself, as they are called. */
export const ownTitles: Readonly<Record<OwnSide, string>> = {
  float: t('Float'),
  opened: t('Quantized, as opened'),
  now: t('Quantized, now'),
};

/** Faults that name a file beside the model which is not there. */
const missingBeside: ReadonlySet<string> = new Set(['external-data-missing', 'shard-missing']);
/** So many files beside a revision are brought. */
const mostBeside = 256;

const stopped: Fault = {
  code: 'stopped',
  message: t('Comparing was stopped.'),
  remedy: t('Compare again to go on.'),
};

function wireSide(side: SideChoice): CompareSide {
  if (typeof side === 'string') return { kind: side };
  const { path, title, revision } = side;
  return { kind: 'other', path, title, ...(revision === undefined ? {} : { revision }) };
}

const release = (sides: readonly SideChoice[]): void => {
  for (const side of sides) if (typeof side !== 'string') side.dispose();
};

/** The samples have said of each layer how it fares, and the model is still the same. */
const isMeasured = (state: ModelState | undefined): boolean =>
  state?.evaluation?.isStale === false &&
  state.layers.some(({ data }) => data !== undefined && data.now.soFar !== 'nan');

/** Same text: a comparison says the same. */
function stampOf(state: ModelState | undefined): string {
  if (!state) return '';
  const { revision, evaluation, data } = state;
  return JSON.stringify([revision, data?.label, evaluation?.isStale, isMeasured(state)]);
}
