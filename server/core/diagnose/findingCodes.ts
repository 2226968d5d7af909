/** Every code of a finding, by weights, samples, or a model's twin. Stable; each has a page in docs/. */
export const findingCodes = [
  'absurd-scale',
  'activation-growth',
  'already-quantized',
  'bias-overflow',
  'biased-error',
  'clipped-range',
  'constant-activation',
  'dead-channels',
  'few-samples',
  'float-at-chance',
  'input-clipped',
  'no-layers',
  'not-finite',
  'outlier-weights',
  'relu6-in-set',
  'tiny-channels',
  'uneven-channels',
  'unfolded-batch-norm',
  'weak-layer',
  'wide-range',
] as const;

/** The code of a finding. */
export type FindingCode = (typeof findingCodes)[number];
