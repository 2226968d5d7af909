import { constantInts, constantOf } from './constants.ts';
import { numbers, type Shape } from './dimensions.ts';
import { intAttribute, intsAttribute, stringAttribute, type Node } from './graph.ts';
import {
  build,
  hull,
  join,
  map,
  maxChannels,
  part,
  repeated,
  rounded,
  uniform,
  type Interval,
} from './interval.ts';
import type { IntervalContext, IntervalRule } from './intervalRule.ts';
import { isPadded } from './padding.ts';
import { elementCount, isFloat } from './tensor.ts';
import { readNumbers } from './tensorValues.ts';

const first = (node: Node, context: IntervalContext): Interval | undefined =>
  context.interval(node.inputs[0] ?? '');

const shapeBefore = (node: Node, context: IntervalContext): Shape | undefined =>
  context.shape(node.inputs[0] ?? '');

const shapeAfter = (node: Node, context: IntervalContext): Shape | undefined =>
  context.shape(node.outputs[0] ?? '');

/** Every channel stays what it is. */
const same: IntervalRule = (node, context) => first(node, context);

/** Means over `terms` values of a channel, each rounded. */
const averaged = (x: Interval, terms: number): Interval =>
  map(x, (lo, hi) => rounded(lo, hi, terms, Math.max(Math.abs(lo), Math.abs(hi))));

/** Sizes that are not known are taken for at most this many values a mean. */
const manyTerms = 2 ** 16;

const averagePool: IntervalRule = (node, context) => {
  const x = first(node, context);
  const kernel = intsAttribute(node, 'kernel_shape');
  if (!x || !kernel) return undefined;
  const counts =
    intAttribute(node, 'count_include_pad', 0) !== 0 &&
    isPadded(node, kernel, shapeBefore(node, context));
  return averaged(counts ? join(x, uniform(0, 0)) : x, elementCount(kernel) + 1);
};

const globalAverage: IntervalRule = (node, context) => {
  const x = first(node, context);
  const spatial = numbers(shapeBefore(node, context)?.slice(2));
  return x && averaged(x, spatial ? elementCount(spatial) + 1 : manyTerms);
};

/** ReduceMean, ReduceMax and ReduceMin over axes that are not the channels'. */
const reduce: IntervalRule = (node, context) => {
  const x = first(node, context);
  const rank = shapeBefore(node, context)?.length;
  if (!x) return undefined;
  const axes = intsAttribute(node, 'axes') ?? constantInts(context.wiring, node.inputs[1] ?? '');
  const keepsChannels =
    rank !== undefined && axes?.every((axis) => (axis < 0 ? axis + rank : axis) > 1) === true;
  const kept = keepsChannels ? x : hull(x);
  return node.op === 'ReduceMean' ? averaged(kept, manyTerms) : kept;
};

const concat: IntervalRule = (node, context) => {
  const rank = shapeAfter(node, context)?.length;
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 && rank !== undefined ? given + rank : given;
  const all = node.inputs.map((name) => context.interval(name) ?? uniform(-Infinity, Infinity));
  if (axis !== 1) return all.reduce(join);
  const counts = node.inputs.map((name) => context.shape(name)?.[1]);
  const total = numbers(counts)?.reduce((sum, count) => sum + count, 0) ?? Infinity;
  if (total > maxChannels) return all.map(hull).reduce(join);
  const wide = all.map((x, place) => widened(x, counts[place] as number));
  return {
    lo: Float64Array.from(wide.flatMap(({ lo }) => Array.from(lo))),
    hi: Float64Array.from(wide.flatMap(({ hi }) => Array.from(hi))),
  };
};

/** One pair of bounds for each of `count` channels. */
const widened = (x: Interval, count: number): Interval =>
  x.lo.length === count ? x : build(count, () => [x.lo[0] as number, x.hi[0] as number]);

const split: IntervalRule = (node, context) => {
  const x = first(node, context);
  const rank = shapeBefore(node, context)?.length;
  if (!x) return undefined;
  const given = intAttribute(node, 'axis', 0);
  const axis = given < 0 && rank !== undefined ? given + rank : given;
  if (axis !== 1 || x.lo.length === 1) return node.outputs.map(() => x);
  const any = hull(x);
  // Where the next part begins; nobody knows behind a part of unknown size, or without a name.
  let from: number | undefined = 0;
  return node.outputs.map((name) => {
    const count = context.shape(name)?.[1];
    const start = from;
    from = start === undefined || typeof count !== 'number' ? undefined : start + count;
    return start === undefined || from === undefined ? any : part(x, start, from);
  });
};

const pad: IntervalRule = (node, context) => {
  const x = first(node, context);
  if (!x) return undefined;
  const pads = intsAttribute(node, 'pads') ?? constantInts(context.wiring, node.inputs[1] ?? '');
  const isElsewhere = (node.inputs[3] ?? '') !== '';
  const rank = (pads?.length ?? 0) / 2;
  const keeps = pads && !isElsewhere && pads[1] === 0 && pads[rank + 1] === 0;
  const kept = keeps ? x : hull(x);
  if (stringAttribute(node, 'mode', 'constant') !== 'constant') return kept;
  const value = padValue(node, context);
  return value === undefined ? undefined : join(kept, uniform(value, value));
};

function padValue(node: Node, context: IntervalContext): number | undefined {
  const attribute = node.attributes.get('value');
  if (attribute?.kind === 'float') return attribute.value;
  const name = node.inputs[2] ?? '';
  if (name === '') return 0;
  const constant = constantOf(context.wiring, name);
  return constant && isFloat(constant.type) ? readNumbers(constant)[0] : undefined;
}

/** Row-major data keeps its order: channels are repeated, or mixed when that does not come out. */
const reshape: IntervalRule = (node, context) => {
  const x = first(node, context);
  if (!x) return undefined;
  if (x.lo.length === 1) return x;
  const before = numbers(shapeBefore(node, context)?.slice(1));
  const after = numbers(shapeAfter(node, context)?.slice(1));
  if (!before || !after || after.length === 0) return hull(x);
  const times = elementCount(before.slice(1)) / elementCount(after.slice(1));
  const fits = elementCount(before) === elementCount(after) && Number.isInteger(times);
  return fits ? repeated(x, times) : hull(x);
};

const transpose: IntervalRule = (node, context) => {
  const x = first(node, context);
  return x && (intsAttribute(node, 'perm')?.[1] === 1 ? x : hull(x));
};

/** Any choice of elements; channels keep apart where axis 1 is left alone. */
const choice: IntervalRule = (node, context) => {
  const x = first(node, context);
  if (!x) return undefined;
  const rank = shapeBefore(node, context)?.length;
  const axes = intsAttribute(node, 'axes') ?? constantInts(context.wiring, node.inputs[3] ?? '');
  const isApart =
    node.op === 'Slice' &&
    rank !== undefined &&
    axes?.every((axis) => (axis < 0 ? axis + rank : axis) !== 1) === true;
  return isApart ? x : hull(x);
};

/** Nearest and linear resizing stay within the values; cubic may overshoot. */
const resize: IntervalRule = (node, context) => {
  const x = first(node, context);
  if (!x) return undefined;
  const isInside =
    stringAttribute(node, 'mode', 'nearest') !== 'cubic' &&
    stringAttribute(node, 'coordinate_transformation_mode', '') !== 'tf_crop_and_resize';
  if (!isInside) return undefined;
  const before = shapeBefore(node, context)?.[1];
  const keeps = typeof before === 'number' && shapeAfter(node, context)?.[1] === before;
  return averaged(keeps ? x : hull(x), 8);
};

/** Rules of the operators that move, choose or average elements. */
export const movingRules: Readonly<Record<string, IntervalRule>> = {
  MaxPool: same,
  GlobalMaxPool: same,
  AveragePool: averagePool,
  GlobalAveragePool: globalAverage,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  Concat: concat,
  Split: split,
  Pad: pad,
  Flatten: reshape,
  Reshape: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Slice: choice,
  Gather: choice,
  Expand: choice,
  Tile: choice,
  DepthToSpace: choice,
  SpaceToDepth: choice,
  Resize: resize,
  Upsample: resize,
};
