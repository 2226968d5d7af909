import { intsAttribute, type Node } from '../graph/graph.ts';
import { isDepthwise, type Layer } from '../graph/layer.ts';

/** What a layer is, in a few signs: `DW 3×3 /2`, `Conv 3×3 g4`, `ConvT 4×4 /2`, `Gemm`. */
export function operatorLabel(node: Node, layer: Layer): string {
  if (layer.kind === 'gemm') return 'Gemm';
  if (layer.kind === 'matMul') return 'MatMul';
  const { layout } = layer;
  const isTransposed = layer.kind === 'convTranspose';
  const isDeep = isDepthwise(layout);
  const name = isDeep ? (isTransposed ? 'DWT' : 'DW') : isTransposed ? 'ConvT' : 'Conv';
  const kernel = layer.weight.dims.slice(2).join('×');
  const strides = intsAttribute(node, 'strides') ?? [];
  const [first = 1] = strides;
  const isEven = strides.every((stride) => stride === first);
  const step = isEven ? (first > 1 ? `/${first}` : '') : `/${strides.join('×')}`;
  const groups = layout.groups > 1 && !isDeep ? `g${layout.groups}` : '';
  return [name, kernel, step, groups].filter(Boolean).join(' ');
}
