import {
  intAttribute,
  intsAttribute,
  stringAttribute,
  type Dimension,
  type Node,
} from './graph.ts';
import { unsqueezed } from './constants.ts';
import { axisOf, broadcast, numbers, type Shape } from './dimensions.ts';
import { paddingOf, transposedPaddingOf, windowsOf } from './padding.ts';
import { one, type ShapeContext, type ShapeRule } from './shapeRule.ts';
import { shuffleRules } from './shapeShuffles.ts';

const same: ShapeRule = (_, context) => ({
  shapes: [context.shape(0)],
  ...(context.ints(0) ? { ints: context.ints(0) as readonly Dimension[] } : {}),
});

const broadcastAll: ShapeRule = (node, context) => {
  let shape = context.shape(0);
  for (let at = 1; at < node.inputs.length; at++) shape = broadcast(shape, context.shape(at));
  return one(shape, arithmetic(node, context));
};

/** Whole numbers through Add, Sub, Mul and Div, as exporters compute shapes. */
function arithmetic(node: Node, context: ShapeContext): readonly Dimension[] | undefined {
  const a = context.ints(0);
  const b = context.ints(1);
  if (!a || !b || !['Add', 'Sub', 'Mul', 'Div'].includes(node.op)) return undefined;
  const length = Math.max(a.length, b.length);
  if ((a.length !== length && a.length !== 1) || (b.length !== length && b.length !== 1)) {
    return undefined;
  }
  return Array.from({ length }, (_, at) => {
    const x = a[a.length === 1 ? 0 : at];
    const y = b[b.length === 1 ? 0 : at];
    if (typeof x !== 'number' || typeof y !== 'number') return undefined;
    if (node.op === 'Add') return x + y;
    if (node.op === 'Sub') return x - y;
    if (node.op === 'Mul') return x * y;
    return y === 0 ? undefined : Math.trunc(x / y);
  });
}

const conv: ShapeRule = (node, context) => {
  const input = context.shape(0);
  const weight = context.shape(1);
  const kernel = intsAttribute(node, 'kernel_shape') ?? spatialNumbers(weight);
  if (!kernel) return undefined;
  return one([input?.[0], weight?.[0], ...slide(node, kernel, input, false)]);
};

const convTranspose: ShapeRule = (node, context) => {
  const input = context.shape(0);
  const weight = context.shape(1);
  const kernel = intsAttribute(node, 'kernel_shape') ?? spatialNumbers(weight);
  if (!kernel) return undefined;
  const perGroup = weight?.[1];
  const channels =
    typeof perGroup === 'number' ? perGroup * intAttribute(node, 'group', 1) : undefined;
  const fixed = intsAttribute(node, 'output_shape');
  const extra = intsAttribute(node, 'output_padding');
  const padding = transposedPaddingOf(node, kernel, input);
  const sizes = windowsOf(node, kernel).map(({ kernel: k, stride, dilation }, axis) => {
    if (fixed) return fixed.length === kernel.length ? fixed[axis] : fixed[axis + 2];
    const size = input?.[axis + 2];
    const cut = padding[axis];
    if (typeof size !== 'number' || !cut) return undefined;
    return (size - 1) * stride + (extra?.[axis] ?? 0) + (k - 1) * dilation + 1 - cut[0] - cut[1];
  });
  return one([input?.[0], channels, ...sizes]);
};

const pool: ShapeRule = (node, context) => {
  const input = context.shape(0);
  const kernel = intsAttribute(node, 'kernel_shape');
  if (!kernel) return undefined;
  const shape = [
    input?.[0],
    input?.[1],
    ...slide(node, kernel, input, intAttribute(node, 'ceil_mode', 0) !== 0),
  ];
  return { shapes: node.outputs.map(() => shape) };
};

/** Sizes after a window has slid over each spatial axis; 0 where it finds no place. */
function slide(
  node: Node,
  kernel: readonly number[],
  input: Shape | undefined,
  roundsUp: boolean,
): Dimension[] {
  const padding = paddingOf(node, kernel, input);
  const isSame = stringAttribute(node, 'auto_pad', 'NOTSET').startsWith('SAME');
  return windowsOf(node, kernel).map(({ kernel: k, stride, dilation }, axis) => {
    const size = input?.[axis + 2];
    const pad = padding[axis];
    if (typeof size !== 'number') return undefined;
    if (isSame) return Math.ceil(size / stride);
    const [before, after] = pad ?? [0, 0];
    const steps = (size + before + after - dilation * (k - 1) - 1) / stride;
    if (steps < 0) return 0;
    if (!roundsUp) return Math.floor(steps) + 1;
    const count = Math.ceil(steps) + 1;
    // A window may not begin in the padding behind the data.
    return (count - 1) * stride >= size + before ? count - 1 : count;
  });
}

const globalPool: ShapeRule = (_, context) => {
  const input = context.shape(0);
  return one(input?.map((size, axis) => (axis < 2 ? size : 1)));
};

const gemm: ShapeRule = (node, context) => {
  const a = context.shape(0);
  const b = context.shape(1);
  return one([
    a?.[intAttribute(node, 'transA', 0) === 0 ? 0 : 1],
    b?.[intAttribute(node, 'transB', 0) === 0 ? 1 : 0],
  ]);
};

const matMul: ShapeRule = (_, context) => {
  const a = context.shape(0);
  const b = context.shape(1);
  if (!a || !b || a.length < 1 || b.length < 1) return undefined;
  const lead = broadcast(a.slice(0, -2), b.slice(0, -2)) ?? [];
  const rows = a.length > 1 ? [a.at(-2)] : [];
  const columns = b.length > 1 ? [b.at(-1)] : [];
  return one([...lead, ...rows, ...columns]);
};

const reduce: ShapeRule = (node, context) => {
  const input = context.shape(0);
  if (!input) return undefined;
  const keeps = intAttribute(node, 'keepdims', 1) !== 0;
  const single = node.op === 'ArgMax' || node.op === 'ArgMin';
  const listed = single
    ? [intAttribute(node, 'axis', 0)]
    : (intsAttribute(node, 'axes') ?? numbers(context.ints(1)));
  if (!listed && (node.inputs[1] ?? '') !== '') return undefined;
  if (!listed && intAttribute(node, 'noop_with_empty_axes', 0) !== 0) return one(input);
  const axes = new Set(
    (listed ?? input.map((_, axis) => axis)).map((a) => axisOf(a, input.length)),
  );
  if (keeps) return one(input.map((size, axis) => (axes.has(axis) ? 1 : size)));
  return one(input.filter((_, axis) => !axes.has(axis)));
};

const unsqueeze: ShapeRule = (node, context) => {
  const input = context.shape(0);
  const axes = intsAttribute(node, 'axes') ?? numbers(context.ints(1));
  if (!input || !axes) return undefined;
  return one(unsqueezed<Dimension>(input, axes, 1), context.ints(0));
};

const squeeze: ShapeRule = (node, context) => {
  const input = context.shape(0);
  const listed = intsAttribute(node, 'axes') ?? numbers(context.ints(1));
  if (!input || (!listed && input.some((size) => typeof size !== 'number'))) return undefined;
  const gone = new Set(
    listed?.map((axis) => axisOf(axis, input.length)) ??
      input.flatMap((size, axis) => (size === 1 ? [axis] : [])),
  );
  return one(
    input.filter((_, axis) => !gone.has(axis)),
    context.ints(0),
  );
};

const spatialNumbers = (weight: Shape | undefined): readonly number[] | undefined =>
  numbers(weight?.slice(2));

const unary =
  'Abs BatchNormalization Cast Ceil Celu Clip CumSum DequantizeLinear Dropout Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity InstanceNormalization LRN LayerNormalization LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish Neg Not PRelu QuantizeLinear Reciprocal Relu Round Selu Sigmoid Sign Softmax Softplus Softsign Sqrt Swish Tanh ThresholdedRelu Trilu';
const binary =
  'Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor';
const reductions =
  'ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare';

const named = (names: string, rule: ShapeRule): Record<string, ShapeRule> =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]));

/** The rule of each operator that is known, by its name in ONNX. */
export const shapeRules: Readonly<Record<string, ShapeRule | undefined>> = {
  ...named(unary, same),
  ...named(binary, broadcastAll),
  ...named(reductions, reduce),
  ...named('GlobalAveragePool GlobalMaxPool GlobalLpPool', globalPool),
  ...named('AveragePool MaxPool LpPool', pool),
  Conv: conv,
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: matMul,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  ...shuffleRules,
};
