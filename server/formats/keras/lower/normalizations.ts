import { listOf, numberOf } from '../config/fields.ts';
import { readFloats } from '../../../core/graph/tensorValues.ts';
import { float, type LayerContext, type WeightOrigin } from './builder.ts';
import type { Flow } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { asIs } from './weightViews.ts';

/** The axes that a layer normalizes, in order. */
function axesIn(context: LayerContext, rank: number): number[] {
  const { axis } = context.layer.config;
  const axes = (Array.isArray(axis) ? listOf(axis) : [axis ?? -1]).map(Number);
  return axes.map((one) => (one < 0 ? one + rank : one)).sort((a, b) => a - b);
}

/** The one axis that a layer normalizes; undefined where it has several. */
function axisIn(context: LayerContext, rank: number): number | undefined {
  const [one, ...more] = axesIn(context, rank);
  return more.length === 0 ? one : undefined;
}

/** Lets `make` work with the axes in this order, and gives them back as they were. */
function turnedFor(
  context: LayerContext,
  input: Flow,
  perm: readonly number[],
  make: (value: string, output: string) => void,
): Flow {
  const { builder, layer, output } = context;
  const flow = builder.straight(input);
  const isAsIs = perm.every((axis, i) => axis === i);
  if (isAsIs) {
    make(flow.value, output);
    return builder.flow(output, flow.shape, false);
  }
  const turned = builder.add('Transpose', context.part('turned'), [flow.value], { perm });
  builder.mark(layer.key, 'turn');
  const shape = perm.map((axis) => flow.shape[axis]);
  builder.flow(turned, shape, false);
  const inner = builder.freshName(context.part('normal'));
  make(turned, inner);
  builder.flow(inner, shape, false);
  const back = perm.map((_, axis) => perm.indexOf(axis));
  builder.add('Transpose', context.part('back'), [inner], { perm: back }, output);
  builder.mark(layer.key, 'turn');
  return builder.flow(output, flow.shape, false);
}

/** A weight of one value a channel, or that value where the layer is without it. */
function perChannel(context: LayerContext, slot: string, count: number, otherwise: number): string {
  if (context.has(slot)) return context.tensor(slot, context.need(slot, [count]));
  return context.builder.floats(context.part(slot), new Array<number>(count).fill(otherwise));
}

const slotsFrom = (slots: readonly string[], count: number): Map<number, WeightOrigin> =>
  new Map(slots.map((slot, i) => [i + 1, { slot, view: asIs([count]) }]));

const batchNorm: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const rank = input.shape.length;
  const axis = axisIn(context, rank);
  if (axis === undefined || rank < 2) return undefined;
  const { builder, layer } = context;
  const mean = context.need('moving_mean', [input.shape[axis]]);
  const count = mean.dims[0] ?? 1;
  const slots = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  const tensors = slots.map((slot) => perChannel(context, slot, count, slot === 'gamma' ? 1 : 0));
  const epsilon = float(numberOf(layer.config, ['epsilon'], 1e-3));
  const make = (value: string, output: string): void => {
    builder.add('BatchNormalization', context.name, [value, ...tensors], { epsilon }, output);
    builder.mark(layer.key, 'main', slotsFrom(slots, count));
  };
  const isLast = axis === rank - 1;
  if (axis !== 1 && !isLast) {
    const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i > 0 && i !== axis);
    return turnedFor(context, input, [0, axis, ...others], make);
  }
  const flow = isLast && rank > 2 ? builder.moved(input) : builder.straight(input);
  make(flow.value, context.output);
  return builder.flow(context.output, input.shape, flow.isMoved);
};

const layerNorm: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { builder, layer } = context;
  const rank = input.shape.length;
  const axes = axesIn(context, rank);
  const [known] = context.weights.values();
  const sizes = known?.dims ?? axes.map((axis) => input.shape[axis]);
  const dims = sizes.filter((size) => size !== undefined);
  if (dims.length !== axes.length) return undefined;
  const count = dims.reduce((a, b) => a * b, 1);
  const slots = ['gamma', 'beta'];
  const tensors = slots.map((slot) =>
    context.has(slot)
      ? context.tensor(slot, context.need(slot, dims))
      : builder.floats(
          context.part(slot),
          new Array<number>(count).fill(slot === 'gamma' ? 1 : 0),
          dims,
        ),
  );
  const epsilon = float(numberOf(layer.config, ['epsilon'], 1e-3));
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i));
  return turnedFor(context, input, [...others, ...axes], (value, output) => {
    const attributes = { axis: -axes.length, epsilon };
    builder.add('LayerNormalization', context.name, [value, ...tensors], attributes, output);
    const origins = slots.map((slot, i) => [i + 1, { slot, view: asIs(dims) }] as const);
    builder.mark(layer.key, 'main', new Map(origins));
  });
};

/** Instance normalization of the groups, then scale and offset of each channel. */
const groupNorm: Lowering = (context, [input]) => {
  if (!input || axisIn(context, input.shape.length) !== input.shape.length - 1) return undefined;
  const { builder, layer } = context;
  const flow = builder.moved(input);
  const channels = flow.shape.at(-1);
  if (channels === undefined) return undefined;
  const wanted = numberOf(layer.config, ['groups'], 32);
  const groups = wanted === -1 ? channels : wanted;
  const part = (name: string): string => context.part(name);
  const epsilon = float(numberOf(layer.config, ['epsilon'], 1e-3));
  const shape = builder.add('Shape', part('shape'), [flow.value]);
  const sizes = builder.integers(part('group_shape'), [0, groups, -1]);
  const apart = builder.add('Reshape', part('apart'), [flow.value, sizes]);
  const ones = builder.floats(part('ones'), new Array<number>(groups).fill(1));
  const zeros = builder.floats(part('zeros'), new Array<number>(groups).fill(0));
  const normal = builder.add('InstanceNormalization', part('normalize'), [apart, ones, zeros], {
    epsilon,
  });
  const whole = builder.add('Reshape', part('together'), [normal, shape]);
  const view = {
    dims: [channels],
    perm: [0],
    shape: flow.isMoved ? [channels, ...flow.shape.slice(2).map(() => 1)] : [channels],
  };
  const tensor = (slot: string, otherwise: number): string =>
    context.has(slot)
      ? context.tensor(slot, context.need(slot, [channels]), view)
      : builder.floats(part(slot), new Array<number>(channels).fill(otherwise), view.shape);
  const scaled = builder.add('Mul', part('scale'), [whole, tensor('gamma', 1)]);
  builder.mark(layer.key, 'scale', new Map([[1, { slot: 'gamma', view }]]));
  builder.add('Add', context.name, [scaled, tensor('beta', 0)], {}, context.output);
  builder.mark(layer.key, 'main', new Map([[1, { slot: 'beta', view }]]));
  return builder.flow(context.output, flow.shape, flow.isMoved);
};

/** x / max(|x|, 1e-6), the length taken over these axes. */
const unitNorm: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { builder, layer } = context;
  const flow = builder.straight(input);
  const axes = builder.integers(context.part('axes'), axesIn(context, flow.shape.length));
  const length = builder.add('ReduceL2', context.part('length'), [flow.value, axes], {
    keepdims: 1,
  });
  builder.mark(layer.key, 'length');
  const least = builder.scalar(context.part('least'), 1e-6);
  const bounded = builder.add('Max', context.part('bounded'), [length, least]);
  builder.mark(layer.key, 'bounded');
  builder.add('Div', context.name, [flow.value, bounded], {}, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, flow.shape, false);
};

/** (x - mean) / max(sqrt(variance), 1e-7), with numbers from the weights or the configuration. */
const normalization: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { config } = context.layer;
  const given = (slot: string): number[] => {
    const value = config[slot];
    if (typeof value === 'number') return [value];
    if (value !== undefined && value !== null) {
      return listOf(value)
        .flat(8)
        .filter((one): one is number => typeof one === 'number');
    }
    const weight = context.need(slot);
    return Array.from(readFloats(weight));
  };
  const [mean, variance] = [given('mean'), given('variance')];
  const deviation = variance.map((one) => Math.max(Math.sqrt(one), 1e-7));
  const isInverse = config['invert'] === true;
  const [first, second] = isInverse ? (['Mul', 'Add'] as const) : (['Sub', 'Div'] as const);
  const numbers = isInverse ? [deviation, mean] : [mean, deviation];
  return affine(context, input, [first, second], numbers);
};

const rescaling: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const numbers = (name: string, otherwise: number): number[] => {
    const value = context.layer.config[name];
    const list = listOf(value).filter((one): one is number => typeof one === 'number');
    return list.length > 0 ? list : [numberOf(context.layer.config, [name], otherwise)];
  };
  return affine(context, input, ['Mul', 'Add'], [numbers('scale', 1), numbers('offset', 0)]);
};

/** Two operators with constants, one number for all or one a channel (last axis of Keras). */
function affine(
  context: LayerContext,
  input: Flow,
  ops: readonly [string, string],
  numbers: readonly (readonly number[])[],
): Flow | undefined {
  const { builder, layer } = context;
  const channels = input.shape.at(-1);
  if (numbers.some(({ length }) => length !== 1 && length !== channels)) return undefined;
  const [a = '', b = ''] = numbers.map((list, i) => {
    const dims =
      list.length === 1
        ? []
        : input.isMoved
          ? [list.length, ...input.shape.slice(2).map(() => 1)]
          : [list.length];
    return builder.floats(context.part(i === 0 ? 'first' : 'second'), list, dims);
  });
  const between = builder.add(ops[0], context.part(ops[0].toLowerCase()), [input.value, a]);
  builder.mark(layer.key, 'first');
  builder.flow(between, input.shape, input.isMoved);
  builder.add(ops[1], context.name, [between, b], {}, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, input.shape, input.isMoved);
}

/** Layers that scale and shift. */
export const normalizationLayers: Lowerings = {
  BatchNormalization: batchNorm,
  SyncBatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  UnitNormalization: unitNorm,
  Normalization: normalization,
  Rescaling: rescaling,
};
