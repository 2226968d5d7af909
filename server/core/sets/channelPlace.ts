import { intAttribute, intsAttribute, type Dimension, type Node } from '../graph/graph.ts';
import type { Wiring } from '../graph/layer.ts';
import { readNumbers } from '../graph/tensorValues.ts';

/** Where the channels of a layer's output lie in a value made from it. */
export interface ChannelPlace {
  /** Number of axes of the value; undefined where it is not known. */
  readonly rank: number | undefined;
  /** The axis with the channels on it, from the front; from the end (-1) where `rank` is not known. */
  readonly axis: number;
  /** Positions on that axis. */
  readonly size: number;
  /** The channel at each position; absent where the position is the channel. */
  readonly channelAt?: Int32Array;
}

/** Shape of a value, as far as it is known. */
export type ShapeOf = (value: string) => readonly Dimension[] | undefined;

/** Why channels cannot be followed through a node. */
export interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly remedy?: string;
}

export const isRefusal = (x: ChannelPlace | Refusal): x is Refusal => 'reason' in x;

/** True for operators that only rearrange: `movedPlace` knows them. */
export const isMove = (op: string): boolean =>
  op === 'Flatten' ||
  op === 'Reshape' ||
  op === 'Transpose' ||
  op === 'Squeeze' ||
  op === 'Unsqueeze';

/** Where the channels are after a node that only rearranges its first input. */
export function movedPlace(
  node: Node,
  place: ChannelPlace,
  wiring: Wiring,
  shapeOf: ShapeOf,
): ChannelPlace | Refusal {
  const { rank } = place;
  if (rank === undefined) return unknownShape(node, 'the number of axes before it');
  switch (node.op) {
    case 'Transpose': {
      const order =
        intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
      return { ...place, axis: order.indexOf(place.axis) };
    }
    case 'Unsqueeze': {
      const axes = axesOf(node, wiring);
      if (!axes) return unknownShape(node, 'its axes');
      const after = rank + axes.length;
      const added = new Set(axes.map((axis) => (axis < 0 ? axis + after : axis)));
      const kept = Array.from({ length: after }, (_, axis) => axis).filter((a) => !added.has(a));
      return { ...place, rank: after, axis: kept[place.axis] ?? -1 };
    }
    case 'Squeeze':
      return squeezed(node, place, rank, axesOf(node, wiring) ?? onesOf(node, shapeOf));
    default:
      return reshaped(node, place, shapeOf);
  }
}

/** Where the channels are after a reduction of other axes; `reduceNames` has the operators. */
export function reducedPlace(
  node: Node,
  place: ChannelPlace,
  wiring: Wiring,
): ChannelPlace | Refusal {
  const { rank } = place;
  const axes = axesOf(node, wiring);
  if (rank === undefined || !axes) return unknownShape(node, 'the axes it reduces');
  const gone = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  if (gone.includes(place.axis)) {
    return { code: 'channels-mixed', reason: `${node.op} mixes the channels between them` };
  }
  if (intAttribute(node, 'keepdims', 1) !== 0) return place;
  return { ...place, ...without(gone, place.axis, rank) };
}

function squeezed(
  node: Node,
  place: ChannelPlace,
  rank: number,
  axes: readonly number[] | undefined,
): ChannelPlace | Refusal {
  if (!axes) return unknownShape(node, 'its axes');
  const gone = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  if (gone.includes(place.axis)) {
    return { code: 'channels-mixed', reason: `${node.op} takes the channel axis away` };
  }
  return { ...place, ...without(gone, place.axis, rank) };
}

const without = (
  gone: readonly number[],
  axis: number,
  rank: number,
): Pick<ChannelPlace, 'rank' | 'axis'> => ({
  rank: rank - gone.length,
  axis: axis - gone.filter((other) => other < axis).length,
});

/**
 * Flatten and Reshape. Both keep the elements of a sample in row-major order; so with `inner`
 * elements behind the channel axis before and `step` behind an axis after, position j of that axis
 * holds channel floor(j * step / inner) mod channels, if that is whole (algorithms.md 1.1: repeated
 * in NCHW, tiled after a Transpose to NHWC).
 */
function reshaped(node: Node, place: ChannelPlace, shapeOf: ShapeOf): ChannelPlace | Refusal {
  const before = sampleDims(shapeOf(node.inputs[0] ?? ''));
  if (!before || place.axis < 1) return unknownShape(node, 'the shape before it');
  const count = product(before);
  let after: readonly number[] | undefined;
  if (node.op === 'Flatten') {
    const axis = intAttribute(node, 'axis', 1);
    if (axis === 1 || axis === -before.length) after = [count];
  } else after = sampleDims(shapeOf(node.outputs[0] ?? ''));
  if (!after) return unknownShape(node, 'the shape after it');
  if (product(after) !== count) {
    return {
      code: 'channels-mixed',
      reason: `${node.op} moves elements from one sample to another`,
    };
  }
  const inner = product(before.slice(place.axis));
  for (const [at, size] of after.entries()) {
    const step = product(after.slice(at + 1));
    const fits = inner % step === 0 && (step * size) % (inner * place.size) === 0;
    if (!fits || (size === 1 && place.size > 1)) continue;
    return { rank: after.length + 1, axis: at + 1, size, ...composed(place, size, step, inner) };
  }
  return { code: 'channels-mixed', reason: `${node.op} splits the channels over several axes` };
}

function composed(
  place: ChannelPlace,
  size: number,
  step: number,
  inner: number,
): Pick<ChannelPlace, 'channelAt'> {
  if (size === place.size && step === inner) {
    return place.channelAt ? { channelAt: place.channelAt } : {};
  }
  const channelAt = Int32Array.from({ length: size }, (_, j) => {
    const position = Math.floor((j * step) / inner) % place.size;
    return place.channelAt?.[position] ?? position;
  });
  return { channelAt };
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** All sizes but that of the first axis, if all are known. */
function sampleDims(shape: readonly Dimension[] | undefined): readonly number[] | undefined {
  if (!shape || shape.length < 2) return undefined;
  const sizes = shape.slice(1).filter((size) => typeof size === 'number');
  return sizes.length === shape.length - 1 ? sizes : undefined;
}

/** Axes from the attribute (older operator sets) or the second input. */
function axesOf(node: Node, wiring: Wiring): readonly number[] | undefined {
  const attribute = intsAttribute(node, 'axes');
  const constant = wiring.tensor(node.inputs[1] ?? '');
  return attribute ?? (constant ? readNumbers(constant) : undefined);
}

function onesOf(node: Node, shapeOf: ShapeOf): readonly number[] | undefined {
  const shape = shapeOf(node.inputs[0] ?? '');
  if (node.inputs[1] || !shape || shape.some((size) => typeof size !== 'number')) return undefined;
  return shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
}

const unknownShape = (node: Node, what: string): Refusal => ({
  code: 'unknown-shape',
  reason: `the channels cannot be followed through ${node.op}: ${what} is not known`,
  remedy: 'Give the model inputs fixed sizes, or run shape inference on the model.',
});
