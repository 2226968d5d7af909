import type { Uri } from 'vscode';
import type { CompareSide } from '../server/protocol/compare.ts';
import type { DataChoice } from '../server/protocol/data.ts';
import type { ModelState, RunStepId } from '../server/protocol/model.ts';
import type { Tab } from '../server/protocol/panel.ts';
import type {
  CompareEnginesReply,
  ExportParams,
  FoldChoice,
  StepRequest,
  TargetChoice,
} from '../server/protocol/requests.ts';
import type { TargetSettings } from '../server/protocol/target.ts';
import type { DiffSides } from './diffSides.ts';
import type { Disposable } from './disposables.ts';
import type { AskSize } from './editor/modelData.ts';
import type { UsualTarget } from './editor/modelTargets.ts';
import type { SideChoice } from './editor/modelComparison.ts';
import type { Revisions } from './gitRevisions.ts';
import type { Problem } from './problems/problems.ts';

/** A model's samples as commands use them; `ModelData` is them. */
export interface ActiveData {
  /** The samples that were chosen; absent: none. */
  readonly choice: DataChoice | undefined;
  /** True when they could be opened; else it was told why. `askSize`: for open dimensions. */
  choose(data: DataChoice | undefined, askSize?: AskSize): Promise<boolean>;
  /** Writes the choice into `rangefinder.json`; gives its path. */
  keep(): Promise<string | undefined>;
  measure(sensitivity: boolean): Promise<void>;
  removeCorrection(): Promise<void>;
  /** Sentences about what was written; nothing when it failed, which is then told. */
  exportTo(to: Uri, what: ExportParams['what']): Promise<readonly string[] | undefined>;
  loadEncodings(from: Uri): Promise<readonly string[] | undefined>;
}

/** What commands ask of a model; `ModelQuestions` is one. */
interface ActiveQuestions {
  /** Which batch norms could be folded into these layers; nothing when that was refused. */
  listFolds(layers: readonly number[]): Promise<readonly FoldChoice[] | undefined>;
}

/** What a model is compared with; `ModelComparison` is it. */
interface ActiveComparison {
  /** What is compared with what. */
  readonly sides: readonly [CompareSide, CompareSide];
  /** Puts something on one side, and compares. */
  choose(slot: 0 | 1, side: SideChoice): Promise<void>;
  compare(sides: readonly [SideChoice, SideChoice]): Promise<void>;
}

/** A model as commands use it; `ModelDocument` is one. */
export interface ActiveModel {
  readonly uri: Uri;
  readonly name: string;
  readonly state: ModelState | undefined;
  readonly isDirty: boolean;
  readonly isChangedOnDisk: boolean;
  readonly data: ActiveData;
  readonly questions: ActiveQuestions;
  readonly comparison: ActiveComparison;
  /** Of steps, or of what `repair` would do; `applyPreview` then does just that. */
  preview(steps: readonly StepRequest[] | 'repair'): Promise<void>;
  applyPreview(): Promise<void>;
  discardPreview(): Promise<void>;
  apply(steps: readonly StepRequest[]): Promise<void>;
  repair(): Promise<void>;
  undoLayer(layer: number): Promise<void>;
  setTarget(target: TargetSettings): Promise<void>;
  /** Every layer in both engines; nothing when that was refused, which is then told. */
  compareEngines(): Promise<CompareEnginesReply | undefined>;
  open(): Promise<void>;
  reload(): Promise<void>;
  /** Writes it to another file. Throws a sentence for the user where that cannot be done. */
  saveAs(to: Uri): Promise<void>;
  keepMine(): Promise<void>;
  cancel(): void;
}

/** A line of a quick pick. */
export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: T;
  /** Heading of the lines that it stands among; said once above them. */
  readonly group?: string;
  /** The cursor starts on it. */
  readonly isCurrent?: boolean;
}

/** What a command may use of VS Code and of the extension; a test gives it a fake. */
export interface Host {
  /** The model in the active editor, or else the one that was active last. */
  readonly model: ActiveModel | undefined;
  /** The layers that are selected in the model's table. */
  readonly selection: readonly number[];
  /** Opens a file in the model editor; gives the model when it is read, or could not be. */
  openModel(uri: Uri): Promise<ActiveModel | undefined>;
  /** Makes its editor the active one, which commands of VS Code are about; a diff of it will do. */
  toFront(model: ActiveModel): Promise<void>;
  /**
   * Undoes or redoes in the model in front, after what is being undone: VS Code drops what comes
   * meanwhile.
   */
  move(way: 'undo' | 'redo'): Promise<void>;
  /** Steps with their options, as the settings have them. */
  requests(steps: readonly RunStepId[], layers?: readonly number[]): readonly StepRequest[];
  showTab(tab: Tab): void;
  /** Has the page show which charts there are to save. */
  askForChart(): void;
  /** Replaces a file as a whole: it is never seen half written. Throws what the disk says. */
  writeFile(to: Uri, bytes: Uint8Array): Promise<void>;
  reveal(layer: number): void;
  targets(): Promise<readonly TargetChoice[]>;
  /** The target that a model has where none is chosen for it. */
  usualTarget(model: Uri): UsualTarget;
  /** Saves the model in view, and asks what there is to ask even where VS Code saves by itself. */
  saveModel(): Promise<void>;
  restartServer(): Promise<void>;
  showLog(): void;
  /** The bundled sample, copied to where it may be written; undefined where there is none. */
  copySample(): Promise<Uri | undefined>;
  /** Tells something; gives the button that was pressed. */
  tell(message: string, ...buttons: readonly string[]): Promise<string | undefined>;
  choose<T>(title: string, choices: readonly Choice<T>[]): Promise<T | undefined>;
  /** Several of the choices; those that are current are taken to begin with. */
  chooseMany<T>(title: string, choices: readonly Choice<T>[]): Promise<readonly T[] | undefined>;
  /** A whole number from 1 on; nothing when the question was dismissed. */
  askNumber(title: string, prompt: string): Promise<number | undefined>;
  pickModelFile(title: string): Promise<Uri | undefined>;
  /** The models of the workspace; `isCut`: there are more, which were not looked for. */
  workspaceModels(): Promise<{ readonly models: readonly Uri[]; readonly isCut: boolean }>;
  /** The folder of a file, from the workspace on where it lies in one; empty at its root. */
  folderOf(uri: Uri): string;
  isInWorkspace(uri: Uri): boolean;
  /** Files can be opened in a browser: not where they lie on a machine elsewhere. */
  readonly hasBrowser: boolean;
  /** Opens a file in the program that the system has for it; false where none took it. */
  openOutside(uri: Uri): Promise<boolean>;
  /** Earlier states of files, by git. */
  readonly revisions: Revisions;
  /** The bytes of a file, on whatever it lies. */
  readFile(uri: Uri): Promise<Uint8Array>;
  /** Calls back when a file was written or is gone. */
  watchFile(uri: Uri, changed: () => void): Disposable;
  /** The two models of the diff in front; `primary`: the one that its menus are about. */
  diffSides(primary?: Uri): DiffSides | undefined;
  /** A file or a folder to read. */
  pickPath(
    title: string,
    kind: 'file' | 'folder',
    filters?: Record<string, string[]>,
  ): Promise<Uri | undefined>;
  /** Keeps which samples a model is looked at with, in the workspace. */
  rememberData(model: Uri, data: DataChoice | undefined): Promise<void>;
  /** Leaves it to the settings file of the model again. */
  forgetData(model: Uri): Promise<void>;
  /** What is wrong with an open model, by the settings and the file beside it. */
  problems(model: Uri): readonly Problem[];
  /** Seed of synthetic inputs. */
  readonly seed: number;
  /** The target that a quantsim configuration file describes. Throws what the server says. */
  readTarget(path: Uri): Promise<TargetSettings>;
  /** Where to write a file, `proposed` unless the user says otherwise. */
  pickSaveFile(
    title: string,
    proposed: Uri,
    filters: Record<string, string[]>,
  ): Promise<Uri | undefined>;
  /** Opens a new text that is not saved anywhere. */
  showText(content: string, language: string): Promise<void>;
  /** Runs a command of VS Code. */
  execute(command: string, ...values: readonly unknown[]): Promise<void>;
}
