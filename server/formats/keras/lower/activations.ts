import { listOf, numberOf, objectOf, textOf } from '../config/fields.ts';
import type { Json, JsonObject } from '../config/json.ts';
import { float, type LayerContext } from './builder.ts';
import type { Flow } from './flow.ts';
import type { Lowerings } from './lowering.ts';

/** An activation as a configuration names it: by a word, or as a layer of its own. */
export interface Activation {
  readonly kind: string;
  readonly config: JsonObject;
}

const classKinds: Readonly<Record<string, string>> = {
  ReLU: 'ReLU',
  LeakyReLU: 'LeakyReLU',
  ELU: 'ELU',
  Softmax: 'Softmax',
};

/** Reads the activation of a layer; `linear` where there is none. */
export function activationOf(value: Json | undefined): Activation {
  if (value === undefined || value === null) return { kind: 'linear', config: {} };
  if (typeof value === 'string') return { kind: snake(value), config: {} };
  const { class_name: className, config, name, registered_name: registered } = objectOf(value);
  if (className === 'function') {
    return { kind: snake(textOf(config, textOf(registered))), config: {} };
  }
  const known = classKinds[textOf(className)];
  if (known) return { kind: known, config: objectOf(config) };
  return { kind: snake(textOf(className, textOf(name, 'unknown'))), config: {} };
}

/** TF.js writes `hardSigmoid`, Keras `hard_sigmoid`; both write `relu6`. */
const snake = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a}_${b.toLowerCase()}`);

/** The layer's own value after its activation; undefined where the activation is not known. */
export function withActivation(
  context: LayerContext,
  make: (output: string) => Flow,
  activation = activationOf(context.layer.config['activation']),
): Flow | undefined {
  if (activation.kind === 'linear') return make(context.output);
  if (!isKnown(activation)) return undefined;
  const before = make(context.builder.freshName(context.part('linear')));
  return activate(context, before, activation, context.part(activation.kind));
}

export const isKnown = ({ kind }: Activation): boolean => kind in simple || kind in composed;

/** What an activation can be called, as Keras and as TensorFlow.js write it. */
export function activationNames(): string[] {
  const names = ['linear', ...Object.keys(simple), ...Object.keys(composed)];
  const words = names.filter((name) => name === name.toLowerCase());
  const humped = words.map((name) => name.replace(/_([a-z])/g, (_, a: string) => a.toUpperCase()));
  return [...new Set([...words, ...humped])];
}

/** Adds an activation; its node is called `name`, its value is the layer's. */
export function activate(
  context: LayerContext,
  input: Flow,
  activation: Activation,
  name: string,
): Flow | undefined {
  const { builder, output } = context;
  const one = simple[activation.kind];
  if (one) {
    const [op, attributes] = one;
    builder.add(op, name, [input.value], attributes, output);
    builder.mark(context.layer.key, 'activation');
    return builder.flow(output, input.shape, input.isMoved);
  }
  const several = composed[activation.kind];
  return several?.({ context, input, config: activation.config, name });
}

type Attributes = Parameters<LayerContext['builder']['add']>[3];

/** Activations that are one operator. */
const simple: Readonly<Record<string, readonly [string, Attributes]>> = {
  relu: ['Relu', {}],
  sigmoid: ['Sigmoid', {}],
  tanh: ['Tanh', {}],
  softplus: ['Softplus', {}],
  softsign: ['Softsign', {}],
  soft_sign: ['Softsign', {}],
  elu: ['Elu', {}],
  selu: ['Selu', {}],
  celu: ['Celu', {}],
  exponential: ['Exp', {}],
  mish: ['Mish', {}],
  hard_silu: ['HardSwish', {}],
  hard_swish: ['HardSwish', {}],
  leaky_relu: ['LeakyRelu', { alpha: float(0.2) }],
  soft_shrink: ['Shrink', { lambd: float(0.5), bias: float(0.5) }],
  hard_shrink: ['Shrink', { lambd: float(0.5), bias: float(0) }],
};

interface Place {
  readonly context: LayerContext;
  readonly input: Flow;
  readonly config: JsonObject;
  readonly name: string;
}

/** Adds the last operator of an activation. */
function last(
  { context, input, name }: Place,
  op: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): Flow {
  const { builder, output } = context;
  builder.add(op, name, inputs, attributes, output);
  builder.mark(context.layer.key, 'activation');
  return builder.flow(output, input.shape, input.isMoved);
}

/** Adds an operator on the way. */
const on = (
  { context, name }: Place,
  op: string,
  part: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): string => {
  const value = context.builder.add(op, `${name}/${part}`, inputs, attributes);
  context.builder.mark(context.layer.key, part);
  return value;
};

const constant = ({ context, name }: Place, part: string, value: number): string =>
  context.builder.scalar(`${name}/${part}`, value);

function clip(place: Place, min: number, max: number): Flow {
  const bounds = [constant(place, 'min', min), constant(place, 'max', max)];
  return last(place, 'Clip', [place.input.value, ...bounds]);
}

const composed: Readonly<Record<string, (place: Place) => Flow>> = {
  relu6: (place) => clip(place, 0, 6),
  hard_tanh: (place) => clip(place, -1, 1),
  // Keras 3 has relu6(x + 3) / 6, those before it clip(0.2 x + 0.5).
  hard_sigmoid: (place) => {
    const alpha = place.context.dialect >= 3 ? 1 / 6 : 0.2;
    return last(place, 'HardSigmoid', [place.input.value], {
      alpha: float(alpha),
      beta: float(0.5),
    });
  },
  swish: (place) => {
    const gate = on(place, 'Sigmoid', 'sigmoid', [place.input.value]);
    return last(place, 'Mul', [place.input.value, gate]);
  },
  silu: (place) => composed['swish']?.(place) as Flow,
  // 0.5 x (1 + erf(x / sqrt 2))
  gelu: (place) => {
    const scaled = on(place, 'Mul', 'scaled', [
      place.input.value,
      constant(place, 'root', Math.SQRT1_2),
    ]);
    const erf = on(place, 'Erf', 'erf', [scaled]);
    const sum = on(place, 'Add', 'sum', [erf, constant(place, 'one', 1)]);
    const half = on(place, 'Mul', 'half', [place.input.value, constant(place, 'factor', 0.5)]);
    return last(place, 'Mul', [half, sum]);
  },
  log_sigmoid: (place) => {
    const negative = on(place, 'Neg', 'negative', [place.input.value]);
    return last(place, 'Neg', [on(place, 'Softplus', 'softplus', [negative])]);
  },
  tanh_shrink: (place) => {
    const tanh = on(place, 'Tanh', 'tanh', [place.input.value]);
    return last(place, 'Sub', [place.input.value, tanh]);
  },
  softmax: (place) =>
    last(place, 'Softmax', [place.input.value], { axis: axisOf(place.input, -1) }),
  log_softmax: (place) =>
    last(place, 'LogSoftmax', [place.input.value], { axis: axisOf(place.input, -1) }),
  Softmax: (place) => {
    const axes = listOf(place.config['axis']).filter((axis) => typeof axis === 'number');
    if (axes.length > 1) return softmaxOver(place, axes);
    const [one = numberOf(place.config, ['axis'], -1)] = axes;
    const axis = axisOf(place.input, one);
    return last(place, 'Softmax', [place.input.value], { axis });
  },
  LeakyReLU: (place) => {
    const alpha = numberOf(place.config, ['negative_slope', 'alpha'], 0.3);
    return last(place, 'LeakyRelu', [place.input.value], { alpha: float(alpha) });
  },
  ELU: (place) =>
    last(place, 'Elu', [place.input.value], { alpha: float(numberOf(place.config, ['alpha'], 1)) }),
  ThresholdedReLU: (place) =>
    last(place, 'ThresholdedRelu', [place.input.value], {
      alpha: float(numberOf(place.config, ['theta'], 1)),
    }),
  ReLU: reluLayer,
};

/** exp(x - max) / sum exp(x - max), over several axes at once. */
function softmaxOver(place: Place, axes: readonly number[]): Flow {
  const { context, input, name } = place;
  const over = context.builder.integers(
    `${name}/axes`,
    axes.map((axis) => axisOf(input, axis)),
  );
  const top = on(place, 'ReduceMax', 'max', [input.value, over], { keepdims: 1 });
  const less = on(place, 'Sub', 'less', [input.value, top]);
  const power = on(place, 'Exp', 'exp', [less]);
  const sum = on(place, 'ReduceSum', 'sum', [power, over], { keepdims: 1 });
  return last(place, 'Div', [power, sum]);
}

/** x above the threshold, at most max_value; slope * (x - threshold) below it. */
function reluLayer(place: Place): Flow {
  const { config, input } = place;
  const max = config['max_value'] === null ? Infinity : numberOf(config, ['max_value'], Infinity);
  const slope = numberOf(config, ['negative_slope'], 0);
  const threshold = numberOf(config, ['threshold'], 0);
  if (threshold === 0 && slope === 0) {
    return max === Infinity ? last(place, 'Relu', [input.value]) : clip(place, 0, max);
  }
  if (threshold === 0 && max === Infinity) {
    return last(place, 'LeakyRelu', [input.value], { alpha: float(slope) });
  }
  const bound = constant(place, 'threshold', threshold);
  const isAbove = on(place, 'GreaterOrEqual', 'above', [input.value, bound]);
  const less = on(place, 'Sub', 'less', [input.value, bound]);
  const below = on(place, 'Mul', 'below', [less, constant(place, 'slope', slope)]);
  if (max === Infinity) return last(place, 'Where', [isAbove, input.value, below]);
  const joined = on(place, 'Where', 'joined', [isAbove, input.value, below]);
  return last(place, 'Min', [joined, constant(place, 'max', max)]);
}

/** Where an axis of Keras is in the graph. */
export function axisOf({ shape, isMoved }: Flow, axis: number): number {
  const rank = shape.length;
  const own = axis < 0 ? axis + rank : axis;
  if (!isMoved || own === 0) return own;
  return own === rank - 1 ? 1 : own + 1;
}

/** Layers that are nothing but an activation. */
export const activationLayers: Lowerings = {
  Activation: (context, [input]) => {
    const activation = activationOf(context.layer.config['activation']);
    if (!input) return undefined;
    return activation.kind === 'linear'
      ? input
      : activate(context, input, activation, context.name);
  },
  SELU: (context, [input]) =>
    input && activate(context, input, { kind: 'selu', config: {} }, context.name),
  ...Object.fromEntries(
    ['ReLU', 'LeakyReLU', 'ELU', 'Softmax', 'ThresholdedReLU'].map((kind) => [
      kind,
      (context, [input]) =>
        input && activate(context, input, { kind, config: context.layer.config }, context.name),
    ]),
  ),
  // The slope of each element, or of all along an axis that is shared.
  PReLU: (context, [input]) => {
    if (!input) return undefined;
    const weight = context.need('alpha');
    const { dims } = weight;
    const rank = dims.length;
    const perm = input.isMoved
      ? [rank - 1, ...Array.from({ length: rank - 1 }, (_, i) => i)]
      : dims.map((_, i) => i);
    const view = { dims, perm, shape: perm.map((axis) => dims[axis] ?? 1) };
    const { builder } = context;
    builder.add(
      'PRelu',
      context.name,
      [input.value, context.tensor('alpha', weight, view)],
      {},
      context.output,
    );
    builder.mark(context.layer.key, 'main', new Map([[1, { slot: 'alpha', view }]]));
    return builder.flow(context.output, input.shape, input.isMoved);
  },
};
