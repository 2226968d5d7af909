import { numberOf, numbersOf } from '../config/fields.ts';
import type { KerasWeight } from '../source.ts';
import { withActivation } from './activations.ts';
import type { Attributes, LayerContext } from './builder.ts';
import type { Flow } from './flow.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { convWindow, isChannelsFirst, joined, padded, spatialInput } from './windows.ts';
import { asIs, type View } from './weightViews.ts';

/** Keras' k..., in, out as ONNX's out, in, k... */
function kernelView({ dims }: KerasWeight): View {
  const rank = dims.length;
  const perm = [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)];
  return { dims, perm, shape: perm.map((axis) => dims[axis] ?? 1) };
}

/** Keras' k..., channel, multiplier as ONNX's channel x multiplier, 1, k... */
function depthwiseView({ dims }: KerasWeight): View {
  const rank = dims.length;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i);
  const [channels = 1, multiplier = 1] = dims.slice(-2);
  return {
    dims,
    perm: [rank - 2, rank - 1, ...spatial],
    shape: [channels * multiplier, 1, ...dims.slice(0, -2)],
  };
}

/** A node with a kernel, and with a bias that may come later. */
interface KernelNode {
  readonly operator: string;
  readonly input: string;
  readonly slot: string;
  readonly weight: KerasWeight;
  readonly view: View;
  /** How many channels it gives, which is the length of its bias. */
  readonly count: number;
  readonly attributes: Attributes;
}

/** Adds the node that carries the layer's name, and says where its weights come from. */
function addKernelNode(context: LayerContext, node: KernelNode, output: string): void {
  const { slot, view, count } = node;
  const inputs = [node.input, context.tensor(slot, node.weight, view)];
  if (context.has('bias')) inputs.push(context.tensor('bias', context.need('bias', [count])));
  context.builder.add(node.operator, context.name, inputs, node.attributes, output);
  const origins = new Map([
    [1, { slot, view }],
    [2, { slot: 'bias', view: asIs([count]) }],
  ]);
  context.builder.mark(context.layer.key, 'main', origins);
}

/** A layer that is this node and its activation. */
const kernelLayer = (
  context: LayerContext,
  node: KernelNode,
  shape: Flow['shape'],
  isMoved: boolean,
): Flow | undefined =>
  withActivation(context, (output) => {
    addKernelNode(context, node, output);
    return context.builder.flow(output, shape, isMoved);
  });

const conv =
  (rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { layer } = context;
    const weight = context.need('kernel', new Array<undefined>(rank + 2).fill(undefined));
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const [perGroup = 1, filters = 1] = weight.dims.slice(-2);
    const groups = numberOf(layer.config, ['groups'], 1);
    if (channels !== undefined) {
      context.need('kernel', [...weight.dims.slice(0, -2), channels / groups, filters]);
    }
    const window = convWindow(layer.config, weight.dims.slice(0, -2));
    if (!window) return undefined;
    const { attributes, sizes } = padded(window, spatial);
    const group = groups === 1 && perGroup > 0 ? undefined : groups;
    const node = {
      operator: 'Conv',
      input: flow.value,
      attributes: { ...attributes, group },
      slot: 'kernel',
      weight,
      view: kernelView(weight),
      count: filters,
    };
    return kernelLayer(context, node, joined(input.shape[0], sizes, filters, isFirst), !isFirst);
  };

const depthwise =
  (rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const any = new Array<undefined>(rank).fill(undefined);
    const weight = context.need('depthwise_kernel', [...any, channels, undefined]);
    const view = depthwiseView(weight);
    const count = view.shape[0] ?? 1;
    const window = convWindow(layer.config, weight.dims.slice(0, -2));
    if (!window) return undefined;
    const { attributes, sizes } = padded(window, spatial);
    const group = weight.dims.at(-2) ?? 1;
    const node = {
      operator: 'Conv',
      input: flow.value,
      attributes: { ...attributes, group },
      slot: 'depthwise_kernel',
      weight,
      view,
      count,
    };
    return kernelLayer(context, node, joined(input.shape[0], sizes, count, isFirst), !isFirst);
  };

/** A depthwise convolution without bias, then a pointwise one, which carries the layer's name. */
const separable =
  (rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { builder, layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const any = new Array<undefined>(rank).fill(undefined);
    const first = context.need('depthwise_kernel', [...any, channels, undefined]);
    const firstView = depthwiseView(first);
    const between = firstView.shape[0] ?? 1;
    const second = context.need('pointwise_kernel', [...any.map(() => 1), between, undefined]);
    const filters = second.dims.at(-1) ?? 1;
    const window = convWindow(layer.config, first.dims.slice(0, -2));
    if (!window) return undefined;
    const { attributes, sizes } = padded(window, spatial);
    const name = context.part('depthwise');
    const kernel = context.tensor('depthwise_kernel', first, firstView);
    const group = first.dims.at(-2) ?? 1;
    const inner = builder.add('Conv', name, [flow.value, kernel], { ...attributes, group });
    builder.mark(
      layer.key,
      'depthwise',
      new Map([[1, { slot: 'depthwise_kernel', view: firstView }]]),
    );
    builder.flow(inner, joined(input.shape[0], sizes, between, isFirst), !isFirst);
    const node = {
      operator: 'Conv',
      input: inner,
      attributes: { kernel_shape: any.map(() => 1) },
      slot: 'pointwise_kernel',
      weight: second,
      view: kernelView(second),
      count: filters,
    };
    return kernelLayer(context, node, joined(input.shape[0], sizes, filters, isFirst), !isFirst);
  };

/** Sizes: valid n s + max(k - s, 0), same n s, or by the output padding that is given. */
const transposed =
  (rank: number): Lowering =>
  (context, [input]) => {
    if (!input || input.shape.length !== rank + 2) return undefined;
    const { layer } = context;
    const { flow, spatial, channels, isFirst } = spatialInput(context, input);
    const any = new Array<undefined>(rank + 1).fill(undefined);
    const weight = context.need('kernel', [...any, channels]);
    const window = convWindow(layer.config, weight.dims.slice(0, -2));
    if (!window || window.padding === 'causal') return undefined;
    const { kernel, strides, dilations, padding } = window;
    const reach = kernel.map((size, i) => (size - 1) * (dilations[i] ?? 1) + 1);
    const isGiven =
      layer.config['output_padding'] !== undefined && layer.config['output_padding'] !== null;
    const given = numbersOf(layer.config, ['output_padding'], rank, 0);
    const before: number[] = [];
    const after: number[] = [];
    const extra: number[] = [];
    const sizes = spatial.map((size, i) => {
      const [width = 1, stride = 1] = [reach[i], strides[i]];
      const usual = padding === 'same' ? width - stride : Math.min(width - stride, 0);
      const wanted = padding === 'same' ? 2 * Math.floor(width / 2) : 0;
      // As the gradient of a convolution is padded: what is given out more is cut off less.
      const total = isGiven ? wanted - (given[i] ?? 0) : usual;
      const [pad, more] = [Math.max(total, 0), Math.max(-total, 0)];
      before.push(Math.floor(pad / 2));
      after.push(pad - Math.floor(pad / 2));
      extra.push(more);
      return size === undefined ? undefined : (size - 1) * stride + width - pad + more;
    });
    const filters = weight.dims.at(-2) ?? 1;
    const attributes = {
      kernel_shape: kernel,
      strides,
      dilations,
      pads: [...before, ...after],
      output_padding: extra.some((one) => one > 0) ? extra : undefined,
    };
    const node = {
      operator: 'ConvTranspose',
      input: flow.value,
      attributes,
      // Keras' k..., out, in is turned to in, out, k... by the same permutation.
      slot: 'kernel',
      weight,
      view: kernelView(weight),
      count: filters,
    };
    return kernelLayer(context, node, joined(input.shape[0], sizes, filters, isFirst), !isFirst);
  };

/** Over the last axis: a Gemm on a matrix, a MatMul and an Add on more axes. */
const dense: Lowering = (context, [input]) => {
  if (!input) return undefined;
  const { builder } = context;
  const flow = builder.straight(input);
  const weight = context.need('kernel', [flow.shape.at(-1), undefined]);
  const units = weight.dims[1] ?? 1;
  const view = asIs(weight.dims);
  const shape = [...flow.shape.slice(0, -1), units];
  return withActivation(context, (output) => {
    if (flow.shape.length === 2) {
      const kernel = { slot: 'kernel', weight, view, count: units };
      const node = { operator: 'Gemm', input: flow.value, attributes: {}, ...kernel };
      addKernelNode(context, node, output);
      return builder.flow(output, shape, false);
    }
    return wideDense(context, flow, output, view, shape);
  });
};

function wideDense(
  context: LayerContext,
  flow: Flow,
  output: string,
  view: View,
  shape: Flow['shape'],
): Flow {
  const { builder, layer } = context;
  const kernel = context.tensor('kernel', context.need('kernel'));
  const hasBias = context.has('bias');
  const product = hasBias ? builder.freshName(context.part('product')) : output;
  builder.add('MatMul', context.name, [flow.value, kernel], {}, product);
  builder.mark(layer.key, 'main', new Map([[1, { slot: 'kernel', view }]]));
  if (!hasBias) return builder.flow(output, shape, false);
  const units = view.shape[1] ?? 1;
  const bias = context.tensor('bias', context.need('bias', [units]));
  builder.flow(product, shape, false);
  builder.add('Add', context.part('add'), [product, bias], {}, output);
  builder.mark(layer.key, 'bias', new Map([[1, { slot: 'bias', view: asIs([units]) }]]));
  return builder.flow(output, shape, false);
}

/** Layers with a kernel. */
export const convolutionLayers: Lowerings = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  Conv3D: conv(3),
  Convolution1D: conv(1),
  Convolution2D: (context, inputs, call) =>
    isChannelsFirst(context.layer.config) ? undefined : conv(2)(context, inputs, call),
  Convolution3D: conv(3),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  Conv1DTranspose: transposed(1),
  Conv2DTranspose: transposed(2),
  Conv3DTranspose: transposed(3),
  Dense: dense,
};
