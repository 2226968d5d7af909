import { listOf, numberOf } from '../config/fields.ts';
import { readFloats } from '../../../core/graph/tensorValues.ts';
import { float, type LayerContext, type WeightOrigin } from './builder.ts';
import type { Flow } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { asIs } from './weightViews.ts';

/** The one axis that a layer normalizes; undefined where it has several. */
function axisIn(context: LayerContext, rank: number): number | undefined {
  const { axis } = context.layer.config;
  const axes = Array.isArray(axis) ? listOf(axis) : [axis ?? -1];
  const [one] = axes;
  if (axes.length !== 1 || typeof one !== 'number') return undefined;
  return one < 0 ? one + rank : one;
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
  const isLast = axis === rank - 1;
  if (axis === undefined || rank < 2 || (axis !== 1 && !isLast)) return undefined;
  const { builder, layer } = context;
  const flow = isLast && rank > 2 ? builder.moved(input) : builder.straight(input);
  const mean = context.need('moving_mean', [input.shape[axis]]);
  const count = mean.dims[0] ?? 1;
  const slots = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  const tensors = slots.map((slot) => perChannel(context, slot, count, slot === 'gamma' ? 1 : 0));
  const epsilon = float(numberOf(layer.config, ['epsilon'], 1e-3));
  builder.add(
    'BatchNormalization',
    context.name,
    [flow.value, ...tensors],
    { epsilon },
    context.output,
  );
  builder.mark(layer.key, 'main', slotsFrom(slots, count));
  return builder.flow(context.output, input.shape, flow.isMoved);
};

const layerNorm: Lowering = (context, [input]) => {
  if (!input || axisIn(context, input.shape.length) !== input.shape.length - 1) return undefined;
  const { builder, layer } = context;
  const flow = builder.straight(input);
  const count = flow.shape.at(-1) ?? context.weights.values().next().value?.dims[0];
  if (count === undefined) return undefined;
  const tensors = ['gamma', 'beta'].map((slot) =>
    perChannel(context, slot, count, slot === 'gamma' ? 1 : 0),
  );
  const epsilon = float(numberOf(layer.config, ['epsilon'], 1e-3));
  builder.add(
    'LayerNormalization',
    context.name,
    [flow.value, ...tensors],
    { axis: -1, epsilon },
    context.output,
  );
  builder.mark(layer.key, 'main', slotsFrom(['gamma', 'beta'], count));
  return builder.flow(context.output, flow.shape, false);
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

const unitNorm: Lowering = (context, [input]) => {
  if (!input || axisIn(context, input.shape.length) !== input.shape.length - 1) return undefined;
  const { builder, layer } = context;
  const axis = input.isMoved ? 1 : input.shape.length - 1;
  builder.add('LpNormalization', context.name, [input.value], { axis, p: 2 }, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, input.shape, input.isMoved);
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
