import { err, ok, type Result } from '../result.ts';
import { constantOf } from './constants.ts';
import { displayName, floatAttribute, intAttribute, isStandard, type Node } from './graph.ts';
import { maxChannels } from './interval.ts';
import type { Wiring } from './layer.ts';
import { elementCount, isFloat, type Tensor } from './tensor.ts';
import { ofBatchNorm } from '../kernels/ofBatchNorm.ts';
import { isAllFinite } from '../kernels/finite.ts';
import { readFloats } from './tensorValues.ts';

/** y = scale * x + shift, one of each per channel of one axis: a batch norm, or arithmetic like it. */
export interface Affine {
  /** The name a user knows. */
  readonly name: string;
  readonly kind: 'batchNorm' | 'arithmetic';
  /** The nodes that compute it, first to last. */
  readonly nodes: readonly Node[];
  readonly input: string;
  readonly output: string;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  /** Axis of the value that the channels are on. */
  readonly axis: number;
  /** Of a batch norm: its output is distributed as N(beta, gamma^2). */
  readonly gamma?: Float64Array;
  readonly beta?: Float64Array;
}

/** Why something cannot be used as it is, with a stable code. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly remedy?: string;
}

/** True for a BatchNormalization of ONNX itself. */
export const isBatchNorm = (node: Node): boolean =>
  node.op === 'BatchNormalization' && isStandard(node);

const parameters = ['scale', 'shift', 'mean', 'variance'] as const;

/**
 * The affine that a BatchNormalization is at inference: a = gamma / sqrt(v + epsilon), y = a*x +
 * beta - mu*a (algorithms 1.1). Refused where it is none: training mode, parameters made at run
 * time, used statistics outputs, `spatial` = 0, a deviation of 0, values that are not finite.
 */
export function batchNormOf(node: Node, wiring: Wiring, opset: number): Result<Affine, Refusal> {
  const name = displayName(node);
  const why = whyNoAffine(node, name, wiring, opset);
  if (why) return err(why);
  const values: Float64Array[] = [];
  for (const [at, word] of parameters.entries()) {
    const found = constantOf(wiring, node.inputs[at + 1] ?? '');
    const read = found && readVector(found, values[0]?.length);
    if (!read) return err(notConstant(name, word, found));
    if (!isAllFinite(read)) return err(notFinite(name, word, node.inputs[at + 1] ?? ''));
    values.push(read);
  }
  const [gamma, beta, mean, variance] = values as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const { scale, shift } = ofBatchNorm(gamma, beta, mean, variance, epsilon);
  const flat = isAllFinite(scale) ? -1 : scale.findIndex(Number.isNaN);
  if (flat >= 0) return err(noDeviation(name, flat));
  const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
  const nodes = [node];
  return ok({ name, kind: 'batchNorm', nodes, input, output, scale, shift, axis: 1, gamma, beta });
}

function whyNoAffine(node: Node, name: string, wiring: Wiring, opset: number): Refusal | undefined {
  if (isTraining(node, opset)) {
    return {
      code: 'training-mode',
      reason: `"${name}" is in training mode: it normalizes with each batch's own statistics.`,
      remedy: 'Export the model in inference mode.',
    };
  }
  if (node.outputs.slice(1).some((value) => value !== '' && wiring.useCount(value) > 0)) {
    return {
      code: 'extra-outputs',
      reason: `The statistics that "${name}" gives out besides its output are used.`,
      remedy: 'Export the model in inference mode.',
    };
  }
  if (opset < 9 && intAttribute(node, 'spatial', 1) === 0) {
    return {
      code: 'per-element',
      reason: `"${name}" has one mean and variance for each element (spatial = 0), not each channel.`,
    };
  }
  return undefined;
}

/**
 * From operator set 14 on an attribute says so. From 7 to 13 it is that the node gives statistics
 * out, whether they are used or not; before, that `is_test` is not set.
 */
function isTraining(node: Node, opset: number): boolean {
  if (opset < 7) return intAttribute(node, 'is_test', 0) === 0;
  const givesStatistics = node.outputs.slice(1).some((value) => value !== '');
  return (opset < 14 && givesStatistics) || intAttribute(node, 'training_mode', 0) !== 0;
}

/** A vector of floats of the given length (any, where it is not given). */
function readVector(tensor: Tensor, length: number | undefined): Float64Array | undefined {
  if (!isFloat(tensor.type)) return undefined;
  const count = elementCount(tensor.dims);
  if (count === 0 || (length !== undefined && count !== length)) return undefined;
  return new Float64Array(readFloats(tensor));
}

const notConstant = (name: string, word: string, found: Tensor | undefined): Refusal =>
  found
    ? {
        code: 'parameters',
        reason: `The ${word} of "${name}" has another length or type than it must.`,
      }
    : {
        code: 'dynamic-parameters',
        reason: `The ${word} of "${name}" is computed at run time.`,
        remedy: 'Export the model with its parameters as constants.',
      };

const notFinite = (name: string, word: string, tensor: string): Refusal => ({
  code: 'not-finite',
  reason: `The ${word} of "${name}" ("${tensor}") has NaN or infinite values.`,
  remedy: 'Train or export the layer again: such a model cannot work.',
});

const noDeviation = (name: string, channel: number): Refusal => ({
  code: 'zero-sigma',
  reason: `Variance + epsilon of "${name}" is not above 0 in channel ${channel}: it divides by 0.`,
  remedy: 'Set an epsilon above 0.',
});

/** What the arithmetic of `affineChain` must fit: the value's rank, and the axis of the channels. */
export interface ChannelAxis {
  readonly rank: number;
  readonly axis: number;
  readonly channels: number;
}

/**
 * The affine that a run of Add, Sub, Mul and Div with constants is, beginning with `head`; each
 * value in between is used once. Undefined where not one constant has a number for each channel:
 * plain numbers belong to activations and scalings, not to batch norms.
 */
export function affineChain(head: Node, at: ChannelAxis, wiring: Wiring): Affine | undefined {
  if (at.channels > maxChannels) return undefined;
  const scale = new Float64Array(at.channels).fill(1);
  const shift = new Float64Array(at.channels);
  const nodes: Node[] = [];
  let next: Node | undefined = head;
  let length = 0;
  const input = variableInput(head, wiring);
  let value = input;
  while (next && value !== undefined) {
    const step = stepOf(next, value, at, wiring);
    if (!step) break;
    nodes.push(next);
    for (let c = 0; c < at.channels; c++) {
      scale[c] = (scale[c] as number) * (step.scale[c] as number);
      shift[c] = (shift[c] as number) * (step.scale[c] as number) + (step.shift[c] as number);
    }
    if (step.isPerChannel) length = nodes.length;
    value = next.outputs[0] ?? '';
    const users: Node[] = wiring.useCount(value) === 1 ? wiring.users(value) : [];
    next = users.length === 1 ? users[0] : undefined;
  }
  if (input === undefined || length === 0) return undefined;
  if (!isAllFinite(scale) || !isAllFinite(shift)) return undefined;
  const name = nodes.map(displayName).join(' + ');
  const output = nodes.at(-1)?.outputs[0] ?? '';
  return { name, kind: 'arithmetic', nodes, input, output, scale, shift, axis: at.axis };
}

/** True for Add, Sub, Mul and Div. */
export const isArithmetic = (node: Node): boolean =>
  isStandard(node) && ['Add', 'Sub', 'Mul', 'Div'].includes(node.op);

/** The input of arithmetic with a constant that is no constant. */
function variableInput(node: Node, wiring: Wiring): string | undefined {
  if (!isArithmetic(node)) return undefined;
  const [a = '', b = ''] = node.inputs;
  const isConstant = [constantOf(wiring, a) !== undefined, constantOf(wiring, b) !== undefined];
  if (isConstant[0] === isConstant[1]) return undefined;
  return isConstant[0] ? b : a;
}

interface Step {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  readonly isPerChannel: boolean;
}

function stepOf(node: Node, value: string, at: ChannelAxis, wiring: Wiring): Step | undefined {
  if (variableInput(node, wiring) !== value) return undefined;
  const isFirst = node.inputs[0] === value;
  const constant = constantOf(wiring, node.inputs[isFirst ? 1 : 0] ?? '');
  const k = constant && channelValues(constant, at);
  if (!k) return undefined;
  const isPerChannel = k.length > 1 || constant.dims.length > 1;
  const values = k.length === at.channels ? k : new Float64Array(at.channels).fill(k[0] as number);
  const [ones, zeros] = [new Float64Array(at.channels).fill(1), new Float64Array(at.channels)];
  switch (node.op) {
    case 'Add':
      return { scale: ones, shift: values, isPerChannel };
    case 'Sub':
      return isFirst
        ? { scale: ones, shift: values.map((x) => -x), isPerChannel }
        : { scale: ones.map(() => -1), shift: values, isPerChannel };
    case 'Mul':
      return { scale: values, shift: zeros, isPerChannel };
    default:
      return isFirst ? { scale: values.map((x) => 1 / x), shift: zeros, isPerChannel } : undefined;
  }
}

/** The numbers of a constant that is one number or one a channel of the value; else undefined. */
function channelValues(
  constant: Tensor,
  { rank, axis, channels }: ChannelAxis,
): Float64Array | undefined {
  const lead = rank - constant.dims.length;
  if (!isFloat(constant.type) || lead < 0) return undefined;
  const fits = constant.dims.every(
    (size, at) => size === 1 || (at + lead === axis && size === channels),
  );
  return fits ? new Float64Array(readFloats(constant)) : undefined;
}
