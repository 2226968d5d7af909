import type { Graph } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import type { Tensor } from '../core/graph/tensor.ts';
import { floatTensor } from '../core/graph/tensorValues.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import type { FormerBias } from '../core/passes/restoreBiases.ts';

/** A bias as the float network has it, and the weight of its layer. */
export interface FloatBias {
  readonly bias: Tensor;
  readonly weight: string;
}

/** By the name of the bias in the corrected graph. */
export type FloatBiases = ReadonlyMap<string, FloatBias>;

/**
 * What the biases of a corrected graph were before; where there was none, zeros in the place of the
 * one that was added, so that both networks have the same nodes.
 */
export function floatBiasesOf(corrected: Graph, former: readonly FormerBias[]): FloatBiases {
  const before = new Map(former.map(({ layer, bias }) => [layer, bias]));
  const biases = new Map<string, FloatBias>();
  for (const { name, bias, weight } of layersOf(corrected, wiringOf(corrected))) {
    const old = before.get(name);
    if (old === undefined || !bias) continue;
    const values = old ?? floatTensor(bias.name, bias.dims, zeros(bias.dims), bias.type);
    biases.set(bias.name, { bias: { ...values, name: bias.name }, weight: weight.name });
  }
  return biases;
}

/** The graph with those biases that are wanted as the float network has them; default: all. */
export function withFloatBiases(
  graph: Graph,
  biases: FloatBiases | undefined,
  isWanted: (weight: string) => boolean = () => true,
): Graph {
  if (!biases || biases.size === 0) return graph;
  const tensors = new Map(graph.tensors);
  for (const [name, { bias, weight }] of biases) if (isWanted(weight)) tensors.set(name, bias);
  return { ...graph, tensors };
}

const zeros = (dims: readonly number[]): Float64Array =>
  new Float64Array(dims.reduce((a, b) => a * b, 1));
