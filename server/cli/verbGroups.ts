/** Verbs that simulate the target on samples, and leave the model as it is. */
const quantizing: readonly string[] = [
  'calibrate',
  'measure',
  'sensitivity',
  'evaluate',
  'encodings',
  'export',
  'compare',
];

/** Verbs that change a model, and may write over it. */
export const corrections: readonly string[] = [
  'fold',
  'clear',
  'equalize',
  'absorb',
  'correct',
  'repair',
];

/** Verbs that take the options of the target. */
export const targetVerbs: readonly string[] = ['analyze', ...corrections, ...quantizing];

/** Verbs that read samples. */
export const sampleVerbs: readonly string[] = ['run', 'correct', 'repair', ...quantizing];

/** Verbs that write a file with `-o`. */
export const writers: readonly string[] = [
  ...corrections,
  ...['run', 'export', 'encodings', 'calibrate'],
];

/** Verbs that have something to tell in a report. */
export const reporters: readonly string[] = [
  ...['analyze', ...corrections],
  ...['measure', 'sensitivity', 'evaluate', 'compare'],
];
