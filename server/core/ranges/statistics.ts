/** Counts of values in equal bins: bin i covers start + i*width (in it) to start + (i+1)*width (not). */
export interface Histogram {
  readonly start: number;
  readonly width: number;
  readonly counts: Float64Array;
}

/** Which histogram a range finder wants: our own, or one as AIMET makes it (sections 6.4, 15.4). */
export type HistogramKind = 'dynamic' | 'tf_enhanced' | 'tf_enhanced_v1';

/**
 * What is known of a value over all samples seen. Merging the statistics of two sets of samples
 * gives those of both together (`mergeStatistics`); for the two AIMET histograms, whose bins are
 * fixed by the first tensor, only adding in order does.
 */
export interface ValueStatistics {
  /** Elements that were finite. */
  readonly count: number;
  readonly notFinite: number;
  /** Of the finite ones; Infinity and -Infinity while count is 0. */
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly sumSquares: number;
  readonly histogram?: Histogram;
  /** Which kind `histogram` is; `tf_*` counts are the mean over calls of count / elements. */
  readonly histogramKind?: HistogramKind;
  /** Per channel of the axis asked for. */
  readonly channels?: ChannelStatistics;
}

/** The same for each channel. Arrays have one entry a channel. */
export interface ChannelStatistics {
  readonly count: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly sum: Float64Array;
}
