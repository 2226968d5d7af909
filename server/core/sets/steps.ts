import { activationOf, type Activation } from '../graph/activations.ts';
import {
  displayName,
  intAttribute,
  intsAttribute,
  isStandard,
  stringAttribute,
  type Node,
} from '../graph/graph.ts';
import type { Wiring } from '../graph/layer.ts';
import { readNumbers } from '../graph/tensorValues.ts';
import {
  isMove,
  isRefusal,
  movedPlace,
  reducedPlace,
  type ChannelPlace,
  type Refusal,
  type ShapeOf,
} from './channelPlace.ts';

/** A node between two layers through which a factor per channel passes unchanged. */
export type Step = {
  readonly node: Node;
  readonly before: ChannelPlace;
  readonly after: ChannelPlace;
} & (
  | { readonly kind: 'move' }
  /** f(s*x) = s*f(x) as it stands. */
  | { readonly kind: 'homogeneous'; readonly activation: Activation }
  /** A clamp; its bounds have to be divided by the factors. */
  | { readonly kind: 'clamp'; readonly activation: Activation }
  /** `shifts`: f(x + c) = f(x) + c. `seesPadding`: zeros beside the value count. */
  | { readonly kind: 'pool'; readonly shifts: boolean; readonly seesPadding: boolean }
  | { readonly kind: 'pad'; readonly seesPadding: boolean }
);

const pools = new Set(['MaxPool', 'AveragePool', 'LpPool']);
const globalPools = new Set(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool']);
const reductions = new Set([
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceSum',
  'ReduceL1',
  'ReduceL2',
]);
const shifting = new Set([
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
]);

/** What a node does to channels that come in by `value` at `place`, or why they end there. */
export function stepOf(
  node: Node,
  value: string,
  place: ChannelPlace,
  wiring: Wiring,
  shapeOf: ShapeOf,
): Step | Refusal {
  const same = { node, before: place, after: place };
  if (!isStandard(node)) {
    return {
      code: 'custom-operator',
      reason: `nothing is known of the operator ${node.domain}.${node.op}`,
    };
  }
  if (isMove(node.op) && node.inputs[0] === value) {
    const after = movedPlace(node, place, wiring, shapeOf);
    return isRefusal(after) ? after : { ...same, after, kind: 'move' };
  }
  if (pools.has(node.op) || globalPools.has(node.op)) {
    if (place.axis !== 1) return axisRefusal(node);
    const seesPadding =
      node.op === 'LpPool' ||
      (node.op === 'AveragePool' &&
        intAttribute(node, 'count_include_pad', 0) !== 0 &&
        isPadded(node));
    return { ...same, kind: 'pool', shifts: shifting.has(node.op), seesPadding };
  }
  if (reductions.has(node.op)) {
    const after = reducedPlace(node, place, wiring);
    if (isRefusal(after)) return after;
    return { ...same, after, kind: 'pool', shifts: shifting.has(node.op), seesPadding: false };
  }
  if (node.op === 'Pad') return padStep(node, place, wiring);
  const activation = activationOf(node, wiring, place.rank);
  if (activation?.input === value) return activationStep(activation, place, same);
  return otherRefusal(node);
}

function activationStep(
  activation: Activation,
  place: ChannelPlace,
  same: Omit<Step, 'kind'>,
): Step | Refusal {
  if (activation.kind === 'homogeneous') return { ...same, kind: 'homogeneous', activation };
  if (activation.kind === 'clip') {
    const bounds = Math.max(activation.lo.length, activation.hi.length);
    const isInPlace = bounds === 1 || (place.axis === 1 && place.size === bounds);
    if (isInPlace) return { ...same, kind: 'clamp', activation };
    return axisRefusal(activation.node);
  }
  const { op } = activation.node;
  return {
    code: 'not-homogeneous',
    reason: `the activation between them, ${op}, does not let a factor through: ${op}(s*x) is not s*${op}(x)`,
  };
}

function padStep(node: Node, place: ChannelPlace, wiring: Wiring): Step | Refusal {
  const constant = wiring.tensor(node.inputs[1] ?? '');
  const pads = intsAttribute(node, 'pads') ?? (constant ? readNumbers(constant) : undefined);
  const fill = wiring.tensor(node.inputs[2] ?? '');
  const { rank } = place;
  if (!pads || rank === undefined || node.inputs[3] || pads.length !== 2 * rank) {
    return {
      code: 'unknown-shape',
      reason: `what ${node.op} adds is not known before the model runs`,
    };
  }
  if (pads[place.axis] !== 0 || pads[place.axis + rank] !== 0) {
    return { code: 'channels-mixed', reason: 'Pad adds channels between them' };
  }
  const mode = stringAttribute(node, 'mode', 'constant');
  const isZero = fill
    ? readNumbers(fill)[0] === 0
    : !node.inputs[2] && !node.attributes.has('value');
  const old = node.attributes.get('value');
  const isOldZero = !node.inputs[2] && old?.kind === 'float' && old.value === 0;
  if (mode === 'constant' && !isZero && !isOldZero) {
    return { code: 'pad-value', reason: 'Pad between them fills with a value that is not 0' };
  }
  const seesPadding = mode === 'constant' && pads.some((count) => count > 0);
  return { node, before: place, after: place, kind: 'pad', seesPadding };
}

/** True where a pool or a convolution may read beside its input, as far as attributes tell. */
export function isPadded(node: Node): boolean {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') return true;
  return auto === 'NOTSET' && (intsAttribute(node, 'pads') ?? []).some((count) => count > 0);
}

const axisRefusal = (node: Node): Refusal => ({
  code: 'rank',
  reason: `${node.op} between them works along another axis than the channels`,
});

function otherRefusal(node: Node): Refusal {
  switch (node.op) {
    case 'BatchNormalization':
      return {
        code: 'unfolded-batch-norm',
        reason: 'a batch normalization that is not folded lies between them',
        remedy: 'Fold the batch norms first; the ledger says why one could not be folded.',
      };
    case 'Add':
    case 'Sub':
    case 'Sum':
      return { code: 'add', reason: `${node.op} joins the channels with other values` };
    case 'Concat':
      return { code: 'concat', reason: 'Concat joins the channels with others' };
    case 'QuantizeLinear':
    case 'DequantizeLinear':
      return { code: 'quantized', reason: 'the value between them is quantized already' };
    case 'Conv':
    case 'ConvTranspose':
    case 'Gemm':
    case 'MatMul':
      return {
        code: 'dynamic-weight',
        reason: `${displayName(node)} (${node.op}) has no constant weight of its own`,
      };
    default:
      return {
        code: 'not-homogeneous',
        reason: `${node.op} between them does not let a factor through`,
      };
  }
}
