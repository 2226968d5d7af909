import { floatAttribute, isStandard, type Node } from './graph.ts';
import type { Wiring } from './layer.ts';
import { elementCount, isFloat, type Tensor } from './tensor.ts';
import { readNumbers } from './tensorValues.ts';

/**
 * An element-wise function, as the passes see it.
 * `homogeneous`: f(s*x) = s*f(x) for s > 0, per channel. `clip`: a clamp that is not homogeneous.
 */
export interface Activation {
  readonly node: Node;
  readonly kind: 'homogeneous' | 'clip' | 'other';
  /** The value it acts on; Min and Max may have it at any place. */
  readonly input: string;
  readonly output: string;
  /** True where f(x) = min(max(x, lo), hi) exactly; Relu, Identity and Dropout are clamps too. */
  readonly isClamp: boolean;
  /** Bounds of what comes out: one for all channels or one a channel; -+Infinity where none. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/**
 * The activation that this node is; undefined when it is no element-wise function of one value.
 * `rank` of the value tells which axis a constant of Min or Max lies on; without it the constant
 * is taken to have the rank of the value, as [1, C, 1, 1].
 */
export function activationOf(node: Node, wiring: Wiring, rank?: number): Activation | undefined {
  if (!isStandard(node)) return undefined;
  const shape = formOf(node, wiring, rank);
  if (!shape) return undefined;
  const { input = node.inputs[0] ?? '', lo, hi, isClamp, isHomogeneous } = shape;
  const kind = isHomogeneous ? 'homogeneous' : isClamp ? 'clip' : 'other';
  return { node, kind, input, output: node.outputs[0] ?? '', isClamp, lo, hi };
}

/** The bounds of a Clip (attributes or constants); undefined where they are made at run time. */
export function clipBounds(node: Node, wiring: Wiring): { lo: number; hi: number } | undefined {
  const lo = bound(node.inputs[1] ?? '', floatAttribute(node, 'min', -Infinity), wiring);
  const hi = bound(node.inputs[2] ?? '', floatAttribute(node, 'max', Infinity), wiring);
  return lo === undefined || hi === undefined ? undefined : { lo, hi };
}

interface Form {
  readonly input?: string;
  readonly isClamp: boolean;
  readonly isHomogeneous: boolean;
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** Range of the functions that are neither homogeneous nor clamps. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  Sigmoid: [0, 1],
  HardSigmoid: [0, 1],
  Softmax: [0, 1],
  LogSoftmax: [-Infinity, 0],
  Tanh: [-1, 1],
  Softsign: [-1, 1],
  Erf: [-1, 1],
  Softplus: [0, Infinity],
  Exp: [0, Infinity],
  Sqrt: [0, Infinity],
  Elu: [-Infinity, Infinity],
  Celu: [-Infinity, Infinity],
  Selu: [-Infinity, Infinity],
  Gelu: [-0.1701, Infinity],
  Mish: [-0.3089, Infinity],
  HardSwish: [-0.3751, Infinity],
  Swish: [-Infinity, Infinity],
  ThresholdedRelu: [-Infinity, Infinity],
};

function formOf(node: Node, wiring: Wiring, rank: number | undefined): Form | undefined {
  switch (node.op) {
    case 'Relu':
      return clamp([0], [Infinity]);
    case 'Identity':
      return clamp([-Infinity], [Infinity]);
    case 'Dropout':
      return dropout(node, wiring);
    case 'Clip': {
      const found = clipBounds(node, wiring);
      return found ? clamp([found.lo], [found.hi]) : plain(-Infinity, Infinity);
    }
    case 'Min':
    case 'Max':
      return extremum(node, wiring, rank);
    case 'LeakyRelu':
    case 'PRelu':
      return { ...plain(-Infinity, Infinity), isHomogeneous: true };
    case 'Abs':
      return { ...plain(0, Infinity), isHomogeneous: true };
    default: {
      const range = ranges[node.op];
      return range && plain(...range);
    }
  }
}

const plain = (lo: number, hi: number): Form => ({
  isClamp: false,
  isHomogeneous: false,
  lo: [lo],
  hi: [hi],
});

/** A clamp is homogeneous where each bound is 0 or absent. */
function clamp(lo: readonly number[], hi: readonly number[]): Form {
  const isHomogeneous =
    lo.every((bound) => bound === 0 || bound === -Infinity) &&
    hi.every((bound) => bound === 0 || bound === Infinity);
  return { isClamp: true, isHomogeneous, lo, hi };
}

/** Nothing at inference; a training mode that is on or not constant makes it random. */
function dropout(node: Node, wiring: Wiring): Form {
  const mode = node.inputs[2] ?? '';
  const flag = mode === '' ? undefined : wiring.tensor(mode);
  const trains = mode !== '' && (!flag || readNumbers(flag)[0] !== 0);
  const mask = node.outputs[1] ?? '';
  if (trains || (mask !== '' && wiring.useCount(mask) > 0)) return plain(-Infinity, Infinity);
  return clamp([-Infinity], [Infinity]);
}

/** Min or Max of one value and constants, each one number or one a channel. */
function extremum(node: Node, wiring: Wiring, rank: number | undefined): Form | undefined {
  const [input, ...others] = node.inputs.filter((name) => !wiring.tensor(name));
  if (input === undefined || others.length > 0) return undefined;
  let all: readonly number[] | undefined;
  for (const name of node.inputs) {
    const constant = wiring.tensor(name);
    if (!constant) continue;
    const bounds = perChannel(constant, rank);
    if (!bounds) return { ...plain(-Infinity, Infinity), input };
    all = all ? combine(all, bounds, node.op === 'Min' ? Math.min : Math.max) : bounds;
  }
  all ??= [node.op === 'Min' ? Infinity : -Infinity];
  const form = node.op === 'Min' ? clamp([-Infinity], all) : clamp(all, [Infinity]);
  return { ...form, input };
}

function combine(
  a: readonly number[],
  b: readonly number[],
  choose: (x: number, y: number) => number,
): readonly number[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  return long.map((value, i) => choose(value, short[short.length === 1 ? 0 : i] ?? NaN));
}

/**
 * The numbers of a constant that is one number, or one a channel (axis 1 of a value of `rank`,
 * default: the constant's own); undefined for any other, and where one is NaN.
 */
export function perChannel(constant: Tensor, rank?: number): readonly number[] | undefined {
  if (!isFloat(constant.type)) return undefined;
  const lead = (rank ?? constant.dims.length) - constant.dims.length;
  const isOnChannels = constant.dims.every((size, axis) => size === 1 || axis + lead === 1);
  if (lead < 0 ? elementCount(constant.dims) !== 1 : !isOnChannels) return undefined;
  const values = readNumbers(constant);
  return values.some(Number.isNaN) || values.length === 0 ? undefined : values;
}

/** 3.4e38, the default of Clip before opset 11, is no bound. */
const noBound = 3.4028234e38;

function bound(name: string, attribute: number, wiring: Wiring): number | undefined {
  const constant = name === '' ? undefined : wiring.tensor(name);
  if (name !== '' && !constant) return undefined;
  const value = constant ? readNumbers(constant)[0] : attribute;
  if (value === undefined || Number.isNaN(value)) return undefined;
  return Math.abs(value) >= noBound ? Math.sign(value) * Infinity : value;
}
