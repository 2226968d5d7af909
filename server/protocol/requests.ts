import type { CompareSide } from './compare.ts';
import type { DataChoice } from './data.ts';
import type { CockpitState } from './cockpit.ts';
import type { ModelState, RunStepId } from './model.ts';
import type { TargetSettings } from './target.ts';
import type { WireNumber } from './wire.ts';

/** A request both sides agree on. `Params` and `Reply` exist for the compiler only. */
export interface Rpc<Params, Reply> {
  readonly method: `rangefinder/${string}`;
  readonly title: string;
  readonly shape?: (params: Params) => Reply;
}

/** A notification from the server. */
export interface Note<Params> {
  readonly method: `rangefinder/${string}`;
  readonly shape?: (params: Params) => void;
}

/** `revision` is what the sender saw last; the server refuses (`stale`) where it differs. */
export interface OnModel {
  readonly uri: string;
  readonly revision: number;
  readonly workDoneToken?: string;
}

/** One entry of the change log: enough to do it again on the same file. */
export interface LoggedChange {
  readonly id: number;
  readonly step: RunStepId;
  readonly options: Record<string, unknown>;
  readonly label: string;
}

/** What hot exit keeps: not the weights, but what was done to which file. */
export interface ChangeLog {
  readonly version: 1;
  readonly uri: string;
  /** SHA-256 of the file's size, time and head and tail bytes: says whether it is the same file. */
  readonly fileHash: string;
  /** To do again on the file, in order. */
  readonly changes: readonly LoggedChange[];
  /** Changes that the file has already: their ids stay known, and cannot be undone after a replay. */
  readonly saved?: readonly LoggedChange[];
  /** Changes that the file has and that were undone since: a replay cannot, and says so. */
  readonly undone?: readonly LoggedChange[];
}

/** `initializationOptions` of the server. */
export interface ServerOptions {
  /** A folder of the extension's own, for bytes that undo needs; absent: the system's. */
  readonly storageFolder?: string;
  /** Of the probe inputs that proofs run on; absent: 1. */
  readonly seed?: number;
  /** How many probe inputs; absent: 4. */
  readonly probeCount?: number;
  /** Of the engine; absent: all cores but one. */
  readonly threads?: number;
  /** What runs models; absent: `auto`, ONNX Runtime where it can. */
  readonly engine?: 'auto' | 'onnxruntime' | 'tfjs';
  /** Trusted folders whose installed TensorFlow may be used; absent: none. */
  readonly nativeFolders?: readonly string[];
  /** False: the `rangefinder.json` of the models is not obeyed; absent: it is. */
  readonly isTrusted?: boolean;
  /** Results of a step above this go to disk; absent: 500. */
  readonly memoryLimitMegabytes?: number;
}

export interface OpenParams {
  readonly uri: string;
  readonly target: TargetSettings;
  /** Changes to replay, from a backup or after a crash. */
  readonly log?: ChangeLog;
  /** Names of layers that corrections leave alone; absent: none. */
  readonly leftAlone?: readonly string[];
  readonly workDoneToken?: string;
}

/** Opens a model, or answers with the fault as `error.data` (a `Fault`). */
export const openModel: Rpc<OpenParams, ModelState> = {
  method: 'rangefinder/open',
  title: 'Opening model',
};
export const closeModel: Rpc<{ readonly uri: string }, null> = {
  method: 'rangefinder/close',
  title: 'Closing model',
};
/** Re-ranks for another target; not an edit. */
export const setTarget: Rpc<OnModel & { readonly target: TargetSettings }, ModelState> = {
  method: 'rangefinder/setTarget',
  title: 'Measuring for the target',
};

/** From now on corrections other than folding leave exactly these layers alone; not an edit. */
export const leaveAlone: Rpc<OnModel & { readonly names: readonly string[] }, ModelState> = {
  method: 'rangefinder/leaveAlone',
  title: 'Trying the steps again',
};

/** Reads what the model's `rangefinder.json` has folded and scaled, and tries the steps by it. */
export const obeySettings: Rpc<OnModel, ModelState> = {
  method: 'rangefinder/obeySettings',
  title: 'Trying the steps again',
};

export interface StepRequest {
  readonly step: RunStepId;
  /**
   * Options of the step's pass; absent: its defaults. `layers` restricts it; `pairs` (fold) and
   * `only` (equalize: sets of names or row ids) are done exactly so, or refused.
   */
  readonly options?: Record<string, unknown>;
}
export interface RunParams extends OnModel {
  readonly steps: readonly StepRequest[];
}
/** The state as it would be; nothing has changed. Ends with `discardPreview` or `applySteps`. */
export const previewSteps: Rpc<RunParams, ModelState> = {
  method: 'rangefinder/preview',
  title: 'Previewing',
};
export const discardPreview: Rpc<OnModel, ModelState> = {
  method: 'rangefinder/discardPreview',
  title: 'Discarding preview',
};
export interface ApplyReply {
  readonly state: ModelState;
  /** One a step that changed something, in order: one undo entry each. */
  readonly changes: readonly LoggedChange[];
  /** Steps that did nothing, or were rolled back, with the reason. */
  readonly notes: readonly string[];
}
/** Runs the steps (or applies the preview of the same steps) and proves each. */
export const applySteps: Rpc<RunParams, ApplyReply> = {
  method: 'rangefinder/apply',
  title: 'Applying',
};
/**
 * Fold, clear, equalize, absorb, correct, each kept only if it helps (command-line.md: repair); or
 * what its preview shows.
 */
export const repairModel: Rpc<OnModel, ApplyReply> = {
  method: 'rangefinder/repair',
  title: 'Repairing',
};
/** The state as a repair would make it. Ends with `discardPreview` or `repairModel`. */
export const previewRepair: Rpc<OnModel, ModelState> = {
  method: 'rangefinder/previewRepair',
  title: 'Previewing',
};
/** Undo and redo: makes exactly these changes applied, in order. Ids of changes ever applied. */
export const setChanges: Rpc<OnModel & { readonly ids: readonly number[] }, ModelState> = {
  method: 'rangefinder/setChanges',
  title: 'Undoing',
};
/** A batch norm and a layer beside it, as `fold` takes them in `options.pairs`. */
export interface FoldChoice {
  readonly layer: string;
  readonly batchNorm: string;
  /** `backward`: the batch norm stands behind the layer. */
  readonly direction: 'backward' | 'forward';
  /** Why it cannot be folded this way; absent: it can. */
  readonly whyNot?: string;
}
/** Which batch norms could be folded into these layers, and which way. */
export const listFolds: Rpc<
  OnModel & { readonly layers: readonly number[] },
  readonly FoldChoice[]
> = {
  method: 'rangefinder/folds',
  title: 'Looking for batch norms',
};
/** Takes one layer out of the equalizing that was applied; a new change. */
export const undoLayer: Rpc<OnModel & { readonly layer: number }, ApplyReply> = {
  method: 'rangefinder/undoLayer',
  title: 'Undoing for one layer',
};
export const describeLayer: Rpc<OnModel & { readonly layer: number }, CockpitState> = {
  method: 'rangefinder/layer',
  title: 'Measuring layer',
};
export interface SaveParams extends OnModel {
  /** URI of another file; absent: over the file itself. */
  readonly to?: string;
  /**
   * Write over the file although somebody else has changed it (*Keep mine*); otherwise that is
   * refused with `file-changed` or `file-missing`. What was applied cannot be undone after it.
   */
  readonly overwrite?: boolean;
}
export interface SaveReply {
  readonly state: ModelState;
  /** What writing changed besides the corrections, in sentences: what was dropped, say. */
  readonly notes: readonly string[];
}
/** Writes the model atomically; undo still works after it. */
export const saveModel: Rpc<SaveParams, SaveReply> = {
  method: 'rangefinder/save',
  title: 'Saving model',
};
/** Reads the file again and forgets all changes. */
export const revertModel: Rpc<OnModel, ModelState> = {
  method: 'rangefinder/revert',
  title: 'Reverting',
};
export const readLog: Rpc<OnModel, ChangeLog> = {
  method: 'rangefinder/log',
  title: 'Backing up',
};
/** A built-in target as the picker shows it. */
export interface TargetChoice {
  readonly title: string;
  /** One sentence: what hardware or runtime this is. */
  readonly detail: string;
  readonly target: TargetSettings;
}
/** The built-in targets, the default first. */
export const listTargets: Rpc<null, readonly TargetChoice[]> = {
  method: 'rangefinder/targets',
  title: 'Listing targets',
};
/** The target that a quantsim configuration file describes. Refused with line and column. */
export const readTarget: Rpc<{ readonly path: string }, TargetSettings> = {
  method: 'rangefinder/readTarget',
  title: 'Reading quantsim configuration',
};
/** Takes samples for the model, or none; not an edit. Refused with the fault of the data. */
export const chooseData: Rpc<OnModel & { readonly data?: DataChoice }, ModelState> = {
  method: 'rangefinder/data',
  title: 'Opening samples',
};
/** Writes the chosen samples into the `rangefinder.json` of the model; gives its path. */
export const keepData: Rpc<OnModel, { readonly path: string }> = {
  method: 'rangefinder/keepData',
  title: 'Writing rangefinder.json',
};
/**
 * Calibrates, evaluates and measures all layers on the chosen samples; figures are published as
 * they settle. `sensitivity`: each layer quantized alone, and left in float alone, as well.
 */
export const measureModel: Rpc<OnModel & { readonly sensitivity: boolean }, ModelState> = {
  method: 'rangefinder/measure',
  title: 'Measuring on samples',
};
/** Stops what is measured in the background; what was measured stays, and the state says so. */
export const stopMeasuring: Rpc<{ readonly uri: string }, ModelState> = {
  method: 'rangefinder/stopMeasuring',
  title: 'Stopping',
};
/** Forgets what a measurement that was stopped left half done. */
export const discardMeasured: Rpc<{ readonly uri: string }, ModelState> = {
  method: 'rangefinder/discardMeasured',
  title: 'Discarding',
};
/** Brings back the biases from before a correction that the file has, bit for bit; a new change. */
export const removeCorrection: Rpc<OnModel, ApplyReply> = {
  method: 'rangefinder/removeCorrection',
  title: 'Removing bias correction',
};
export interface ExportParams extends OnModel {
  /** URI of the file to write. */
  readonly to: string;
  readonly what:
    | { readonly kind: 'encodings'; readonly version: '0.6.1' | '1.0.0' | '2.0.0' | '2.1.0' }
    | { readonly kind: 'qdq' }
    | { readonly kind: 'table'; readonly as: 'csv' | 'json' }
    /** One HTML page, the same as data where the name ends in `.json`, the layers table in `.csv`. */
    | { readonly kind: 'report' }
    /** The same of two models side by side; `.csv` has a row a layer. */
    | { readonly kind: 'comparison'; readonly sides: readonly [CompareSide, CompareSide] };
}
/** Writes encodings, a quantized QDQ ONNX model, the layers table, or a report. */
export const exportResult: Rpc<ExportParams, { readonly notes: readonly string[] }> = {
  method: 'rangefinder/export',
  title: 'Exporting',
};
/** Takes encodings from a file and freezes them; problems come back with their lines. */
export const loadEncodings: Rpc<
  OnModel & { readonly from: string },
  { readonly state: ModelState; readonly notes: readonly string[] }
> = {
  method: 'rangefinder/loadEncodings',
  title: 'Loading encodings',
};
/** One sample as the network will see it. */
export interface SamplePreview {
  readonly index: number;
  readonly label?: number;
  /** PNG as a data URI, at most 256 pixels a side; absent where the input is no picture. */
  readonly picture?: string;
  /** Of each channel of the input as it is fed. */
  readonly channels: readonly {
    readonly min: number;
    readonly max: number;
    readonly mean: number;
  }[];
  readonly words: string;
}
export const previewSample: Rpc<OnModel & { readonly index: number }, SamplePreview> = {
  method: 'rangefinder/sample',
  title: 'Reading sample',
};
/** Answers at once, whatever else the server does. */
export const ping: Rpc<null, { readonly pid: number }> = {
  method: 'rangefinder/ping',
  title: 'Ping',
};

/** Layer numbers came in, or the state changed for another reason than a request's own reply. */
export const stateChanged: Note<ModelState> = { method: 'rangefinder/state' };

/** Why a request was refused: `error.data` of the response. */
export interface Fault {
  /** Of the format or step: `truncated`, `stale`, `unknown-model`, `file-changed`, ... */
  readonly code: string;
  readonly message: string;
  readonly offset?: number;
  readonly where?: string;
  readonly remedy?: string;
  /** Other files that are to blame, absolute: once one of them changed, opening may succeed. */
  readonly beside?: readonly string[];
  /** Nothing failed: what was chosen is not possible, and trying again changes nothing. */
  readonly isWhyNot?: true;
}
/** LSP error code of a refused request (RequestFailed). */
export const requestFailed = -32803;

export interface CompareEnginesParams {
  readonly uri: string;
  readonly revision: number;
  readonly workDoneToken?: string;
}

/** How far two engines are apart on one value, the worst sample. */
export interface EngineDifference {
  readonly name: string;
  readonly maxAbs: WireNumber;
  /** Of the largest |value| of the first engine's. */
  readonly maxRel: WireNumber;
}

export interface CompareEnginesReply {
  /** What ran the model, for people: `ONNX Runtime 1.30.0 (cpu)`. */
  readonly engines: readonly [string, string];
  readonly samples: number;
  readonly source: string;
  readonly tolerance: number;
  /** Values of layers and outputs, in the order of the network. */
  readonly values: readonly EngineDifference[];
  readonly notes: readonly string[];
}

/** Runs a Keras or TF.js model in both engines and compares every layer. */
export const compareEngines: Rpc<CompareEnginesParams, CompareEnginesReply> = {
  method: 'rangefinder/compareEngines',
  title: 'Comparing engines',
};
