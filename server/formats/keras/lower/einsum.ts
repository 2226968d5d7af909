import { textOf } from '../config/fields.ts';
import { withActivation } from './activations.ts';
import type { Size } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { asIs } from './weightViews.ts';

/** A product with a kernel over the axes that an equation names, `abc,cd->abd`; then a bias. */
const einsumDense: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { builder, layer } = context;
  const equation = textOf(layer.config['equation']).replaceAll(' ', '');
  const [, first, second, result] = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation) ?? [];
  if (first === undefined || second === undefined || result === undefined) return undefined;
  const flow = builder.straight(input);
  const weight = context.need('kernel');
  if (first.length !== flow.shape.length || second.length !== weight.dims.length) return undefined;
  const sizes = new Map<string, Size>();
  for (const [i, letter] of first.split('').entries()) sizes.set(letter, flow.shape[i]);
  for (const [i, letter] of second.split('').entries()) sizes.set(letter, weight.dims[i]);
  const shape = result.split('').map((letter) => sizes.get(letter));
  return withActivation(context, (output) => {
    const kernel = context.tensor('kernel', weight);
    const product = context.has('bias') ? builder.freshName(context.part('product')) : output;
    builder.add('Einsum', context.name, [flow.value, kernel], { equation }, product);
    const view = asIs(weight.dims);
    builder.mark(layer.key, 'main', new Map([[1, { slot: 'kernel', view }]]));
    if (product === output) return builder.flow(output, shape, false);
    builder.flow(product, shape, false);
    const own = context.need('bias');
    const bias = context.tensor('bias', own);
    builder.add('Add', context.part('add'), [product, bias], {}, output);
    builder.mark(layer.key, 'bias', new Map([[1, { slot: 'bias', view: asIs(own.dims) }]]));
    return builder.flow(output, shape, false);
  });
};

/** Layers whose axes an equation names. */
export const einsumLayers: Lowerings = { EinsumDense: einsumDense };
