import type { DataStepId } from '../quantize/dataRepair.ts';

/** Reasons that are no refusal: there was nothing to do at the place. */
const notNeeded: ReadonlySet<string> = new Set([
  'balanced',
  'ignored',
  'nothing-to-absorb',
  'unused',
]);

/** True where a place was left alone because there was nothing to do. */
export const isNotNeeded = (code: string): boolean => notNeeded.has(code);

/**
 * What the places with one reason have in common, for a ledger that is grouped by reason: the
 * sentences of the passes name the place, and no two of them are the same.
 */
const common: Readonly<Record<string, string>> = {
  add: 'An addition joins the channels with other values, which would have to be scaled too.',
  'bias-shape': 'A bias does not have one number for each output channel.',
  concat: 'A concatenation joins the channels with others.',
  'no-caps':
    'The bound of the activation would differ from channel to channel, which the format of the file has no layer for.',
  'channels-mixed': 'The channels are mixed or rearranged on the way to the next layer.',
  'custom-operator': 'An operator of a custom domain uses the value; what it does is not known.',
  'dynamic-bias': 'A bias is computed while the model runs.',
  'dynamic-bounds': 'The bounds of the activation are computed while the model runs.',
  'dynamic-parameters': 'The parameters of the batch norm are computed while the model runs.',
  'dynamic-weight': 'A weight is computed while the model runs.',
  'graph-output': 'A value between them is an output of the model, and has to stay as it is.',
  'no-statistics':
    'Nothing is known of the distribution of the outputs: no batch norm was folded into the layer here.',
  'non-finite': 'Weights are NaN or infinite.',
  'not-finite': 'Weights are NaN or infinite.',
  'not-homogeneous': 'The operator between them does not scale with its input.',
  'nothing-to-absorb': 'No channel stays above 0 by three standard deviations.',
  quantized: 'A value between them is quantized already.',
  'rank-unknown': 'The rank of a value is not known.',
  'shared-weight': 'A weight is used by other nodes too.',
  subgraph: 'A sub-graph (If, Loop, Scan) uses the value.',
  'training-mode': 'The batch norm is in training mode: its statistics come from each batch.',
  'unfolded-batch-norm': 'A batch norm that is not folded lies between them.',
  'unknown-shape': 'The shape of a value is not known.',
  unused: 'Nothing uses the output.',
  'used-elsewhere': 'The output is used in more than one place; the others would see other values.',
  'fold/no-layer': 'No layer stands beside the batch norm.',
  'fold/padded': 'The layer pads with 0, and folded the border would hold other values.',
  'correct/subgraph': 'Layers inside a sub-graph (If, Loop, Scan) are only copied.',
  'absorb/activation': 'The activation between them does not let a constant through.',
  'absorb/padded': 'The next layer pads with 0, which lacks the absorbed part.',
  'absorb/channels': 'Only some of the channels can give a part of their bias.',
};

/** The sentence for all places of a step with this code; the place's own where there is none. */
export const commonReason = (step: DataStepId, code: string): string | undefined =>
  common[`${step}/${code}`] ?? common[code];
