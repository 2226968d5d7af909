import { flagOf, listOf, numberOf, numbersOf, textOf } from '../config/fields.ts';
import type { Json, JsonObject } from '../config/json.ts';
import type { LayerContext } from './builder.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { joined, padded, paddingMode, spatialInput } from './windows.ts';

const pool =
  (op: 'MaxPool' | 'AveragePool', rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { builder, layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const kernel = numbersOf(layer.config, ['pool_size', 'pool_length'], rank, 2);
    const hasStrides = layer.config['strides'] !== null && layer.config['strides'] !== undefined;
    const strides = hasStrides
      ? numbersOf(layer.config, ['strides'], rank, 1)
      : layer.config['stride'] !== undefined
        ? numbersOf(layer.config, ['stride'], rank, 1)
        : kernel;
    const dilations = kernel.map(() => 1);
    const padding = paddingMode(layer.config);
    if (!padding) return undefined;
    const { attributes, sizes } = padded({ kernel, strides, dilations, padding }, spatial);
    builder.add(op, context.name, [flow.value], attributes, context.output);
    builder.mark(layer.key, 'main');
    return builder.flow(context.output, joined(input.shape[0], sizes, channels, isFirst), !isFirst);
  };

const globalPool =
  (op: 'GlobalMaxPool' | 'GlobalAveragePool', rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { builder, layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const [batch] = input.shape;
    const ones = spatial.map(() => 1);
    if (flagOf(layer.config, ['keepdims'], false)) {
      builder.add(op, context.name, [flow.value], {}, context.output);
      builder.mark(layer.key, 'main');
      return builder.flow(context.output, joined(batch, ones, channels, isFirst), !isFirst);
    }
    const pooled = builder.add(
      op,
      context.name,
      [flow.value],
      {},
      builder.freshName(context.part('pooled')),
    );
    builder.mark(layer.key, 'main');
    builder.flow(pooled, joined(batch, ones, channels, isFirst), !isFirst);
    builder.add('Flatten', context.part('flatten'), [pooled], { axis: 1 }, context.output);
    builder.mark(layer.key, 'flatten');
    return builder.flow(context.output, [batch, channels], false);
  };

/** Amounts before and after each spatial axis: 1, [1, 2] or [[1, 2], [3, 4]]. */
function amounts(config: JsonObject, name: string, rank: number): (readonly [number, number])[] {
  const value: Json | undefined = config[name];
  const all = (one: number): (readonly [number, number])[] =>
    Array.from({ length: rank }, () => [one, one] as const);
  if (typeof value === 'number') return all(value);
  const items = listOf(value);
  if (rank === 1 && typeof items[0] === 'number') {
    return [[items[0], typeof items[1] === 'number' ? items[1] : items[0]]];
  }
  if (items.length !== rank) return all(name === 'padding' ? 1 : 0);
  return items.map((item) => {
    if (typeof item === 'number') return [item, item] as const;
    const [before, after] = listOf(item);
    return [Number(before ?? 0), Number(after ?? 0)] as const;
  });
}

const zeroPadding =
  (rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { builder, layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const pads = amounts(layer.config, 'padding', rank);
    const list = [0, 0, ...pads.map(([a]) => a), 0, 0, ...pads.map(([, b]) => b)];
    const sizes = spatial.map((size, i) =>
      size === undefined ? undefined : size + (pads[i]?.[0] ?? 0) + (pads[i]?.[1] ?? 0),
    );
    const tensor = builder.integers(context.part('pads'), list);
    builder.add('Pad', context.name, [flow.value, tensor], { mode: 'constant' }, context.output);
    builder.mark(layer.key, 'main');
    return builder.flow(context.output, joined(input.shape[0], sizes, channels, isFirst), !isFirst);
  };

const cropping =
  (rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { builder, layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const cuts = amounts(layer.config, 'cropping', rank);
    const sizes = spatial.map((size, i) =>
      size === undefined ? undefined : size - (cuts[i]?.[0] ?? 0) - (cuts[i]?.[1] ?? 0),
    );
    const starts = builder.integers(
      context.part('starts'),
      cuts.map(([a]) => a),
    );
    // Behind the last element where nothing is cut there.
    const ends = builder.integers(
      context.part('ends'),
      cuts.map(([, b]) => (b === 0 ? 2 ** 31 - 1 : -b)),
    );
    const axes = builder.integers(
      context.part('axes'),
      cuts.map((_, i) => i + 2),
    );
    builder.add('Slice', context.name, [flow.value, starts, ends, axes], {}, context.output);
    builder.mark(layer.key, 'main');
    return builder.flow(context.output, joined(input.shape[0], sizes, channels, isFirst), !isFirst);
  };

const upSampling =
  (rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { builder, layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const factors = numbersOf(layer.config, ['size', 'length'], rank, 2);
    const mode = textOf(layer.config['interpolation'], 'nearest');
    const way = resizeWay(mode);
    if (!way) return undefined;
    const scales = builder.floats(context.part('scales'), [1, 1, ...factors]);
    const nearest = {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    };
    builder.add(
      'Resize',
      context.name,
      [flow.value, '', scales],
      mode === 'nearest' ? nearest : way,
      context.output,
    );
    builder.mark(layer.key, 'main');
    const sizes = spatial.map((size, i) =>
      size === undefined ? undefined : size * (factors[i] ?? 1),
    );
    return builder.flow(context.output, joined(input.shape[0], sizes, channels, isFirst), !isFirst);
  };

/** TensorFlow's resize, half-pixel centres. */
function resizeWay(mode: string): Record<string, string> | undefined {
  if (mode === 'bilinear') return { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  if (mode !== 'nearest') return undefined;
  return {
    mode: 'nearest',
    coordinate_transformation_mode: 'half_pixel',
    nearest_mode: 'round_prefer_ceil',
  };
}

const resizing: Lowering = (context, [input]) => {
  if (input?.shape.length !== 4) return undefined;
  const { builder, layer } = context;
  const { config } = layer;
  const way = resizeWay(textOf(config['interpolation'], 'bilinear'));
  const isPlain = !['pad_to_aspect_ratio', 'antialias'].some((name) => config[name] === true);
  if (!way || !isPlain) return undefined;
  const { flow, spatial, channels, isFirst } = spatialInput(context, input);
  const sizes = [numberOf(config, ['height'], 0), numberOf(config, ['width'], 0)];
  let { value } = flow;
  if (config['crop_to_aspect_ratio'] === true) {
    const [height, width] = spatial;
    if (height === undefined || width === undefined) return undefined;
    value = cut(context, value, aspectCrop([height, width], sizes));
  }
  const tensor = builder.integers(context.part('sizes'), sizes);
  builder.add(
    'Resize',
    context.name,
    [value, '', '', tensor],
    { ...way, axes: [2, 3] },
    context.output,
  );
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, joined(input.shape[0], sizes, channels, isFirst), !isFirst);
};

interface Crop {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
}

/** The largest part from the middle with the aspect ratio that is wanted, cut to whole pixels. */
function aspectCrop(spatial: readonly [number, number], wanted: readonly number[]): Crop {
  const [height, width] = spatial;
  const [tall = 1, wide = 1] = wanted;
  const fitted = [Math.floor((width * tall) / wide), Math.floor((height * wide) / tall)];
  const sizes = spatial.map((size, i) => Math.max(1, Math.min(size, fitted[i] ?? size)));
  return { sizes, starts: spatial.map((size, i) => Math.floor((size - (sizes[i] ?? size)) / 2)) };
}

function cut(
  context: LayerContext,
  value: string,
  { starts, sizes }: Crop,
  output?: string,
): string {
  const { builder, layer } = context;
  const part = (name: string): string => context.part(name);
  const first = builder.integers(part('starts'), starts);
  const ends = builder.integers(
    part('ends'),
    starts.map((start, i) => start + (sizes[i] ?? 0)),
  );
  const axes = builder.integers(part('axes'), [2, 3]);
  const name = output === undefined ? part('crop') : context.name;
  const made = builder.add('Slice', name, [value, first, ends, axes], {}, output);
  builder.mark(layer.key, output === undefined ? 'crop' : 'main');
  return made;
}

/** The last spatial axes cut out of the middle. */
const centerCrop: Lowering = (context, [input]) => {
  if (input?.shape.length !== 4) return undefined;
  const { builder, layer } = context;
  const { flow, spatial, channels, isFirst } = spatialInput(context, input);
  const wanted = [numberOf(layer.config, ['height'], 0), numberOf(layer.config, ['width'], 0)];
  const starts = wanted.map((size, i) => Math.floor(((spatial[i] ?? -1) - size) / 2));
  if (spatial.includes(undefined) || starts.some((start) => start < 0)) return undefined;
  cut(context, flow.value, { starts, sizes: wanted }, context.output);
  return builder.flow(context.output, joined(input.shape[0], wanted, channels, isFirst), !isFirst);
};

const ranks = <T>(make: (rank: number) => T, name: string): Record<string, T> =>
  Object.fromEntries([1, 2, 3].map((rank) => [`${name}${rank}D`, make(rank)]));

/** Layers that look at windows, or change sizes. */
export const poolLayers: Lowerings = {
  ...ranks((rank) => pool('MaxPool', rank), 'MaxPooling'),
  ...ranks((rank) => pool('AveragePool', rank), 'AveragePooling'),
  ...ranks((rank) => globalPool('GlobalMaxPool', rank), 'GlobalMaxPooling'),
  ...ranks((rank) => globalPool('GlobalAveragePool', rank), 'GlobalAveragePooling'),
  ...ranks(zeroPadding, 'ZeroPadding'),
  ...ranks(cropping, 'Cropping'),
  ...ranks(upSampling, 'UpSampling'),
  Resizing: resizing,
  CenterCrop: centerCrop,
};
