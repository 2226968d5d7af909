import { activationOf } from '../../graph/activations.ts';
import type { Refusal } from '../../graph/affine.ts';
import { constantInts, constantOf } from '../../graph/constants.ts';
import { numbers, type Shape } from '../../graph/dimensions.ts';
import {
  intAttribute,
  intsAttribute,
  isStandard,
  stringAttribute,
  type Node,
} from '../../graph/graph.ts';
import { layerOf, type Layer, type Wiring } from '../../graph/layer.ts';
import { elementCount, isFloat } from '../../graph/tensor.ts';
import { readNumbers } from '../../graph/tensorValues.ts';

/** What a search for layers may look at. */
export interface View {
  readonly wiring: Wiring;
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly opset: number;
}

/** The way from an affine to the layer before or after it. */
export interface Way {
  readonly node: Node;
  /** Undefined where the node's weight cannot be computed with. */
  readonly layer: Layer | undefined;
  /** Every value between the two; none may be used elsewhere. */
  readonly values: readonly string[];
  /** Neighbours on axis 1 of the far end that come from one channel of the near end. */
  readonly repeat: number;
  /** Zero padding by Pad nodes on the way. */
  readonly isPadded: boolean;
}

const layerOps = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/** True for an operator that is a layer when its weight is constant. */
export const isLayerOp = (node: Node): boolean => isStandard(node) && layerOps.has(node.op);

/** The layer that makes a value, through Identity, Dropout and axes of size 1. */
export function wayBack(value: string, view: View): Way | undefined {
  const values = [value];
  let at = value;
  for (;;) {
    const maker = view.wiring.maker(at);
    if (!maker) return undefined;
    const node = isLayerOp(maker) ? maker : matMulOfBias(maker, view.wiring);
    if (node) {
      const layer = layerOf(node, view.wiring);
      return { node, layer, values, repeat: 1, isPadded: false };
    }
    if (repeatThrough(maker, view) !== 1) return undefined;
    at = maker.inputs[0] ?? '';
    values.push(at);
  }
}

/** The layer that a value goes into, through Identity, Dropout, Pad, Flatten and Reshape. */
export function wayOn(value: string, view: View): Way | undefined {
  const values = [value];
  let at = value;
  let repeat = 1;
  let isPadded = false;
  for (;;) {
    const users = view.wiring.users(at);
    const next = users.length === 1 ? users[0] : users.find(isLayerOp);
    if (!next || next.inputs[0] !== at) return undefined;
    if (isLayerOp(next)) {
      return { node: next, layer: layerOf(next, view.wiring), values, repeat, isPadded };
    }
    const padding = padsOf(next, view.wiring);
    const times = padding ? 1 : repeatThrough(next, view);
    if (times === undefined) return undefined;
    repeat *= times;
    isPadded ||= padding === 'zeros';
    at = next.outputs[0] ?? '';
    values.push(at);
  }
}

/** Why the values between may not change: they are used elsewhere too. */
export function whyShared(
  values: readonly string[],
  maker: string,
  wiring: Wiring,
): Refusal | undefined {
  for (const value of values) {
    if (wiring.isGraphOutput(value)) {
      return {
        code: 'graph-output',
        reason: `The output of "${maker}" ("${value}") is also an output of the network.`,
        remedy: `Take "${value}" out of the outputs of the network.`,
      };
    }
    const count = wiring.useCount(value);
    if (count > 1) {
      return {
        code: 'used-elsewhere',
        reason: `The output of "${maker}" is used in ${count} places, and folding would change the others.`,
      };
    }
  }
  return undefined;
}

/** The MatMul whose bias this Add carries. */
export function matMulOfBias(add: Node, wiring: Wiring): Node | undefined {
  if (add.op !== 'Add' || !isStandard(add)) return undefined;
  for (const input of add.inputs) {
    const maker = wiring.maker(input);
    if (maker?.op !== 'MatMul') continue;
    if (layerOf(maker, wiring)?.biasAdd === add.id) return maker;
  }
  return undefined;
}

/**
 * How many neighbours on axis 1 of the output come from each channel (axis 1) of the input of a
 * node that moves no channel; undefined for any other node. NaN: whole, but not known how many.
 */
function repeatThrough(node: Node, view: View): number | undefined {
  if (!isStandard(node)) return undefined;
  switch (node.op) {
    case 'Identity':
      return 1;
    case 'Dropout': {
      const found = activationOf(node, view.wiring);
      return found?.kind === 'homogeneous' ? 1 : undefined;
    }
    case 'Flatten': {
      const rank = view.shapes.get(node.inputs[0] ?? '')?.length;
      const axis = intAttribute(node, 'axis', 1);
      if (axis !== 1 && (rank === undefined || axis !== 1 - rank)) return undefined;
      return repeatOf(node, view) ?? NaN;
    }
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
      return repeatOf(node, view);
    default:
      return undefined;
  }
}

/**
 * Row-major data keeps its order, so channel c of [N, C, ...rest] lies in [N, M, ...more] at the
 * indices c*r .. c*r + r - 1 of axis 1, r = |rest| / |more|, when that is whole.
 */
function repeatOf(node: Node, view: View): number | undefined {
  const before = numbers(view.shapes.get(node.inputs[0] ?? '')?.slice(1));
  const after = numbers(view.shapes.get(node.outputs[0] ?? '')?.slice(1));
  if (!before || !after || before.length === 0 || after.length === 0) return undefined;
  if (elementCount(before) !== elementCount(after)) return undefined;
  const repeat = elementCount(before.slice(1)) / elementCount(after.slice(1));
  return Number.isInteger(repeat) ? repeat : undefined;
}

/**
 * What a Pad node puts around the spatial axes: `zeros`, or `copies` of the data (reflect, edge,
 * wrap), which any affine passes through. Undefined for other nodes and other padding.
 */
function padsOf(node: Node, wiring: Wiring): 'zeros' | 'copies' | undefined {
  if (node.op !== 'Pad' || !isStandard(node) || (node.inputs[3] ?? '') !== '') return undefined;
  const pads = intsAttribute(node, 'pads') ?? constantInts(wiring, node.inputs[1] ?? '');
  if (!pads) return undefined;
  const rank = pads.length / 2;
  const isSpatial = [0, 1, rank, rank + 1].every((at) => pads[at] === 0);
  if (!isSpatial || pads.some((size) => size < 0)) return undefined;
  if (stringAttribute(node, 'mode', 'constant') !== 'constant') return 'copies';
  if (pads.every((size) => size === 0)) return 'copies';
  return isZeroPad(node, wiring) ? 'zeros' : undefined;
}

function isZeroPad(node: Node, wiring: Wiring): boolean {
  const attribute = node.attributes.get('value');
  if (attribute?.kind === 'float') return attribute.value === 0;
  const name = node.inputs[2] ?? '';
  if (name === '') return true;
  const constant = constantOf(wiring, name);
  return constant !== undefined && isFloat(constant.type) && readNumbers(constant)[0] === 0;
}
