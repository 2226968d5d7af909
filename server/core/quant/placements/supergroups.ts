import { activationOf } from '../../graph/activations.ts';
import type { Graph, Node } from '../../graph/graph.ts';
import { layerOf, type Wiring } from '../../graph/layer.ts';
import type { PlacementRules } from './rules.ts';

/**
 * For each node whose output never leaves the hardware's registers, the node after it: members of
 * supergroups but the last, along linear chains only (algorithms: section 6.10), and what goes into
 * a cap. A cap, Min or Max of a value and constants, is what remains of a ReLU6 after scaling: it
 * counts as Clip, and clipping by the grid before it gives what clipping after it gives.
 */
export function joinedNodes(
  graph: Graph,
  wiring: Wiring,
  { supergroups, joinsMatMulAdd }: PlacementRules,
): Map<Node, Node> {
  const joined = new Map<Node, Node>();
  const byHead = new Map<string, (readonly string[])[]>();
  for (const group of supergroups) {
    const [head = ''] = group;
    byHead.set(head, [...(byHead.get(head) ?? []), group]);
  }
  const join = (chain: readonly Node[]): void => {
    for (const [at, node] of chain.slice(0, -1).entries()) {
      const next = chain[at + 1];
      if (next) joined.set(node, next);
    }
  };
  for (const node of graph.nodes) {
    for (const group of byHead.get(node.op) ?? []) {
      join(chainOf(node, group, wiring) ?? []);
    }
    const next = follower(node, wiring);
    if (!next) continue;
    const isBias = joinsMatMulAdd && layerOf(node, wiring)?.biasAdd === next.id;
    if (isBias || (clamps.has(node.op) && isCap(next, wiring))) join([node, next]);
  }
  return joined;
}

/** True for Min or Max of a value with constants, one number or one a channel. */
export const isCap = (node: Node, wiring: Wiring): boolean =>
  (node.op === 'Min' || node.op === 'Max') && activationOf(node, wiring)?.isClamp === true;

const clamps: ReadonlySet<string> = new Set(['Relu', 'Clip', 'Min', 'Max']);

function chainOf(head: Node, group: readonly string[], wiring: Wiring): Node[] | undefined {
  const chain = [head];
  for (const op of group.slice(1)) {
    const next = follower(chain.at(-1) ?? head, wiring);
    if (!next || (next.op !== op && !(op === 'Clip' && isCap(next, wiring)))) return undefined;
    chain.push(next);
  }
  return chain;
}

/** The one node that alone uses what a node gives; none at branches and model outputs. */
function follower(node: Node, wiring: Wiring): Node | undefined {
  const [value = '', ...others] = node.outputs;
  if (others.some((name) => name !== '' && wiring.useCount(name) > 0)) return undefined;
  const isAlone = wiring.useCount(value) === 1 && !wiring.isGraphOutput(value);
  return isAlone ? wiring.users(value)[0] : undefined;
}
