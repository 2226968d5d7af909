/** What the Problems panel is told of a model; what is absent is as the user's settings have it. */
export interface ProblemSettings {
  /** Codes that are not reported. */
  readonly ignore?: readonly string[];
  /** A layer that keeps less than this, in dB, is a problem; 0: none is. */
  readonly weakLayerDb?: number;
}
