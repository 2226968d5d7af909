import { intAttribute, intsAttribute, type Attribute, type Dimension, type Node } from './graph.ts';
import { axisOf, numbers, product } from './dimensions.ts';
import { one, type ShapeContext, type ShapeRule } from './shapeRule.ts';
import { elementCount, isFloat } from './tensor.ts';
import { readNumbers } from './tensorValues.ts';

const flatten: ShapeRule = (node, context) => {
  const input = context.shape(0);
  const given = intAttribute(node, 'axis', 1);
  if (!input) return one([undefined, undefined]);
  const axis = axisOf(given, input.length);
  return one([product(input.slice(0, axis)), product(input.slice(axis))]);
};

const reshape: ShapeRule = (node, context) => {
  const input = context.shape(0);
  const target = intsAttribute(node, 'shape') ?? context.ints(1);
  if (!target) return undefined;
  const copies = intAttribute(node, 'allowzero', 0) === 0;
  const out = target.map((size, axis): Dimension => (size === 0 && copies ? input?.[axis] : size));
  const open = out.indexOf(-1);
  if (open < 0) return one(out);
  out[open] = leftOver(input, out, open);
  return one(out);
};

/** Size of the axis that Reshape was told to work out; the same name on both sides cancels. */
function leftOver(
  input: readonly Dimension[] | undefined,
  out: readonly Dimension[],
  open: number,
): Dimension {
  if (!input) return undefined;
  const names = input.filter((size) => typeof size !== 'number');
  const kept = out.filter((_, axis) => axis !== open);
  for (const size of kept) {
    if (typeof size === 'number') continue;
    const twin = size === undefined ? -1 : names.indexOf(size);
    if (twin < 0) return undefined;
    names.splice(twin, 1);
  }
  const isNumber = (size: Dimension): size is number => typeof size === 'number';
  const ratio = elementCount(input.filter(isNumber)) / elementCount(kept.filter(isNumber));
  if (names.length === 0) return Number.isInteger(ratio) ? ratio : undefined;
  return names.length === 1 && ratio === 1 ? names[0] : undefined;
}

const concat: ShapeRule = (node, context) => {
  const shapes = node.inputs.map((_, at) => context.shape(at));
  const first = shapes.find((shape) => shape !== undefined);
  if (!first) return undefined;
  const axis = axisOf(intAttribute(node, 'axis', 1), first.length);
  const sizes = shapes.map((shape) => shape?.[axis]);
  const sum = numbers(sizes)?.reduce((a, b) => a + b, 0);
  const parts = node.inputs.map((_, at) => context.ints(at));
  const ints = parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  const shape = first.map((size, at) => {
    if (at === axis) return sum;
    return shapes.map((other) => other?.[at]).find((known) => typeof known === 'number') ?? size;
  });
  return one(shape, ints);
};

const transpose: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (!input) return undefined;
  const perm = intsAttribute(node, 'perm') ?? input.map((_, axis) => input.length - 1 - axis);
  return one(perm.map((axis) => input[axis]));
};

const pad: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (!input) return undefined;
  const pads = intsAttribute(node, 'pads') ?? numbers(context.ints(1));
  const listed = numbers(context.ints(3));
  if (!pads || ((node.inputs[3] ?? '') !== '' && !listed)) return one(input.map(() => undefined));
  const axes = (listed ?? input.map((_, axis) => axis)).map((axis) => axisOf(axis, input.length));
  const out = [...input];
  for (const [at, axis] of axes.entries()) {
    const size = out[axis];
    const sum = (pads[at] ?? 0) + (pads[at + axes.length] ?? 0);
    out[axis] = typeof size === 'number' ? size + sum : sum === 0 ? size : undefined;
  }
  return one(out);
};

const shapeOf: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (!input) return one([undefined]);
  const start = axisOf(intAttribute(node, 'start', 0), input.length);
  const end = axisOf(intAttribute(node, 'end', input.length), input.length);
  const ints = input.slice(start, end);
  return one([ints.length], ints);
};

const gather: ShapeRule = (node, context) => {
  const data = context.shape(0);
  const indices = context.shape(1);
  if (!data || !indices) return undefined;
  const axis = axisOf(intAttribute(node, 'axis', 0), data.length);
  const shape = [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
  const source = context.ints(0);
  const at = numbers(context.ints(1));
  if (!source || !at || axis !== 0) return one(shape);
  return one(
    shape,
    at.map((index) => source[axisOf(index, source.length)]),
  );
};

const slice: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (!input) return undefined;
  const read = (name: string, at: number): readonly number[] | undefined =>
    intsAttribute(node, name) ?? numbers(context.ints(at));
  const starts = read('starts', 1);
  const ends = read('ends', 2);
  if (!starts || !ends) return one(input.map(() => undefined));
  const axes = read('axes', 3) ?? starts.map((_, axis) => axis);
  const steps = numbers(context.ints(4)) ?? starts.map(() => 1);
  const out = [...input];
  for (const [at, given] of axes.entries()) {
    const axis = axisOf(given, input.length);
    const size = input[axis];
    const step = steps[at] ?? 1;
    out[axis] =
      typeof size === 'number'
        ? sliceLength(size, starts[at] ?? 0, ends[at] ?? size, step)
        : undefined;
  }
  const ints = context.ints(0);
  const [start = 0, end = 0, step = 1] = [starts[0], ends[0], steps[0]];
  if (!ints || input.length !== 1 || step !== 1) return one(out);
  return one(out, ints.slice(start, end));
};

function sliceLength(size: number, start: number, end: number, step: number): number {
  const clamp = (at: number, low: number, high: number): number =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  if (step > 0) return Math.max(0, Math.ceil((clamp(end, 0, size) - clamp(start, 0, size)) / step));
  const from = clamp(start, 0, size - 1);
  // `end` far below zero means: to the first element.
  const to = end < -size ? -1 : clamp(end, -1, size - 1);
  return Math.max(0, Math.ceil((to - from) / step));
}

const split: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (!input) return undefined;
  const axis = axisOf(intAttribute(node, 'axis', 0), input.length);
  const size = input[axis];
  const listed = intsAttribute(node, 'split') ?? numbers(context.ints(1));
  const count = node.outputs.length;
  const isEven = (node.inputs[1] ?? '') === '';
  const chunk = isEven && typeof size === 'number' ? Math.ceil(size / count) : undefined;
  return {
    shapes: node.outputs.map((_, at) => {
      const rest = typeof size === 'number' && chunk !== undefined ? size - chunk * at : undefined;
      const even = chunk !== undefined && rest !== undefined ? Math.min(chunk, rest) : undefined;
      const part = listed ? listed[at] : even;
      return input.map((whole, a) => (a === axis ? part : whole));
    }),
  };
};

const resize: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (!input) return undefined;
  const isUpsample = node.op === 'Upsample';
  const sizes = isUpsample ? undefined : context.ints(3);
  const isStretched =
    !node.attributes.has('axes') && !node.attributes.has('keep_aspect_ratio_policy');
  if (sizes && isStretched) return one(sizes.map((size, axis) => size ?? input[axis]));
  const scales = listOfFloats(node, context, context.opset < 11 || isUpsample ? 1 : 2);
  if (scales?.length !== input.length) return one(input.map(() => undefined));
  return one(
    input.map((size, axis) => {
      const scale = scales[axis] ?? 1;
      return typeof size === 'number' ? Math.floor(size * scale) : scale === 1 ? size : undefined;
    }),
  );
};

function listOfFloats(node: Node, context: ShapeContext, input: number): number[] | undefined {
  const attribute: Attribute | undefined = node.attributes.get('scales');
  if (attribute?.kind === 'floats') return [...attribute.value];
  const found = context.constant(input);
  return found && isFloat(found.type) ? readNumbers(found) : undefined;
}

const expand: ShapeRule = (_, context) => {
  const input = context.shape(0);
  const target = context.ints(1);
  if (!input || !target) return undefined;
  const rank = Math.max(input.length, target.length);
  return one(
    Array.from({ length: rank }, (_, axis) => {
      const from = input[axis - rank + input.length] ?? 1;
      const to = target[axis - rank + target.length] ?? 1;
      return to === 1 ? from : to;
    }),
  );
};

const constantOfShape: ShapeRule = (_, context) => one(context.ints(0));

const blocks: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (input?.length !== 4) return undefined;
  const block = intAttribute(node, 'blocksize', 1);
  const factor = node.op === 'DepthToSpace' ? block : 1 / block;
  const [batch, channels, height, width] = input;
  const times = (size: Dimension, by: number): Dimension =>
    typeof size === 'number' ? size * by : undefined;
  return one([
    batch,
    times(channels, 1 / factor ** 2),
    times(height, factor),
    times(width, factor),
  ]);
};

const tile: ShapeRule = (_, context) => {
  const repeats = context.ints(1);
  const input = context.shape(0);
  return one(
    input?.map((size, axis) => {
      const by = repeats?.[axis];
      return typeof size === 'number' && typeof by === 'number' ? size * by : undefined;
    }),
  );
};

const range: ShapeRule = () => one([undefined]);

/** Rules of the operators that move elements about without computing. */
export const shuffleRules: Readonly<Record<string, ShapeRule>> = {
  Flatten: flatten,
  Reshape: reshape,
  Concat: concat,
  Transpose: transpose,
  Pad: pad,
  Shape: shapeOf,
  Gather: gather,
  Slice: slice,
  Split: split,
  Resize: resize,
  Upsample: resize,
  Expand: expand,
  ConstantOfShape: constantOfShape,
  DepthToSpace: blocks,
  SpaceToDepth: blocks,
  Tile: tile,
  Range: range,
};
