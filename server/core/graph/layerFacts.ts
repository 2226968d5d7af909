import type { Shape } from './dimensions.ts';
import { floatAttribute, intsAttribute } from './graph.ts';
import type { Layer } from './layer.ts';
import { isPadded, windowsOf } from './padding.ts';
import { readFloats } from './tensorValues.ts';

/**
 * The bias of a layer as it acts, one number an output channel: for a Gemm beta * C. Zeros where
 * there is none; undefined where it is made at run time or does not have one a channel.
 */
export function effectiveBias(layer: Layer): Float64Array | undefined {
  const { bias, outChannels, node } = layer;
  const out = new Float64Array(outChannels);
  if (!bias) return layer.kind !== 'matMul' && (node.inputs[2] ?? '') !== '' ? undefined : out;
  const factor = layer.kind === 'gemm' ? floatAttribute(node, 'beta', 1) : 1;
  const values = readFloats(bias);
  const isOnLastAxis =
    bias.dims.at(-1) === outChannels && bias.dims.slice(0, -1).every((size) => size === 1);
  if (values.length !== 1 && !isOnLastAxis) return undefined;
  if (values.length === 1) return out.fill(factor * (values[0] as number));
  out.set(values);
  return factor === 1 ? out : out.map((value) => factor * value);
}

/** Rank of what the layer gives, where it is known. */
export function rankOf(layer: Layer, shapes: ReadonlyMap<string, Shape>): number | undefined {
  if (layer.kind === 'gemm') return 2;
  if (layer.kind !== 'matMul') return layer.weight.dims.length;
  return shapes.get(layer.output)?.length ?? shapes.get(layer.input)?.length;
}

/**
 * True where some output of the layer does not see every kernel position of real input: padding,
 * and transposed convolutions with more than one position.
 */
export function seesBorders(layer: Layer, shapes: ReadonlyMap<string, Shape>): boolean {
  if (layer.kind === 'gemm' || layer.kind === 'matMul') return false;
  const kernel = layer.weight.dims.slice(2);
  if (layer.kind === 'conv') return isPadded(layer.node, kernel, shapes.get(layer.input));
  const isPointwise = windowsOf(layer.node, kernel).every((w) => w.kernel === 1 && w.stride === 1);
  const extra = intsAttribute(layer.node, 'output_padding') ?? [];
  const isFixed = intsAttribute(layer.node, 'output_shape') !== undefined;
  const pads = intsAttribute(layer.node, 'pads') ?? [];
  return !isPointwise || isFixed || [...extra, ...pads].some((size) => size !== 0);
}
