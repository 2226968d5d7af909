import type { DiffSides } from '../../src/diffSides.ts';
import { problemsOf, type Problem } from '../../src/problems/problems.ts';
import { URI } from 'vscode-uri';
import type { CompareSide } from '../../server/protocol/compare.ts';
import type { DataChoice } from '../../server/protocol/data.ts';
import type { ModelState, RunStepId } from '../../server/protocol/model.ts';
import type {
  CompareEnginesReply,
  ExportParams,
  FoldChoice,
  StepRequest,
  TargetChoice,
} from '../../server/protocol/requests.ts';
import type { TargetSettings } from '../../server/protocol/target.ts';
import type { AskSize } from '../../src/editor/modelData.ts';
import type { UsualTarget } from '../../src/editor/modelTargets.ts';
import type { SideChoice } from '../../src/editor/modelComparison.ts';
import type { Revision, Revisions } from '../../src/gitRevisions.ts';
import type { ActiveData, ActiveModel, Choice, Host } from '../../src/host.ts';
import { modelState } from './modelStates.ts';

/** A model that writes down what it is asked for. */
export class FakeModel implements ActiveModel {
  uri = URI.file('/models/net.onnx');
  name = 'net.onnx';
  readonly calls: unknown[][] = [];
  folds: readonly FoldChoice[] = [];
  engines: CompareEnginesReply | undefined;
  isDirty = false;
  isChangedOnDisk = false;
  readonly data = new FakeData(this.calls);
  readonly comparison = {
    /** Own states, unless a test says otherwise. */
    sides: [{ kind: 'opened' }, { kind: 'now' }] as readonly [CompareSide, CompareSide],
    choose: (slot: 0 | 1, side: SideChoice): Promise<void> => this.#note('choose', slot, side),
    compare: (sides: readonly [SideChoice, SideChoice]): Promise<void> =>
      this.#note('compare', sides),
  };
  readonly questions = {
    listFolds: (): Promise<readonly FoldChoice[] | undefined> => Promise.resolve(this.folds),
  };

  constructor(readonly state: ModelState | undefined = modelState()) {}

  preview(steps: readonly StepRequest[] | 'repair'): Promise<void> {
    return this.#note('preview', steps);
  }
  applyPreview(): Promise<void> {
    return this.#note('applyPreview');
  }
  discardPreview(): Promise<void> {
    return this.#note('discardPreview');
  }
  apply(steps: readonly StepRequest[]): Promise<void> {
    return this.#note('apply', steps);
  }
  repair(): Promise<void> {
    return this.#note('repair');
  }
  undoLayer(layer: number): Promise<void> {
    return this.#note('undoLayer', layer);
  }
  compareEngines(): Promise<CompareEnginesReply | undefined> {
    return Promise.resolve(this.engines);
  }
  setTarget(target: TargetSettings): Promise<void> {
    return this.#note('setTarget', target);
  }
  open(): Promise<void> {
    return this.#note('open');
  }
  reload(): Promise<void> {
    return this.#note('reload');
  }
  keepMine(): Promise<void> {
    return this.#note('keepMine');
  }
  saveAs(to: URI): Promise<void> {
    return this.#note('saveAs', to.path);
  }
  cancel(): void {
    void this.#note('cancel');
  }
  #note(...call: unknown[]): Promise<void> {
    this.calls.push(call);
    return Promise.resolve();
  }
}

/** Samples of a model that write down what they are asked for. */
class FakeData implements ActiveData {
  choice: DataChoice | undefined;
  /** Samples that cannot be opened. */
  isRefused = false;

  constructor(readonly calls: unknown[][]) {}

  /** A dimension whose size samples wait for. */
  missing: string | undefined;

  async choose(data: DataChoice | undefined, askSize?: AskSize): Promise<boolean> {
    this.calls.push(['choose', data]);
    if (this.isRefused) return false;
    const size = this.missing === undefined ? undefined : await askSize?.(this.missing);
    if (this.missing !== undefined && size === undefined) return false;
    const dims = this.missing !== undefined && size !== undefined && { [this.missing]: size };
    this.choice = data && dims ? { ...data, dims } : data;
    return true;
  }
  keep(): Promise<string | undefined> {
    this.calls.push(['keep']);
    return Promise.resolve('/models/rangefinder.json');
  }
  measure(sensitivity: boolean): Promise<void> {
    this.calls.push(['measure', sensitivity]);
    return Promise.resolve();
  }
  removeCorrection(): Promise<void> {
    this.calls.push(['removeCorrection']);
    return Promise.resolve();
  }
  exportTo(to: URI, what: ExportParams['what']): Promise<readonly string[]> {
    this.calls.push(['exportTo', to.path, what]);
    return Promise.resolve(['The opset was raised to 21.']);
  }
  loadEncodings(from: URI): Promise<readonly string[]> {
    this.calls.push(['loadEncodings', from.path]);
    return Promise.resolve(['2 tensors have none.']);
  }
}

/** Two commits of every file; its bytes are its name and the commit's. */
export class FakeRevisions implements Revisions {
  commits: readonly Revision[] = [
    { ref: 'b'.repeat(40), subject: 'Equalize', author: 'Ada', date: new Date(86_400_000) },
    { ref: 'a'.repeat(40), subject: 'Add the model', author: 'Ada', date: new Date(0) },
  ];
  last(): Promise<Revision> {
    const [last] = this.commits;
    return last ? Promise.resolve(last) : Promise.reject(new Error('no commit'));
  }
  list(): Promise<readonly Revision[]> {
    return Promise.resolve(this.commits);
  }
  read(file: { readonly path: string }, ref: string): Promise<Uint8Array> {
    if (file.path.endsWith('missing.bin')) return Promise.reject(new Error('not there'));
    return Promise.resolve(new TextEncoder().encode(`${file.path} at ${ref}`));
  }
}

/** A window that writes down what it is asked for, and answers as it was told to. */
export class FakeHost implements Host {
  readonly calls: unknown[][] = [];
  readonly told: string[] = [];
  readonly asked: { readonly title: string; readonly labels: readonly string[] }[] = [];
  selection: readonly number[] = [];
  /** Labels to pick, in order; none left: the pick is dismissed. */
  picks: string[] = [];
  file: URI | undefined;
  sample: URI | undefined;
  profiles: readonly TargetChoice[] = [];

  constructor(public model: FakeModel | undefined = new FakeModel()) {}

  openModel(uri: URI): Promise<ActiveModel | undefined> {
    this.calls.push(['openModel', uri.path]);
    return Promise.resolve(this.model);
  }
  toFront({ name }: ActiveModel): Promise<void> {
    this.calls.push(['toFront', name]);
    return Promise.resolve();
  }
  move(way: 'undo' | 'redo'): Promise<void> {
    this.calls.push(['move', way]);
    return Promise.resolve();
  }
  requests(steps: readonly RunStepId[], layers?: readonly number[]): readonly StepRequest[] {
    return steps.map((step) => ({ step, ...(layers ? { options: { layers } } : {}) }));
  }
  showTab(tab: string): void {
    this.calls.push(['showTab', tab]);
  }
  askForChart(): void {
    this.calls.push(['askForChart']);
  }
  /** What the disk says to each file that is written, in order; none left: it is written. */
  diskFaults: string[] = [];
  writeFile(to: URI, bytes: Uint8Array): Promise<void> {
    this.calls.push(['writeFile', to.path, bytes]);
    const fault = this.diskFaults.shift();
    return fault === undefined ? Promise.resolve() : Promise.reject(new Error(fault));
  }
  reveal(layer: number): void {
    this.calls.push(['reveal', layer]);
  }
  targets(): Promise<readonly TargetChoice[]> {
    return Promise.resolve(this.profiles);
  }
  usual: UsualTarget = { target: modelState().target, from: 'settings' };
  usualTarget(): UsualTarget {
    return this.usual;
  }
  restartServer(): Promise<void> {
    this.calls.push(['restartServer']);
    return Promise.resolve();
  }
  showLog(): void {
    this.calls.push(['showLog']);
  }
  copySample(): Promise<URI | undefined> {
    return Promise.resolve(this.sample);
  }
  /** Buttons that are pressed where something is told, in order; none left: it is put away. */
  answers: string[] = [];
  /** The buttons under what was told last. */
  buttons: readonly string[] = [];
  tell(message: string, ...buttons: readonly string[]): Promise<string | undefined> {
    this.told.push(message);
    this.buttons = buttons;
    return Promise.resolve(this.answers.shift());
  }
  /** What stood beside the lines of the last choice. */
  described: readonly (string | undefined)[] = [];
  choose<T>(title: string, choices: readonly Choice<T>[]): Promise<T | undefined> {
    this.described = choices.map(({ description }) => description);
    this.asked.push({ title, labels: choices.map(({ label }) => label) });
    const wanted = this.picks.shift();
    return Promise.resolve(choices.find(({ label }) => label === wanted)?.value);
  }
  chooseMany<T>(title: string, choices: readonly Choice<T>[]): Promise<readonly T[] | undefined> {
    this.asked.push({ title, labels: choices.map(({ label }) => label) });
    if (this.picks.length === 0) return Promise.resolve(undefined);
    const wanted = new Set(this.picks.splice(0));
    return Promise.resolve(
      choices.filter(({ label }) => wanted.has(label)).map(({ value }) => value),
    );
  }
  readonly seed = 7;
  problems(): readonly Problem[] {
    const state = this.model?.state;
    return state ? problemsOf(state, { ignore: [], weakLayerDb: 20 }) : [];
  }
  readTarget(path: URI): Promise<TargetSettings> {
    this.calls.push(['readTarget', path.path]);
    return Promise.resolve({ ...modelState().target, placement: path.path });
  }
  rememberData(model: URI, data: DataChoice | undefined): Promise<void> {
    this.calls.push(['rememberData', model.path, data]);
    return Promise.resolve();
  }
  forgetData(model: URI): Promise<void> {
    this.calls.push(['forgetData', model.path]);
    return Promise.resolve();
  }
  pickPath(title: string, kind: 'file' | 'folder'): Promise<URI | undefined> {
    this.asked.push({ title, labels: [kind] });
    return Promise.resolve(this.file);
  }
  /** What is answered to questions for numbers, in order. */
  numbers: number[] = [];
  askNumber(title: string): Promise<number | undefined> {
    this.asked.push({ title, labels: [] });
    return Promise.resolve(this.numbers.shift());
  }
  pickModelFile(): Promise<URI | undefined> {
    return Promise.resolve(this.file);
  }
  models: readonly URI[] = [];
  /** There are more models than were looked for. */
  isCut = false;
  workspaceModels(): Promise<{ readonly models: readonly URI[]; readonly isCut: boolean }> {
    return Promise.resolve({ models: this.models, isCut: this.isCut });
  }
  /** The workspace lies at `/project`. */
  folderOf({ path }: URI): string {
    const folder = path.slice(0, path.lastIndexOf('/'));
    return folder.replace(/^\/project(\/|$)/, '');
  }
  revisions: Revisions = new FakeRevisions();
  isInWorkspace({ path }: URI): boolean {
    return path.startsWith('/project/');
  }
  hasBrowser = true;
  /** Whether the system has a program for files that are opened outside. */
  hasProgram = true;
  openOutside({ path }: URI): Promise<boolean> {
    this.calls.push(['openOutside', path]);
    return Promise.resolve(this.hasProgram);
  }
  readFile(uri: URI): Promise<Uint8Array> {
    return Promise.resolve(new TextEncoder().encode(`content of ${uri.toString()}`));
  }
  /** Files that are watched, with what is to be called. */
  readonly watched = new Map<string, () => void>();
  watchFile(uri: URI, changed: () => void): { dispose(): void } {
    this.watched.set(uri.path, changed);
    return { dispose: () => this.watched.delete(uri.path) };
  }
  sides: DiffSides<URI> | undefined;
  diffSides(): DiffSides<URI> | undefined {
    return this.sides;
  }
  pickSaveFile(title: string, proposed: URI): Promise<URI | undefined> {
    this.asked.push({ title, labels: [proposed.path] });
    return Promise.resolve(this.file);
  }
  showText(content: string, language: string): Promise<void> {
    this.calls.push(['showText', language, content]);
    return Promise.resolve();
  }
  saveModel(): Promise<void> {
    this.calls.push(['saveModel']);
    return Promise.resolve();
  }
  execute(command: string, ...values: readonly unknown[]): Promise<void> {
    this.calls.push(['execute', command, ...values.map(String)]);
    return Promise.resolve();
  }
}
