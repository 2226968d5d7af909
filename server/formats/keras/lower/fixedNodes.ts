import type { Node, NodeId } from '../../../core/graph/graph.ts';
import type { NodeOrigin } from './builder.ts';

/** Operators whose weights can be changed while their layer stays. */
const weighted = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/**
 * Nodes that cannot change by themselves without a counterpart in Keras: those that read a weight
 * which another call of the layer reads too, and those that are a part of a layer, other than its
 * convolution or matrix product, its bias and its activation.
 */
export function fixedNodes(
  nodes: readonly Node[],
  origins: ReadonlyMap<NodeId, NodeOrigin>,
): ReadonlySet<NodeId> {
  const uses = new Map<string, number>();
  const sizes = new Map<string, number>();
  const weightsOf = ({ id, inputs }: Node): string[] =>
    [...(origins.get(id)?.weights.keys() ?? [])].map((at) => inputs[at] ?? '').filter(Boolean);
  for (const node of nodes) {
    for (const name of weightsOf(node)) uses.set(name, (uses.get(name) ?? 0) + 1);
    const layer = origins.get(node.id)?.layer;
    if (layer !== undefined) sizes.set(layer, (sizes.get(layer) ?? 0) + 1);
  }
  const isFixed = (node: Node): boolean => {
    if (weightsOf(node).some((name) => (uses.get(name) ?? 0) > 1)) return true;
    const origin = origins.get(node.id);
    const isPart = origin !== undefined && (sizes.get(origin.layer) ?? 0) > 1;
    if (!isPart || origin.role === 'activation') return false;
    return weightsOf(node).length === 0 || !(weighted.has(node.op) || origin.role === 'bias');
  };
  return new Set(nodes.filter(isFixed).map(({ id }) => id));
}

/** Parts of a layer that have weights and no bias: its bias, if any, is that of the main part. */
export function bareNodes(
  nodes: readonly Node[],
  origins: ReadonlyMap<NodeId, NodeOrigin>,
): ReadonlySet<NodeId> {
  const isBare = ({ id, op }: Node): boolean => {
    const origin = origins.get(id);
    return (
      origin !== undefined && weighted.has(op) && origin.role !== 'main' && !origin.weights.has(2)
    );
  };
  return new Set(nodes.filter(isBare).map(({ id }) => id));
}
