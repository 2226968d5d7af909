import type { TargetSettings } from '../protocol/target.ts';
import type { Accuracy } from '../quantize/scores.ts';
import type { ContenderScores } from '../quantize/evaluate.ts';
import type { DepthShare } from '../quantize/shareByDepth.ts';

/** Counts of values in equal bins, few enough to be drawn. */
export interface SmallHistogram {
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
}

/** What calibration found of the value that a layer hands on. */
export interface MeasuredRange {
  readonly min: number;
  readonly max: number;
  readonly histogram?: SmallHistogram;
  readonly grid?: { readonly min: number; readonly max: number; readonly step: number };
}

/** Errors of one layer on the samples that judge; SQNR in dB. */
export interface MeasuredLayer {
  readonly local: number;
  readonly weights: number;
  readonly activations: number;
  readonly soFar: number;
  /** Mean error of each channel, in units of the deviation of the layer's output. */
  readonly biasError: readonly number[];
  readonly worstSamples: readonly { readonly index: number; readonly sqnrDb: number }[];
}

/** How the outputs fare with one layer treated unlike all others; SQNR in dB. */
export interface MeasuredSensitivity {
  readonly alone: number;
  readonly allButThis: number;
}

/** A channel of a bias that does not fit into the integers of its grid. */
export interface MeasuredOverflow {
  readonly layer: string;
  readonly channels: number;
  readonly factor: number;
}

/** What can be tried: steps, other targets, and a step on another target. */
export type RemedyKind =
  | 'equalize'
  | 'correct'
  | 'equalizeCorrect'
  | 'moreBits'
  | 'perChannel'
  | 'perChannelCorrect'
  | 'leaveFloat';

/** A remedy that was tried, and the output SQNR that it leads to. */
export interface MeasuredRemedy {
  readonly kind: RemedyKind;
  /** The layer that would be left in float. */
  readonly layer?: string;
  readonly target?: TargetSettings;
  /** Behind the last activation where there is one. */
  readonly db: number;
  readonly top1?: number;
  readonly top5?: number;
  /** Right answers, where the samples have labels. */
  readonly right?: number;
  readonly agreement?: number;
  readonly outputDb: number;
  readonly logitsDb?: number;
}

/** What calibration found, by layer name. */
export interface MeasuredCalibration {
  readonly samples: number;
  readonly ranges: Readonly<Record<string, MeasuredRange>>;
  readonly overflows: readonly MeasuredOverflow[];
  readonly notes: readonly { readonly code: string; readonly message: string }[];
}

/** What judging found of the whole network, and of the float one on the same samples. */
export interface MeasuredScores {
  readonly quantized: ContenderScores;
  readonly float?: Accuracy;
  readonly samples: number;
  /** Of one row of the outputs. */
  readonly failures: readonly { readonly index: number; readonly reason: string }[];
}

/** All that was measured of one graph on a target; parts that were not reached yet are missing. */
export interface Measured {
  readonly calibration?: MeasuredCalibration;
  readonly scores?: MeasuredScores;
  readonly layers?: Readonly<Record<string, MeasuredLayer>>;
  readonly sensitivity?: Readonly<Record<string, MeasuredSensitivity>>;
  /** Each layer with one kind of rounding up to it; made for a comparison alone. */
  readonly shares?: Readonly<Record<string, DepthShare>>;
  /** What each remedy would bring; tried when all else is known. */
  readonly remedies?: readonly MeasuredRemedy[];
  /** Of the layers that equalizing would change: `alone` as it would be, SQNR in dB. */
  readonly equalized?: Readonly<Record<string, number>>;
}
