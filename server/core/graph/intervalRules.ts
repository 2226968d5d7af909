import { activationOf } from './activations.ts';
import { batchNormOf } from './affine.ts';
import { floatAttribute, intAttribute, type Node } from './graph.ts';
import { arithmeticRules } from './intervalArithmetic.ts';
import { at, build, map, rounded, uniform, type Interval } from './interval.ts';
import type { IntervalContext, IntervalRule } from './intervalRule.ts';
import { movingRules } from './intervalMoves.ts';
import { layerInterval } from './layerInterval.ts';

const unknown = uniform(-Infinity, Infinity);

const input = (node: Node, context: IntervalContext, place = 0): Interval =>
  context.interval(node.inputs[place] ?? '') ?? unknown;

/** Clamps cut; the others give the range they have whatever comes in. */
const activation: IntervalRule = (node, context) => {
  const rank = context.shape(node.outputs[0] ?? '')?.length;
  const found = activationOf(node, context.wiring, rank);
  if (!found) return undefined;
  const x = context.interval(found.input) ?? unknown;
  const { lo, hi } = found;
  const count = Math.max(x.lo.length, lo.length, hi.length);
  const bounds = { lo: each(lo, count), hi: each(hi, count) };
  if (!found.isClamp) return bounds;
  return { lo: clamped(x.lo, bounds), hi: clamped(x.hi, bounds) };
};

function clamped(values: Float64Array, { lo, hi }: Interval): Float64Array {
  const out = each(values, lo.length);
  for (let c = 0; c < out.length; c++) {
    out[c] = Math.min(Math.max(out[c] as number, lo[c] as number), hi[c] as number);
  }
  return out;
}

/** A list of one number for all channels, or of one a channel, as one a channel. */
const each = (list: ArrayLike<number>, count: number): Float64Array =>
  list.length === 1 ? new Float64Array(count).fill(list[0] as number) : new Float64Array(list);

/** A function that never falls, computed with a few roundings. */
const rising =
  (f: (x: number, node: Node) => number, lowest: number, highest: number): IntervalRule =>
  (node, context) =>
    map(input(node, context), (lo, hi) => {
      const slack = 1e-5; // approximations of exp in runtimes are off by a few 1e-7
      return [Math.max(lowest, f(lo, node) - slack), Math.min(highest, f(hi, node) + slack)];
    });

const hardSigmoid: IntervalRule = (node, context) => {
  const alpha = floatAttribute(node, 'alpha', 0.2);
  const beta = floatAttribute(node, 'beta', 0.5);
  if (alpha <= 0) return uniform(0, 1);
  const clamp = (x: number): number => Math.min(Math.max(x, 0), 1);
  return map(input(node, context), (lo, hi) => {
    const [a, b] = rounded(
      alpha * lo + beta,
      alpha * hi + beta,
      3,
      sizeOf(alpha * lo, alpha * hi, beta),
    );
    return [clamp(a), clamp(b)];
  });
};

/** x * clip(x/6 + 0.5, 0, 1) is exactly 0 up to -3, lowest at -1.5, and never above max(x, 0). */
const hardSwish: IntervalRule = (node, context) =>
  map(input(node, context), (lo, hi) => {
    if (hi < -3.0001) return [0, 0];
    return [lo >= 0 ? 0 : -0.3751, Math.max(hi, 0)];
  });

const leaky: IntervalRule = (node, context) => {
  const slope = floatAttribute(node, 'alpha', 0.01);
  return map(input(node, context), (lo, hi) => bent(lo, hi, slope, slope));
};

const prelu: IntervalRule = (node, context) => {
  const slopes = context.interval(node.inputs[1] ?? '');
  if (!slopes) return undefined;
  const least = slopes.lo.reduce((a, b) => Math.min(a, b));
  const most = slopes.hi.reduce((a, b) => Math.max(a, b));
  return map(input(node, context), (lo, hi) => bent(lo, hi, least, most));
};

/** Bounds of x for x >= 0 and slope * x below, for any slope of least..most. */
function bent(lo: number, hi: number, least: number, most: number): readonly [number, number] {
  const ends: number[] = [];
  if (hi >= 0) ends.push(Math.max(lo, 0), hi);
  if (lo < 0) {
    for (const slope of [least, most]) {
      for (const x of [lo, Math.min(hi, 0)]) ends.push(slope === 0 || x === 0 ? 0 : slope * x);
    }
  }
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  return rounded(low, high, 1, sizeOf(low, high));
}

const abs: IntervalRule = (node, context) =>
  map(input(node, context), (lo, hi) => [
    lo <= 0 && hi >= 0 ? 0 : Math.min(Math.abs(lo), Math.abs(hi)),
    Math.max(Math.abs(lo), Math.abs(hi)),
  ]);

const batchNorm: IntervalRule = (node, context) => {
  const found = batchNormOf(node, context.wiring, context.opset);
  if (!found.ok) return undefined;
  const { scale, shift, beta = shift } = found.value;
  const x = input(node, context);
  if (x.lo.length !== 1 && x.lo.length !== scale.length) return undefined;
  return build(scale.length, (c) => {
    const [a, d] = [scale[c] as number, shift[c] as number];
    const [p, q] = a === 0 ? [0, 0] : [a * at(x.lo, c), a * at(x.hi, c)];
    // (x - mu)*a + beta: the parts may be larger than the sum.
    const b = beta[c] as number;
    return rounded(Math.min(p, q) + d, Math.max(p, q) + d, 8, sizeOf(p, q, b, d - b));
  });
};

/** The largest of the magnitudes that add up. */
const sizeOf = (...values: number[]): number =>
  values.reduce((size, value) => Math.max(size, Math.abs(value)), 0) * 2;

const cast: IntervalRule = (node, context) => {
  const to = intAttribute(node, 'to', 0);
  const float = [1, 10, 11, 16]; // TensorProto.FLOAT, FLOAT16, DOUBLE, BFLOAT16
  if (!float.includes(to)) return undefined;
  const units = to === 10 ? 2 ** 13 : to === 16 ? 2 ** 16 : 1;
  return map(input(node, context), (lo, hi) => rounded(lo, hi, units, sizeOf(lo, hi)));
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const named = (names: string, rule: IntervalRule): Record<string, IntervalRule> =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]));

/** The rule of each operator of which bounds are known, by its name in ONNX. */
export const intervalRules: Readonly<Record<string, IntervalRule | undefined>> = {
  ...named('Conv ConvTranspose Gemm MatMul', layerInterval),
  ...named(
    'Relu Clip Identity Dropout Softmax LogSoftmax Softsign Erf Elu Celu Selu Gelu Mish ThresholdedRelu',
    activation,
  ),
  Sigmoid: rising(sigmoid, 0, 1),
  Tanh: rising(Math.tanh, -1, 1),
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  LeakyRelu: leaky,
  PRelu: prelu,
  Abs: abs,
  Cast: cast,
  BatchNormalization: batchNorm,
  ...arithmeticRules,
  ...movingRules,
};
