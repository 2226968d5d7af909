import { intsAttribute, isStandard, type Dimension, type Graph, type Node } from './graph.ts';
import type { Wiring } from './layer.ts';
import { wiringOf } from './wiring.ts';

/** Where the axis of the channels is: second, as in NCHW, or last, as in NHWC. */
export type ChannelOrder = 'first' | 'last';

/** What has to be done to a value so that its channels are where another has them. */
export type ChannelMove = 'toFirst' | 'toLast';

/** Operators of which ONNX says that axis 1 of the first input is that of the channels. */
const ofChannels =
  /^(Conv|ConvTranspose|ConvInteger|QLinearConv|DeformConv|BatchNormalization|InstanceNormalization|GroupNormalization|LRN|(Global)?(Max|Average|Lp)Pool|MaxUnpool|DepthToSpace|SpaceToDepth)$/;
/** Operators that leave every axis where it is. */
const keeping = new Set(
  'Identity Cast Pad Add Sub Mul Div Relu LeakyRelu PRelu Clip Min Max Sigmoid HardSigmoid HardSwish Tanh Softmax LogSoftmax Elu Selu Softplus Exp Sqrt Abs Neg Pow Erf Gelu Mish Swish Dropout Concat Resize Upsample Slice Split QuantizeLinear DequantizeLinear'.split(
    ' ',
  ),
);
/** So many values are looked at from one. */
const mostValues = 64;

/** Where the graph reads or makes the channels of a value; undefined where no operator near it says so. */
export function channelOrderOf(graph: Graph, value: string): ChannelOrder | undefined {
  const wiring = wiringOf(graph);
  return (
    search(value, (at) => readBy(wiring, at)) ?? search(value, (at) => madeBy(wiring, graph, at))
  );
}

/** What a value says by itself, and the values to go on with where it says nothing. */
interface Looked {
  readonly order?: ChannelOrder;
  /** `isTurned`: its channels are where those of the value before are not. */
  readonly next: readonly { readonly value: string; readonly isTurned?: boolean }[];
}

function search(value: string, look: (value: string) => Looked): ChannelOrder | undefined {
  const seen = new Map([[value, false]]);
  for (const [at, isTurned] of seen) {
    const { order, next } = look(at);
    if (order) return isTurned === (order === 'first') ? 'last' : 'first';
    for (const one of next) {
      if (seen.size >= mostValues || seen.has(one.value)) continue;
      seen.set(one.value, isTurned !== (one.isTurned ?? false));
    }
  }
  return undefined;
}

function readBy(wiring: Wiring, value: string): Looked {
  const users = wiring.users(value).filter(isStandard);
  for (const node of users) {
    if (ofChannels.test(node.op) && node.inputs[0] === value) return { order: 'first', next: [] };
    const move = moveOf(node);
    if (move) return { order: move === 'toFirst' ? 'last' : 'first', next: [] };
  }
  return {
    next: users.flatMap((node) => {
      const isTurned = exchanges(node);
      const [made] = node.outputs;
      return made !== undefined && (isTurned || keeping.has(node.op))
        ? { value: made, isTurned }
        : [];
    }),
  };
}

function madeBy(wiring: Wiring, graph: Graph, value: string): Looked {
  const maker = wiring.maker(value);
  if (!maker || !isStandard(maker)) return { next: [] };
  if (ofChannels.test(maker.op)) return { order: 'first', next: [] };
  const move = moveOf(maker);
  if (move) return { order: move === 'toFirst' ? 'first' : 'last', next: [] };
  const isTurned = exchanges(maker);
  if (!isTurned && !keeping.has(maker.op)) return { next: [] };
  const read = maker.inputs.filter((name) => name !== '' && !graph.tensors.has(name));
  return { next: read.map((name) => ({ value: name, isTurned })) };
}

/** Of a Transpose that moves the channels alone; with three axes it may be either. */
function moveOf(node: Node): ChannelMove | undefined {
  const perm = permOf(node);
  if (!perm || perm.length < 4) return undefined;
  const axes = perm.map((_, axis) => axis);
  return (['toFirst', 'toLast'] as const).find(
    (move) => movedShape(axes, move)?.join() === perm.join(),
  );
}

/** True for a Transpose of the last two of three axes. */
const exchanges = (node: Node): boolean => permOf(node)?.join() === '0,2,1';

const permOf = (node: Node): readonly number[] | undefined =>
  node.op === 'Transpose' ? intsAttribute(node, 'perm') : undefined;

/** A shape after its channels were moved; undefined where it has no channels and places. */
export function movedShape<T>(shape: readonly T[], move: ChannelMove): readonly T[] | undefined {
  if (shape.length < 3 || shape.length > 5) return undefined;
  const [batch, ...rest] = shape as [T, ...T[]];
  return move === 'toFirst'
    ? [batch, ...rest.slice(-1), ...rest.slice(0, -1)]
    : [batch, ...rest.slice(1), ...rest.slice(0, 1)];
}

/** A value of one graph beside its twin in another. */
export interface OrderedValue {
  readonly shape: readonly Dimension[] | undefined;
  readonly order: ChannelOrder | undefined;
}

/**
 * What brings the first value to where the second has its channels. `none`: they are alike already;
 * undefined: their shapes do not fit, moved or not. Where they fit both ways the orders tell.
 */
export function moveBetween(
  { shape: own, order: from }: OrderedValue,
  { shape: other, order: to }: OrderedValue,
): ChannelMove | 'none' | undefined {
  const wanted = from && to && from !== to ? (to === 'first' ? 'toFirst' : 'toLast') : undefined;
  if (!own || !other) return wanted ?? 'none';
  const fitting = (['toFirst', 'toLast'] as const).filter((move) =>
    fits(movedShape(own, move), other),
  );
  const isAlike = fits(own, other);
  if (isAlike) return wanted && fitting.includes(wanted) ? wanted : 'none';
  return fitting.find((move) => move === wanted) ?? fitting[0];
}

/** True where no size of one speaks against the other. */
export const fits = (one: readonly Dimension[] | undefined, other: readonly Dimension[]): boolean =>
  one?.length === other.length &&
  one.every((size, axis) => {
    const its = other[axis];
    return typeof size !== 'number' || typeof its !== 'number' || size === its;
  });
