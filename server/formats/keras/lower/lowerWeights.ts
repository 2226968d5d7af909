import type { Graph } from '../../../core/graph/graph.ts';
import type { LayerWeights } from '../source.ts';
import { GraphBuilder } from './builder.ts';
import type { LoweredModel } from './lowerModel.ts';
import { asIs, type View } from './weightViews.ts';

/**
 * A file of weights without an architecture: each layer that can be told by its kernel is a node of
 * its own, with an input of its own, so that its weights can be looked at. It cannot be run.
 */
export function lowerWeights(weights: ReadonlyMap<string, LayerWeights>): LoweredModel {
  const builder = new GraphBuilder();
  const inputs: string[] = [];
  const outputs: string[] = [];
  for (const [layer, own] of weights) {
    for (const [slot, weight] of own) {
      const { dims } = weight;
      const isDepthwise = slot.startsWith('depthwise_kernel') && dims.length > 2;
      const isKernel = /kernel|weights|^W$|^0$/.test(slot) && dims.length >= 2;
      if (!isKernel) {
        builder.weight(`${layer}/${slot}`, weight);
        continue;
      }
      const view = isDepthwise ? depthwise(dims) : dims.length > 2 ? kernel(dims) : asIs(dims);
      const tensor = builder.weight(`${layer}/${slot}`, weight, view);
      const input = builder.freshName(`${layer}/${slot}/input`);
      const name = inputs.includes(layer) ? `${layer}/${slot}` : layer;
      inputs.push(input);
      const group = isDepthwise ? dims.at(-2) : undefined;
      const op = dims.length > 2 ? 'Conv' : 'MatMul';
      outputs.push(builder.add(op, name, [input, tensor], { group }));
      builder.mark(layer, 'main', new Map([[1, { slot, view }]]));
    }
  }
  const info = (name: string): Graph['inputs'][number] => ({
    name,
    type: 'float32',
    shape: undefined,
  });
  const graph: Graph = {
    name: 'weights',
    nodes: builder.nodes,
    tensors: builder.tensors,
    inputs: inputs.map(info),
    outputs: outputs.map(info),
    values: builder.values,
    opsets: new Map([['', 18]]),
    statistics: new Map(),
  };
  return { graph, origins: builder.origins, opaque: [], results: new Map() };
}

function kernel(dims: readonly number[]): View {
  const rank = dims.length;
  const perm = [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)];
  return { dims, perm, shape: perm.map((axis) => dims[axis] ?? 1) };
}

function depthwise(dims: readonly number[]): View {
  const rank = dims.length;
  const [channels = 1, multiplier = 1] = dims.slice(-2);
  return {
    dims,
    perm: [rank - 2, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i)],
    shape: [channels * multiplier, 1, ...dims.slice(0, -2)],
  };
}
