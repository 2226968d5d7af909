import { activationOf, perChannel } from './activations.ts';
import { constantOf } from './constants.ts';
import type { Node } from './graph.ts';
import { at, build, hull, map, rounded, uniform, type Interval } from './interval.ts';
import type { IntervalContext, IntervalRule } from './intervalRule.ts';

type Combine = (
  a: readonly [lo: number, hi: number],
  b: readonly [lo: number, hi: number],
) => readonly [number, number];

const sizeOf = (values: readonly number[]): number =>
  values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);

/** Rounded once, after the few roundings that a constant has behind it. */
const once = (values: readonly number[]): readonly [number, number] =>
  rounded(Math.min(...values), Math.max(...values), 8, sizeOf(values));

const add: Combine = (a, b) => once([a[0] + b[0], a[1] + b[1]]);
const subtract: Combine = (a, b) => once([a[0] - b[1], a[1] - b[0]]);
const multiply: Combine = (a, b) => once(a.flatMap((x) => b.map((y) => times(x, y))));
const least: Combine = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
const most: Combine = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1])];

const divide: Combine = (a, b) => {
  if (b[0] <= 0 && b[1] >= 0) return [-Infinity, Infinity];
  return once(a.flatMap((x) => b.map((y) => (Number.isFinite(y) ? x / y : 0))));
};

/** 0 times anything is 0 here: bounds are of finite values. */
const times = (x: number, y: number): number => (x === 0 || y === 0 ? 0 : x * y);

/** Combines the inputs of an element-wise operator one after the other. */
const elementWise =
  (combine: Combine): IntervalRule =>
  (node, context) => {
    const [first, ...others] = node.inputs.map((name) => operand(name, node, context));
    if (!first) return undefined;
    return others.reduce<Interval>((a, b) => {
      const count = Math.max(a.lo.length, b.lo.length);
      return build(count, (c) => combine([at(a.lo, c), at(a.hi, c)], [at(b.lo, c), at(b.hi, c)]));
    }, first);
  };

/**
 * Bounds of an operand, one a channel of the result where its channels lie on axis 1 of the
 * result, else one for all.
 */
function operand(name: string, node: Node, context: IntervalContext): Interval {
  const rank = context.shape(node.outputs[0] ?? '')?.length;
  const constant = constantOf(context.wiring, name);
  if (constant) {
    const values = rank === undefined ? undefined : perChannel(constant, rank);
    if (values) return { lo: Float64Array.from(values), hi: Float64Array.from(values) };
  }
  const known = context.interval(name);
  if (!known) return uniform(-Infinity, Infinity);
  const isAligned = rank !== undefined && context.shape(name)?.length === rank;
  return known.lo.length === 1 || isAligned ? known : hull(known);
}

/** Min and Max of constants are clamps; of two values, element by element. */
const extremum =
  (combine: Combine): IntervalRule =>
  (node, context) => {
    const rank = context.shape(node.outputs[0] ?? '')?.length;
    return activationOf(node, context.wiring, rank)?.isClamp === false
      ? undefined
      : elementWise(combine)(node, context);
  };

const mean: IntervalRule = (node, context) => {
  const sum = elementWise(add)(node, context);
  if (!sum || !('lo' in sum)) return undefined;
  const count = node.inputs.length;
  return map(sum, (lo, hi) => rounded(lo / count, hi / count, 2, sizeOf([lo, hi])));
};

const negate: IntervalRule = (node, context) => {
  const x = context.interval(node.inputs[0] ?? '');
  return x && map(x, (lo, hi) => [-hi, -lo]);
};

/** Rules of the operators that combine values element by element. */
export const arithmeticRules: Readonly<Record<string, IntervalRule>> = {
  Add: elementWise(add),
  Sum: elementWise(add),
  Sub: elementWise(subtract),
  Mul: elementWise(multiply),
  Div: elementWise(divide),
  Min: extremum(least),
  Max: extremum(most),
  Mean: mean,
  Neg: negate,
};
