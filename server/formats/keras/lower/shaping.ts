import { listOf, numberOf } from '../config/fields.ts';
import type { LayerContext } from './builder.ts';
import { toChannelsLast, type Flow, type Size } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { isChannelsFirst } from './windows.ts';

/** True where channels first and channels last are the same order: all other sizes are 1. */
const isVector = ({ shape }: Flow): boolean => shape.slice(1, -1).every((size) => size === 1);

const product = (sizes: readonly Size[]): Size =>
  sizes.reduce<Size>((a, b) => (a === undefined || b === undefined ? undefined : a * b), 1);

const flatten: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { builder, layer } = context;
  let flow = isVector(input) ? input : builder.straight(input);
  // Keras flattens in the order of channels last, whatever the data format.
  if (isChannelsFirst(layer.config) && input.shape.length > 2) {
    const perm = toChannelsLast(input.shape.length);
    const turned = builder.add('Transpose', context.part('channels_last'), [flow.value], { perm });
    flow = builder.flow(
      turned,
      perm.map((axis) => flow.shape[axis]),
      false,
    );
  }
  builder.add('Flatten', context.name, [flow.value], { axis: 1 }, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, [input.shape[0], product(input.shape.slice(1))], false);
};

const reshape: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { builder, layer } = context;
  const target = listOf(layer.config['target_shape']).map((size) => Number(size ?? -1));
  const total = product(input.shape.slice(1));
  const known = target.filter((size) => size >= 0).reduce((a, b) => a * b, 1);
  const shape = target.map((size) => (size >= 0 ? size : total && total / known));
  const becomesVector = target.length > 1 && target.slice(0, -1).every((size) => size === 1);
  const isMoved = becomesVector && isVector(input);
  const flow = isVector(input) ? input : builder.straight(input);
  const order = isMoved ? [target.at(-1) ?? 1, ...target.slice(0, -1)] : target;
  const sizes = builder.integers(context.part('shape'), [0, ...order]);
  builder.add('Reshape', context.name, [flow.value, sizes], {}, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, [input.shape[0], ...shape], isMoved);
};

const permute: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { builder, layer } = context;
  const flow = builder.straight(input);
  const perm = [0, ...listOf(layer.config['dims']).map(Number)];
  if (perm.length !== flow.shape.length) return undefined;
  builder.add('Transpose', context.name, [flow.value], { perm }, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(
    context.output,
    perm.map((axis) => flow.shape[axis]),
    false,
  );
};

const repeat: Lowering = (context, [input]) => {
  if (input?.shape.length !== 2) return undefined;
  const { builder, layer } = context;
  const count = numberOf(layer.config, ['n'], 1);
  const axes = builder.integers(context.part('axes'), [1]);
  const wide = builder.add('Unsqueeze', context.part('unsqueeze'), [input.value, axes]);
  builder.mark(layer.key, 'unsqueeze');
  const repeats = builder.integers(context.part('repeats'), [1, count, 1]);
  builder.add('Tile', context.name, [wide, repeats], {}, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, [input.shape[0], count, input.shape[1]], false);
};

/** A lookup; without the mask, which only layers that heed one would use. */
const embedding: Lowering = (context, [input]) => {
  if (!input || context.layer.config['mask_zero'] === true) return undefined;
  const { builder, layer } = context;
  const weight = context.need('embeddings', [undefined, undefined]);
  const indices = builder.add('Cast', context.part('indices'), [input.value], { to: 7 });
  builder.mark(layer.key, 'cast');
  const table = context.tensor('embeddings', weight);
  builder.add('Gather', context.name, [table, indices], {}, context.output);
  const view = { dims: weight.dims, perm: [0, 1], shape: weight.dims };
  builder.mark(layer.key, 'main', new Map([[0, { slot: 'embeddings', view }]]));
  return builder.flow(context.output, [...input.shape, weight.dims[1]], false);
};

/** What is there for training only. */
const through: Lowering = (_context: LayerContext, [input]) => input;

const training = [
  ...['Dropout', 'SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D', 'AlphaDropout'],
  ...['GaussianNoise', 'GaussianDropout', 'ActivityRegularization', 'Identity'],
  ...['RandomFlip', 'RandomRotation', 'RandomZoom', 'RandomTranslation', 'RandomContrast'],
  ...['RandomBrightness', 'RandomHeight', 'RandomWidth'],
];

/** Layers that move elements, and those that do nothing when a network is run. */
export const shapingLayers: Lowerings = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
  Embedding: embedding,
  ...Object.fromEntries(training.map((name) => [name, through])),
};
