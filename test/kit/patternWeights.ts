import type { ElementType, Tensor } from '../../server/core/graph/tensor.ts';
import { elementCount } from '../../server/core/graph/tensor.ts';
import { layersOf, type Layer } from '../../server/core/graph/layer.ts';
import { wiringOf } from '../../server/core/graph/wiring.ts';
import { graphOf, node, tensor } from './graphs.ts';

/** What a layer with a patterned weight is made of. */
export interface PatternSpec {
  readonly op: string;
  readonly dims: readonly number[];
  readonly group: number;
  readonly transB: number;
}

/** A layer of this weight; the rest of the graph does not matter. */
export function layerWith(weight: Tensor, { op, group, transB }: Omit<PatternSpec, 'dims'>): Layer {
  const attributes = op === 'Gemm' ? { transB } : op === 'MatMul' ? {} : { group };
  const graph = graphOf({
    inputs: { x: ['N', weight.dims[0] ?? 1] },
    outputs: ['y'],
    nodes: [node(op, ['x', weight.name], ['y'], attributes, 'layer')],
    tensors: [weight],
  });
  const [layer] = layersOf(graph, wiringOf(graph));
  if (!layer) throw new Error(`${op} with [${weight.dims.join(', ')}] is no layer`);
  return layer;
}

/**
 * The weights of test/oracle/make/weightFigures.py: integer arithmetic that both languages do
 * alike, times a gain for the output channel.
 */
export function patternLayer(
  spec: PatternSpec,
  gains: readonly number[],
  type: ElementType = 'float32',
): Layer {
  const count = elementCount(spec.dims);
  const values = Array.from({ length: count }, (_, i) => {
    const raw = (Math.imul(i, 0x9e3779b1) >>> 0) / 2 ** 32 - 0.4;
    return raw * (gains[channelOf(spec, i) % gains.length] ?? 0);
  });
  return layerWith(tensor('w', spec.dims, values, type), spec);
}

function channelOf({ op, dims, group, transB }: PatternSpec, i: number): number {
  const [first = 1, second = 1] = dims;
  const taps = elementCount(dims.slice(2));
  const a = Math.floor(i / (second * taps));
  const b = Math.floor(i / taps) % second;
  if (op === 'Conv' || transB === 1) return a;
  if (op === 'ConvTranspose') return Math.floor(a / (first / group)) * second + b;
  return b;
}
