import { numberOf, textOf } from '../config/fields.ts';
import { axisOf } from './activations.ts';
import type { LayerContext } from './builder.ts';
import type { Flow, Size } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';

/** The inputs in one axis order, that of the first that is moved where all have its rank. */
function aligned(context: LayerContext, inputs: readonly Flow[]): Flow[] {
  const rank = inputs[0]?.shape.length;
  const canMove = inputs.every(({ shape }) => shape.length === rank);
  const isMoved = canMove && inputs.some((input) => input.isMoved);
  return inputs.map((input) =>
    isMoved ? context.builder.moved(input) : context.builder.straight(input),
  );
}

function broadcast(inputs: readonly Flow[]): Size[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = inputs.map(({ shape }) =>
      axis < rank - shape.length ? 1 : shape[axis - rank + shape.length],
    );
    return (
      sizes.find((size) => size !== 1 && size !== undefined) ??
      (sizes.includes(undefined) ? undefined : 1)
    );
  });
}

/** An operator of two inputs, chained where there are more. */
const elementwise =
  (op: string): Lowering =>
  (context, inputs) => {
    const flows = aligned(context, inputs);
    const [first, ...others] = flows;
    if (!first || others.length === 0) return undefined;
    const { builder, layer } = context;
    const isMoved = first.isMoved;
    let value = first.value;
    for (const [i, other] of others.entries()) {
      const isLast = i === others.length - 1;
      const output = isLast ? context.output : builder.freshName(context.part(String(i + 1)));
      builder.add(op, isLast ? context.name : output, [value, other.value], {}, output);
      builder.mark(layer.key, isLast ? 'main' : 'part');
      builder.flow(output, broadcast(flows.slice(0, i + 2)), isMoved);
      value = output;
    }
    return builder.flow(value, broadcast(flows), isMoved);
  };

const average: Lowering = (context, inputs) => {
  const flows = aligned(context, inputs);
  const [first] = flows;
  if (!first) return undefined;
  const values = flows.map(({ value }) => value);
  context.builder.add('Mean', context.name, values, {}, context.output);
  context.builder.mark(context.layer.key, 'main');
  return context.builder.flow(context.output, broadcast(flows), first.isMoved);
};

const concatenate: Lowering = (context, inputs) => {
  const flows = aligned(context, inputs);
  const [first] = flows;
  if (!first || flows.some(({ shape }) => shape.length !== first.shape.length)) return undefined;
  const { builder, layer } = context;
  const wish = numberOf(layer.config, ['axis', 'concat_axis'], -1);
  const axis = wish < 0 ? wish + first.shape.length : wish;
  const values = flows.map(({ value }) => value);
  builder.add('Concat', context.name, values, { axis: axisOf(first, axis) }, context.output);
  builder.mark(layer.key, 'main');
  const shape = first.shape.map((size, i) => {
    if (i !== axis) return size;
    const sizes = flows.map((flow) => flow.shape[i]);
    return sizes.reduce<Size>(
      (a, b) => (a === undefined || b === undefined ? undefined : a + b),
      0,
    );
  });
  return builder.flow(context.output, shape, first.isMoved);
};

/** Of two vectors, or of matrices along the axes that MatMul takes after a transposition. */
const dot: Lowering = (context, inputs) => {
  const { builder, layer } = context;
  let [a, b] = inputs.map((input) => builder.straight(input));
  if (!a || !b) return undefined;
  const list = layer.config['axes'];
  const pair = Array.isArray(list) ? list.map(Number) : [Number(list), Number(list)];
  const rank = a.shape.length;
  if (b.shape.length !== rank || rank > 3) return undefined;
  const [p = 1, q = 1] = pair.map((axis) => (axis < 0 ? axis + rank : axis));
  if (layer.config['normalize'] === true) {
    [a, b] = [unit(context, a, p, 'first'), unit(context, b, q, 'second')];
  }
  if (rank === 2) {
    const product = builder.add('Mul', context.part('product'), [a.value, b.value]);
    builder.mark(layer.key, 'product');
    const axes = builder.integers(context.part('axes'), [1]);
    builder.add('ReduceSum', context.name, [product, axes], { keepdims: 1 }, context.output);
    builder.mark(layer.key, 'main');
    return builder.flow(context.output, [a.shape[0], 1], false);
  }
  const left =
    p === 2
      ? a.value
      : builder.add('Transpose', context.part('left'), [a.value], { perm: [0, 2, 1] });
  const right =
    q === 1
      ? b.value
      : builder.add('Transpose', context.part('right'), [b.value], { perm: [0, 2, 1] });
  builder.add('MatMul', context.name, [left, right], {}, context.output);
  builder.mark(layer.key, 'main');
  return builder.flow(context.output, [a.shape[0], a.shape[3 - p], b.shape[3 - q]], false);
};

function unit(context: LayerContext, flow: Flow, axis: number, part: string): Flow {
  const { builder } = context;
  const value = builder.add('LpNormalization', context.part(part), [flow.value], { axis, p: 2 });
  builder.mark(context.layer.key, part);
  return builder.flow(value, flow.shape, false);
}

/** Keras 1 has one layer for all of them. */
const merge: Lowering = (context, inputs, call) => {
  const mode = textOf(context.layer.config['mode']);
  const names: Record<string, string> = {
    sum: 'Add',
    mul: 'Multiply',
    concat: 'Concatenate',
    ave: 'Average',
    max: 'Maximum',
  };
  return mergeLayers[names[mode] ?? '']?.(context, inputs, call);
};

/** Layers of several inputs. */
export const mergeLayers: Lowerings = {
  Add: elementwise('Add'),
  Subtract: elementwise('Sub'),
  Multiply: elementwise('Mul'),
  Maximum: elementwise('Max'),
  Minimum: elementwise('Min'),
  Average: average,
  Concatenate: concatenate,
  Dot: dot,
  Merge: merge,
};
