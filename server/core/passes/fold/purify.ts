import type { Affine } from '../../graph/affine.ts';
import { floatAttribute, type Node } from '../../graph/graph.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { floatTensor, readFloats } from '../../graph/tensorValues.ts';
import { isAllFinite } from '../../kernels/finite.ts';
import type { Folding } from './folding.ts';
import { setFloat, writeInput } from './writeLayer.ts';

/**
 * Makes a batch norm that stays a pure scale and shift (algorithms 1.6):
 *
 *   gamma' = gamma/sigma,  beta' = beta - mu*gamma/sigma,  mean' = 0,  var' = 1,  epsilon' = 0
 *
 * Answers false where it is one already, or where the numbers do not fit the tensors' type.
 */
export function purify(into: Folding, node: Node, affine: Affine): boolean {
  const { draft, keepTensors } = into;
  if (into.fixed?.has(node.id)) return false;
  const tensors = node.inputs.slice(1, 5).map((name) => into.wiring.tensor(name));
  const [gamma, beta, mean, variance] = tensors as [Tensor, Tensor, Tensor, Tensor];
  const count = affine.scale.length;
  const isPure =
    floatAttribute(node, 'epsilon', 1e-5) === 0 &&
    affine.gamma?.every((g, c) => g === affine.scale[c]) === true &&
    affine.beta?.every((b, c) => b === affine.shift[c]) === true;
  if (isPure) return false;
  const values = [
    affine.scale,
    affine.shift,
    new Float64Array(count),
    new Float64Array(count).fill(1),
  ];
  const made = [gamma, beta, mean, variance].map((tensor, at) =>
    floatTensor(tensor.name, tensor.dims, values[at] as Float64Array, tensor.type),
  );
  if (!made.every((tensor) => isAllFinite(readFloats(tensor)))) return false;
  for (const [at, tensor] of made.entries()) {
    writeInput(draft, node.id, at + 1, tensor, keepTensors);
  }
  setFloat(draft, node.id, 'epsilon', 0);
  return true;
}
