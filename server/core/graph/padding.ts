import { intsAttribute, stringAttribute, type Dimension, type Node } from './graph.ts';

/** Padding before and after along one spatial axis. */
export type AxisPadding = readonly [before: number, after: number];

/** Window of a convolution or pooling along one axis. */
export interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/** The windows of a Conv, ConvTranspose or pooling node, one a spatial axis, defaults filled in. */
export function windowsOf(node: Node, kernel: readonly number[]): AxisWindow[] {
  const strides = intsAttribute(node, 'strides');
  const dilations = intsAttribute(node, 'dilations');
  return kernel.map((size, axis) => ({
    kernel: size,
    stride: strides?.[axis] ?? 1,
    dilation: dilations?.[axis] ?? 1,
  }));
}

/**
 * Padding of each spatial axis of a Conv or pooling node (`input`: shape of its input, where
 * known). For auto_pad SAME_*: total = max((ceil(n/s) - 1)*s + d*(k - 1) + 1 - n, 0), 0 whenever
 * k = 1 and undefined where n is not known (algorithms 1.3).
 */
export function paddingOf(
  node: Node,
  kernel: readonly number[],
  input: readonly Dimension[] | undefined,
): (AxisPadding | undefined)[] {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  const windows = windowsOf(node, kernel);
  if (auto === 'VALID') return windows.map(() => [0, 0] as const);
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    return windows.map((window, axis) => {
      if (window.kernel === 1) return [0, 0] as const;
      const size = input?.[axis + 2];
      if (typeof size !== 'number') return undefined;
      const total = samePadding(size, window);
      const half = Math.floor(total / 2);
      return auto === 'SAME_UPPER'
        ? ([half, total - half] as const)
        : ([total - half, half] as const);
    });
  }
  const pads = intsAttribute(node, 'pads');
  return windows.map((_, axis) => [pads?.[axis] ?? 0, pads?.[axis + kernel.length] ?? 0] as const);
}

/**
 * What a ConvTranspose node cuts off before and after on each spatial axis (`input`: shape of its
 * input, where known). Where output_shape or auto_pad SAME_* set the size of the output, the cut
 * follows from it:
 *
 *   total = max(s*(n - 1) + output_padding + d*(k - 1) + 1 - out, 0),  out = output_shape or n*s
 *
 * SAME_UPPER cuts the smaller half before; all others, output_shape alone too, the larger.
 */
export function transposedPaddingOf(
  node: Node,
  kernel: readonly number[],
  input: readonly Dimension[] | undefined,
): (AxisPadding | undefined)[] {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  const fixed = intsAttribute(node, 'output_shape')?.slice(-kernel.length);
  if (!fixed && !auto.startsWith('SAME')) return paddingOf(node, kernel, input);
  const added = intsAttribute(node, 'output_padding');
  return windowsOf(node, kernel).map(({ kernel: k, stride, dilation }, axis) => {
    const size = input?.[axis + 2];
    if (typeof size !== 'number') return undefined;
    const whole = stride * (size - 1) + (added?.[axis] ?? 0) + dilation * (k - 1) + 1;
    const total = Math.max(whole - (fixed?.[axis] ?? size * stride), 0);
    const half = Math.floor(total / 2);
    return auto === 'SAME_UPPER'
      ? ([half, total - half] as const)
      : ([total - half, half] as const);
  });
}

/** True where the node may pad: padding of some axis is not 0, or cannot be told. */
export const isPadded = (
  node: Node,
  kernel: readonly number[],
  input: readonly Dimension[] | undefined,
): boolean => paddingOf(node, kernel, input).some((pad) => !pad || pad[0] !== 0 || pad[1] !== 0);

/** Padding of both ends together for SAME_UPPER and SAME_LOWER. */
export function samePadding(size: number, { kernel, stride, dilation }: AxisWindow): number {
  return Math.max((Math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0);
}
