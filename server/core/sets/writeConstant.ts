import type { GraphDraft } from '../graph/draft.ts';
import type { NodeId } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';

/**
 * Gives the input `at` of a node another constant. One that only this input uses is replaced;
 * one that others use too, or that is made from a constant by other nodes, is left to them, and
 * the node gets a tensor of its own. Nodes that made a constant for it alone go.
 */
export function writeConstant(draft: GraphDraft, id: NodeId, at: number, constant: Tensor): void {
  const node = draft.node(id);
  if (!node) throw new Error(`no node ${id}`);
  const old = node.inputs[at] ?? '';
  if (old !== '' && draft.tensor(old) && draft.useCount(old) === 1) {
    draft.setTensor(old, { ...constant, name: old });
    return;
  }
  const name = draft.freshName(old === '' ? constant.name : old);
  draft.setTensor(name, { ...constant, name });
  const inputs = [...node.inputs];
  while (inputs.length < at) inputs.push('');
  inputs[at] = name;
  draft.setNode({ ...node, inputs });
  draft.removeUnused(old);
}
