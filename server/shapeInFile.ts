import type { Layer } from './core/graph/layer.ts';

/**
 * The shape of a layer's weight in the axis order of its file: ONNX as it is, Keras and
 * TensorFlow.js with the kernel first (kernel, in, out; depthwise kernel, channels, multiplier).
 */
export function shapeInFile({ kind, weight, layout }: Layer, format: string): readonly number[] {
  const { dims } = weight;
  if (format === 'onnx') return dims;
  const { groups, inPerGroup, outPerGroup } = layout;
  const kernel = dims.slice(2);
  switch (kind) {
    case 'conv':
      return groups > 1 && inPerGroup === 1
        ? [...kernel, groups, outPerGroup]
        : [...kernel, inPerGroup, groups * outPerGroup];
    case 'convTranspose':
      return [...kernel, outPerGroup, groups * inPerGroup];
    case 'gemm':
    case 'matMul':
      return [inPerGroup, outPerGroup];
  }
}
