import type { Refusal } from './affine.ts';
import { displayName, type Graph, type Node } from './graph.ts';

/** Why a node of a graph must stay as it is; undefined where it may change. */
export function whyFixed(fixed: Graph['fixed'], node: Node): Refusal | undefined {
  if (!fixed?.has(node.id)) return undefined;
  return {
    code: 'fixed',
    reason: `"${displayName(node)}" cannot change by itself: the file uses the layer more than once, or has it as a part of a larger layer.`,
    remedy: 'Save the model as ONNX first: there every use has weights of its own.',
  };
}

/** Why a layer cannot get a bias that it has not; undefined where the file has a place for it. */
export function whyBare(lacksBias: Graph['lacksBias'], node: Node): Refusal | undefined {
  if (!lacksBias?.has(node.id)) return undefined;
  return {
    code: 'no-bias',
    reason: `"${displayName(node)}" is a part of a larger layer of the file, which has no place for a bias of its own.`,
    remedy: 'Save the model as ONNX first: there every layer can have one.',
  };
}
