import { numbersOf } from '../config/fields.ts';
import type { JsonObject } from '../config/json.ts';
import { type Flow, type Size } from './flow.ts';
import type { LayerContext } from './builder.ts';

/** Sizes and padding of a convolution or pooling along its spatial axes. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: 'valid' | 'same' | 'causal';
}

export const isChannelsFirst = (config: JsonObject): boolean =>
  config['data_format'] === 'channels_first' || config['dim_ordering'] === 'th';

/** As the layer says it, `valid` where it says none; undefined: it says one that is not known. */
export function paddingMode(config: JsonObject): 'valid' | 'same' | undefined {
  const said = config['padding'] ?? config['border_mode'] ?? 'valid';
  return said === 'valid' || said === 'same' ? said : undefined;
}

/** Strides, dilations and padding of a convolution with this kernel; undefined as for `paddingMode`. */
export function convWindow(config: JsonObject, kernel: readonly number[]): Window | undefined {
  const rank = kernel.length;
  // Only along one axis is there something that came before.
  const isCausal = rank === 1 && (config['padding'] ?? config['border_mode']) === 'causal';
  const padding = isCausal ? 'causal' : paddingMode(config);
  return (
    padding && {
      kernel,
      strides: numbersOf(config, ['strides', 'subsample', 'subsample_length'], rank, 1),
      dilations: numbersOf(config, ['dilation_rate', 'atrous_rate'], rank, 1),
      padding,
    }
  );
}

/** The input as convolutions of ONNX take it, and its sizes. */
export function spatialInput(
  context: LayerContext,
  input: Flow,
): { flow: Flow; spatial: readonly Size[]; channels: Size; isFirst: boolean } {
  const isFirst = isChannelsFirst(context.layer.config);
  const flow = isFirst ? context.builder.straight(input) : context.builder.moved(input);
  const { shape } = flow;
  return {
    flow,
    spatial: isFirst ? shape.slice(2) : shape.slice(1, -1),
    channels: isFirst ? shape[1] : shape.at(-1),
    isFirst,
  };
}

/** Shape in the axis order of Keras from its parts. */
export const joined = (
  batch: Size,
  spatial: readonly Size[],
  channels: Size,
  isFirst: boolean,
): Size[] => (isFirst ? [batch, channels, ...spatial] : [batch, ...spatial, channels]);

/**
 * Attributes of a padded window. Where sizes are known the padding of `same` is written out: total
 * (ceil(n/s) - 1) s + (k - 1) d + 1 - n, the odd one behind, as TensorFlow does it.
 */
export function padded(
  window: Window,
  spatial: readonly Size[],
): { attributes: Record<string, readonly number[] | string | undefined>; sizes: Size[] } {
  const { kernel, strides, dilations, padding } = window;
  const reach = kernel.map((size, i) => (size - 1) * (dilations[i] ?? 1) + 1);
  const base = {
    kernel_shape: kernel,
    strides,
    dilations: dilations.some((one) => one !== 1) ? dilations : undefined,
  };
  const sizes = spatial.map((size, i) => {
    if (size === undefined) return undefined;
    const [stride = 1, width = 1] = [strides[i], reach[i]];
    if (padding === 'valid') return Math.max(Math.floor((size - width) / stride) + 1, 0);
    return Math.ceil(size / stride);
  });
  if (padding === 'valid') return { attributes: base, sizes };
  const totals = spatial.map((size, i) => {
    const [stride = 1, width = 1] = [strides[i], reach[i]];
    if (padding === 'causal') return width - 1;
    if (size !== undefined)
      return Math.max((Math.ceil(size / stride) - 1) * stride + width - size, 0);
    return stride === 1 ? width - 1 : undefined;
  });
  if (totals.includes(undefined)) {
    return { attributes: { ...base, auto_pad: 'SAME_UPPER' }, sizes };
  }
  const before = totals.map((total = 0) => (padding === 'causal' ? total : Math.floor(total / 2)));
  const after = totals.map((total = 0, i) => total - (before[i] ?? 0));
  const pads = [...before, ...after];
  return { attributes: { ...base, pads: pads.some((pad) => pad > 0) ? pads : undefined }, sizes };
}
