import type { Graph, Node } from '../../core/graph/graph.ts';
import type { ConstantNode } from './readGraph.ts';

/** A node field of the new file: one of the old file (by its place there), or a new node. */
export type NodeStep = { readonly place: number } | { readonly added: Node };

/**
 * The order in which the nodes of `graph` are written. What is in the file keeps the file's order
 * wherever that is the graph's order too, new nodes stand where the graph has them, and Constant
 * nodes stay where they are unless something before them needs them.
 *
 * `places` tells where in the file each node of the graph is.
 */
export function planNodes(
  graph: Graph,
  fileNodes: readonly (Node | ConstantNode)[],
  places: ReadonlyMap<Node['id'], number>,
  isKept: (constant: string) => boolean,
): NodeStep[] {
  const constants: number[] = [];
  for (const [place, node] of fileNodes.entries()) {
    if ('constant' in node && isKept(node.constant)) constants.push(place);
  }
  const steps = merge(graph, constants, places);
  return isInOrder(steps, graph, fileNodes, places) ? steps : hoist(steps, constants);
}

/** Constant nodes among the others, each before the first node that stood after it in the file. */
function merge(
  graph: Graph,
  constants: readonly number[],
  places: ReadonlyMap<Node['id'], number>,
): NodeStep[] {
  const steps: NodeStep[] = [];
  let next = 0;
  for (const node of graph.nodes) {
    const place = places.get(node.id);
    for (; place !== undefined && (constants[next] ?? Infinity) < place; next++) {
      steps.push({ place: constants[next] as number });
    }
    steps.push(place === undefined ? { added: node } : { place });
  }
  return [...steps, ...constants.slice(next).map((place) => ({ place }))];
}

function isInOrder(
  steps: readonly NodeStep[],
  graph: Graph,
  fileNodes: readonly (Node | ConstantNode)[],
  places: ReadonlyMap<Node['id'], number>,
): boolean {
  const nodeAt = new Map(graph.nodes.map((node) => [places.get(node.id), node]));
  const late = new Set<string>();
  for (const node of fileNodes) if ('constant' in node) late.add(node.constant);
  for (const step of steps) {
    const constant = 'place' in step ? fileNodes[step.place] : undefined;
    if (constant && 'constant' in constant) late.delete(constant.constant);
    else {
      const node = 'added' in step ? step.added : nodeAt.get(step.place);
      if ([...(node?.inputs ?? []), ...(node?.captures ?? [])].some((name) => late.has(name))) {
        return false;
      }
    }
  }
  return true;
}

/** Constants first: they need nothing. */
function hoist(steps: readonly NodeStep[], constants: readonly number[]): NodeStep[] {
  const first = new Set(constants);
  const rest = steps.filter((step) => !('place' in step) || !first.has(step.place));
  return [...constants.map((place) => ({ place })), ...rest];
}
