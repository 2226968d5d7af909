import type {
  CorrectionState,
  DataState,
  EvaluationState,
  LayerData,
  RepairReport,
} from './data.ts';
import type { FileRecord } from './record.ts';
import type { TargetSettings } from './target.ts';
import type { WireNumber } from './wire.ts';

/** What a step that can be run is called; `equalize` clears dead channels first. */
export type RunStepId = 'fold' | 'equalize' | 'absorb' | 'correct';

/** Steps of the rail. `correct` needs samples; without them it is shown and says so. */
export type RailStepId = RunStepId;

export type Mark = 'hurts' | 'watch' | 'fine';

/** A piece of a sentence. `bad` is set in the colour of what hurts, `dim` is secondary. */
export interface Phrase {
  readonly text: string;
  readonly tone?: 'strong' | 'bad' | 'dim';
  /** What the lowest layer keeps, in dB: a page says by its limits whether that is fine. */
  readonly keepsDb?: WireNumber;
  /** A link; the panel sends it back as `{ type: 'command', id }`. */
  readonly command?: PanelCommand;
}

/** Commands that the host runs for a panel; each is also in the palette. */
export type PanelCommand =
  | 'chooseTarget'
  | 'foldSelected'
  | 'equalizeSelected'
  | 'correctSelected'
  | 'chooseSamples'
  | 'useSyntheticInputs'
  | 'calibrateAndMeasure'
  | 'measureSensitivity'
  | 'correctBiases'
  | 'removeCorrection'
  | 'exportResult'
  | 'exportReport'
  | 'exportComparison'
  | 'compareEngines'
  | 'compareWithFile'
  | 'compareWithLastCommit'
  | 'compareWithDisk'
  | 'repair'
  | 'previewRepair'
  | 'save'
  | 'saveAs'
  | 'saveAsOnnx'
  | 'openFloatModel'
  | 'openAsText'
  | 'showLog'
  | 'keepMine'
  | 'loadTheirs'
  | 'tryAgain'
  | 'manageTrust';

/** The first line: what the file is. */
export interface FileLine {
  readonly name: string;
  /** `ONNX 17`. */
  readonly label: string;
  readonly sizeBytes: number;
  readonly nodeCount: number;
  readonly parameterCount: number;
  /** `N×3×224×224`, one a graph input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface RailStep {
  readonly id: RailStepId | 'save';
  readonly title: string;
  readonly state: 'not-needed' | 'available' | 'done' | 'refused';
  /** `14 sets available`. */
  readonly what: string;
  /** `exact`, `not measured`, `lowest weights 0.5 → 12.2 dB`. */
  readonly gain: string;
  /** What the gain is of, where it does not say so itself; of a loss why it is one. */
  readonly gainNote?: string;
  /** The figures fall: what the step is judged by is worse than before. */
  readonly isLoss?: true;
  readonly isNext: boolean;
  readonly buttons: readonly ('preview' | 'apply' | 'changes' | 'whyNot' | 'save' | 'saveAs')[];
}

/** Spread of the channels' largest |w|, and what one grid for the tensor makes of them. */
export interface RangeSummary {
  /** Of max |w| over the output channels that are not 0. */
  readonly min: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
  /**
   * Half a step of the target's grid for the whole tensor: what lies below rounds to 0. It is 0
   * where the channels share no grid: each has its own, or the layer is left in float.
   */
  readonly halfStep: number;
}

/** The weights of a layer in one state of the model. */
export interface LayerFigures {
  readonly range: RangeSummary;
  /** Widest channel over median channel. */
  readonly spread: WireNumber;
  /** SQNR of the weights in dB with one scale for the tensor, and with one a channel. */
  readonly sqnrTensor: WireNumber;
  readonly sqnrChannel: WireNumber;
  /** Of the granularity that the target has. */
  readonly sqnrChosen: WireNumber;
  /**
   * Of the layer's output with only its weights rounded, in dB, estimated from the weights and the
   * batch norms. Absent: the target has one scale a channel, or the file tells too little.
   */
  readonly estimated?: WireNumber;
  /** Channels whose weights all round to 0 on the target's grid: the tensor's, or their own. */
  readonly lostChannels: number;
}

/** One row of the layers table. */
export interface LayerRow {
  readonly id: number;
  readonly name: string;
  /** `DW 3×3 /2`, `Conv 1×1`, `Gemm`, `MatMul`, `ConvT 4×4 /2`. */
  readonly operator: string;
  /** `256×1×3×3`. */
  readonly shape: string;
  readonly channels: number;
  readonly parameters: number;
  readonly mark: Mark;
  readonly now: LayerFigures;
  /** As opened; absent while the layer is as it was. */
  readonly before?: LayerFigures;
  /** Codes of the findings that name it. */
  readonly findings: readonly string[];
  /** False while the numbers of this layer are still being made (then they are 0). */
  readonly isMeasured: boolean;
  /** Why the weights cannot be measured: NaN or infinite values, say. */
  readonly fault?: string;
  /** What samples say of the layer; absent: not measured. */
  readonly data?: LayerData;
  /** Of its weight, where the target treats it unlike the others; `float`: it is not rounded. */
  readonly ownBits?: number | 'float';
  /** Corrections other than folding leave it alone, as the user wished. */
  readonly isIgnored?: boolean;
  /** Equalizing scaled it, and can be taken back for it alone. */
  readonly isEqualized?: boolean;
}

/** One remedy of a finding with its measured gain, in dB of what `of` says. */
export interface Remedy {
  readonly label: string;
  readonly step?: RunStepId;
  /** More than one, one after the other; `step` is absent then. */
  readonly steps?: readonly RunStepId[];
  readonly target?: TargetSettings;
  readonly fromDb: WireNumber;
  readonly toDb: WireNumber;
  readonly isMeasured: boolean;
  /** Said instead of figures, where none could tell what it brings. */
  readonly note?: string;
  /**
   * What the figures are of. `weights`, or absent: the lowest of the layers concerned. `outputs`,
   * `logits`: the outputs on the judging samples, or what their last Softmax or Sigmoid reads.
   * `estimate`: the lowest output of the layers concerned, each alone, as it is estimated.
   */
  readonly of?: 'weights' | 'estimate' | 'outputs' | 'logits';
  /** Share of right answers with the remedy, where the samples have labels. */
  readonly top1?: number;
}

export interface FindingRow {
  readonly code: string;
  readonly mark: Mark;
  readonly title: string;
  /** Cause, in two sentences with numbers. */
  readonly text: string;
  /** Ids of layer rows, worst first. */
  readonly layers: readonly number[];
  readonly remedies: readonly Remedy[];
}

/** One place that a step looked at. */
export interface LedgerRow {
  readonly outcome: 'refused' | 'available' | 'not-needed' | 'done';
  readonly step: string;
  /** `conv_pw_12 → conv_dw_13`. */
  readonly place: string;
  /** Ids of the layer rows of the place. */
  readonly layers: readonly number[];
  /** `17 of 256`, `256`, or empty. */
  readonly channels: string;
  readonly code: string;
  /** The reason, in words that all places with it share: what the ledger is grouped by. */
  readonly why: string;
  /** The reason at this place, with its names and numbers, where that says more. */
  readonly detail?: string;
  readonly unblock: string;
  /** What does that; absent: nothing that a page could do. */
  readonly action?: LedgerAction;
}

/** Something that unblocks a place of the ledger: a command, or a step with its options. */
export interface LedgerAction {
  /** `Allow the border effect…`. */
  readonly label: string;
  readonly command?: PanelCommand;
  readonly preview?: {
    readonly step: RunStepId;
    readonly options?: Readonly<Record<string, string | number | boolean>>;
  };
}

export interface ProofState {
  readonly step: string;
  readonly exercised: boolean;
  readonly exact: boolean;
  readonly maxAbs: number;
  readonly maxRel: number;
  /** How far an exact step may move them; absent: the step promises nothing, or was not proved. */
  readonly tolerance?: number;
  readonly samples: number;
  readonly source: string;
  readonly values: readonly { name: string; kind: string; maxAbs: number; maxRel: number }[];
  /** How many of the changed channels were ever active on the probes; absent: none compared. */
  readonly activeChannels?: number;
  readonly changedChannels?: number;
  /** The same step in float32, for weights that are stored in 16 bits. */
  readonly float32?:
    | { readonly maxRel: number; readonly tolerance: number; readonly exact: boolean }
    | { readonly unavailable: string };
  readonly unavailable?: string;
  /** What else is to be said: that a correction is made for one grid only. */
  readonly note?: string;
  readonly rolledBack?: string;
}

/** A correction in the change log. */
export interface AppliedChange {
  readonly id: number;
  readonly step: RunStepId;
  /** `Equalize 14 sets`. */
  readonly label: string;
  readonly note: string;
}

/** Everything that a model's panel and the side bar draw. Sent whole: 10,000 rows are 4 MB. */
export interface ModelState {
  readonly uri: string;
  readonly revision: number;
  readonly file: FileLine;
  /** Absolute paths of other files that hold its weights: shards, external data. */
  readonly siblings: readonly string[];
  /** `quantized`: inspected, not repaired. */
  readonly kind: 'float' | 'quantized' | 'no-layers';
  readonly target: TargetSettings;
  readonly targetLabel: string;
  /**
   * Where the target comes from that nobody chose in this window, as the host adds it: `kept` is one
   * that was chosen for the model before. Absent: it was chosen now, or is that of the editor's settings.
   */
  readonly targetFrom?: 'kept' | 'rangefinder.json';
  readonly verdict: readonly Phrase[];
  /**
   * Lowest weight SQNR in dB as opened and now, both with batch norms folded where that is known:
   * the figures of verdict and rail. Absent: nothing is measured, or the model is quantized.
   */
  readonly score?: {
    readonly opened: WireNumber;
    readonly now: WireNumber;
    readonly layer: string;
  };
  readonly steps: readonly RailStep[];
  readonly layers: readonly LayerRow[];
  readonly findings: readonly FindingRow[];
  readonly ledger: readonly LedgerRow[];
  readonly proofs: readonly ProofState[];
  /** What the proofs come to, in a sentence; absent where there are none. */
  readonly proofWords?: string;
  readonly changes: readonly AppliedChange[];
  readonly issues: readonly { code: string; severity: string; message: string; where?: string }[];
  /** Encodings of a quantized model, to inspect. */
  readonly encodings: readonly EncodingRow[];
  /** Set while a preview is shown: the state is as it would be. */
  readonly preview?: {
    readonly title: string;
    /** What would be applied, one undo entry each; none: *Repair* found nothing to gain. */
    readonly steps: readonly RunStepId[];
    /** Which of the steps that were asked for do nothing, and why; of *Repair* what it came to. */
    readonly note?: string;
    /** Of all steps, of which those that help are kept. */
    readonly isRepair?: true;
  };
  /** False while layer numbers are still coming in. */
  readonly isComplete: boolean;
  /** The samples that were chosen; absent: none. */
  readonly data?: DataState;
  /** What they said of the outputs; absent: not measured. */
  readonly evaluation?: EvaluationState;
  /** Set while the model is measured on the samples, in words: `Calibrating 7 of 12 samples.` */
  readonly measuring?: { readonly detail: string; readonly share: number };
  /** Why the last measuring ended before its end: `Stopped after 7 of 12 samples.` */
  readonly stopped?: string;
  /** True where it ended by a fault and not by the user: `stopped` says which. */
  readonly hasFailed?: boolean;
  /** What the last repair tried and kept; absent: none was made. */
  readonly repair?: RepairReport;
  /** Biases that are made for a grid; absent: the biases are those of the float model. */
  readonly correction?: CorrectionState;
  /** What the file's own metadata say was done to it before; absent: nothing. */
  readonly record?: FileRecord;
}

export interface EncodingRow {
  readonly tensor: string;
  readonly type: string;
  readonly scale: number;
  readonly zeroPoint: number;
  /** Number of scales: 1 per tensor. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Of what the chosen samples feed to it; absent: not an input, or not read. */
  readonly samples?: { readonly min: number; readonly max: number };
}
