import type { WireNumber } from './wire.ts';

/** Samples that a user chose for a model; kept by the host, with the workspace. */
export interface DataChoice {
  /** Absolute path of a file or folder, or `synthetic:SEED`. */
  readonly path: string;
  /** File of labels. */
  readonly labels?: string;
  /** As `rangefinder.json` has it; absent: guessed from the model, and named as a guess. */
  readonly preprocess?: Readonly<Record<string, unknown>>;
  /** Sizes of dimensions that the model leaves open, by name; they go before `rangefinder.json`. */
  readonly dims?: Readonly<Record<string, number>>;
  /** `A..B`, B not included; absent: a seeded split into 1/4, 1/4 and 1/2. */
  readonly calibration?: string;
  readonly correction?: string;
  readonly judge?: string;
}

/** What the panel shows of the samples. */
export interface DataState {
  /** `imagenet-a · 12 + 12 + 40, labelled`, or `none`. */
  readonly label: string;
  readonly isSynthetic: boolean;
  readonly hasLabels: boolean;
  readonly counts: {
    readonly calibration: number;
    readonly correction: number;
    readonly judge: number;
  };
  /** How samples become inputs, in words; absent where they are taken as they are. */
  readonly preprocessing?: { readonly words: string; readonly isGuess: boolean };
  /** What is wrong with the samples, or worth knowing, in sentences. */
  readonly notes: readonly string[];
  /** How it was decided which samples serve what: `split 1/4, 1/4, 1/2, seed 1`. */
  readonly split?: string;
  /** Which do: `calibrate 0–11; correct 12–23; judge 24–63; no overlap`. */
  readonly ranges?: string;
}

/** One state of the model, judged on the samples that judge. */
export interface EvaluationRow {
  /** `other`: at another target, or with a step that was only tried. */
  readonly state: 'float' | 'opened' | 'now' | 'other';
  /** `Float`, `Quantized, as opened`, `Quantized, now`. */
  readonly title: string;
  /** Shares from 0 to 1; absent without labels. */
  readonly top1?: number;
  readonly top5?: number;
  /** 95 % interval of top-1, or of the agreement without labels (Wilson). */
  readonly interval?: readonly [low: number, high: number];
  /** Share of samples with the answer of the float network. */
  readonly agreement?: number;
  /** Absent for float. */
  readonly sqnrDb?: WireNumber;
  readonly logitsSqnrDb?: WireNumber;
  readonly cosine?: number;
  readonly mse?: WireNumber;
}

/** What running the network on the samples said. */
export interface EvaluationState {
  readonly rows: readonly EvaluationRow[];
  readonly samples: number;
  readonly source: string;
  readonly isSynthetic: boolean;
  /** Of the grid it was measured for: `W8 A8 · per tensor · strict`. */
  readonly targetLabel: string;
  /** Now against as opened on the same samples (McNemar, exact); absent without labels. */
  readonly paired?: { readonly onlyNow: number; readonly onlyOpened: number; readonly p: number };
  /** Now against float on the same samples; absent without labels. */
  readonly pairedFloat?: {
    readonly onlyNow: number;
    readonly onlyFloat: number;
    readonly p: number;
  };
  /** What more samples would buy, and other words of caution. */
  readonly notes: readonly string[];
  /** Samples with the largest error now, worst first. */
  readonly worstSamples: readonly { readonly index: number; readonly sqnrDb: WireNumber }[];
  /** The model, the target or the data have changed since: the numbers are of before. */
  readonly isStale: boolean;
}

/** What the samples say of one layer, in one state of the model. SQNR in dB. */
export interface LayerDataFigures {
  /** Least and greatest value of the output on the calibration samples; absent: not rounded. */
  readonly activation?: { readonly min: number; readonly max: number };
  /** Of the layer's own output: everything it rounds, its constants alone, its values alone. */
  readonly local: WireNumber;
  readonly weights: WireNumber;
  readonly activations: WireNumber;
  /** Of the layer's output with everything before it rounded too. */
  readonly soFar: WireNumber;
  /** Of the model's outputs (logits where there are some) with only this layer rounded. */
  readonly alone?: WireNumber;
  /** The same with only this layer in float. */
  readonly allButThis?: WireNumber;
  /** Mean over the channels of |mean error| / deviation of the error, on the judging samples. */
  readonly biasError?: number;
}

/** Data columns of a layer row. */
export interface LayerData {
  readonly now: LayerDataFigures;
  /** As opened, with batch norms folded; absent while the layer is as it was. */
  readonly before?: LayerDataFigures;
}

/** One channel of a layer's bias error, for the cockpit. */
export interface CockpitData {
  /** Histogram of the output on the calibration samples, at most 128 bins, and its grid. */
  readonly activations?: {
    readonly now: ActivationHistogram;
    readonly before?: ActivationHistogram;
  };
  /** Mean error of each channel in units of the output's deviation; before and now. */
  readonly biasError?: { readonly now: readonly number[]; readonly before?: readonly number[] };
  readonly worstSamples: readonly { readonly index: number; readonly sqnrDb: WireNumber }[];
}

export interface ActivationHistogram {
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
  /** Ends of the grid and its step. */
  readonly grid?: { readonly min: number; readonly max: number; readonly step: number };
}

/** What a repair did on samples that judge, step by step. */
export interface RepairReport {
  /** What it was, what it is, what it cost; or that nothing was to be gained, and why. */
  readonly summary: string;
  /** What kept it from gaining more, and the way out; absent: nothing that is known. */
  readonly note?: string;
  /** What the SQNR of the rows is of; absent: no row has one. */
  readonly of?: 'logits' | 'outputs' | 'weights';
  readonly rows: readonly {
    /** `Fold`. */
    readonly title: string;
    readonly isKept: boolean;
    /** There was nothing to do: neither kept nor taken back. */
    readonly isIdle?: true;
    /** How many places were refused, where that is why nothing was changed. */
    readonly refused?: number;
    /** SQNR in dB, on the judging samples or of the weights; absent: not judged. */
    readonly beforeDb?: WireNumber;
    readonly afterDb?: WireNumber;
    /** Both with the correction of biases that follows: the next row does not begin there. */
    readonly isWithCorrection?: true;
    /** Largest change of the float outputs; absent: not proved, or not claimed. */
    readonly movedBy?: number;
    /** What happened, in words. */
    readonly text: string;
  }[];
}

/** Biases that are made for one grid: such a model is no longer the float model. */
export interface CorrectionState {
  /** Label of the target that they are made for. */
  readonly grid: string;
  /** Layers with a corrected bias. */
  readonly layers: number;
  /** The file has them; else they are applied and not saved. */
  readonly isSaved: boolean;
  /** The chosen target rounds to another grid, and how; absent: to the same. */
  readonly differs?: string;
  /** For the first save, in sentences. */
  readonly words: string;
  /** Name that *Save As* proposes: `net.w8a8-tensor.onnx`. */
  readonly proposedName: string;
}
