import { displayName, type Graph, type Node } from './graph.ts';

/** What the two ends of a part of a network are named by: nodes or values. */
export interface Ends {
  /** The part begins with these; none: with the network's inputs. */
  readonly starts: readonly string[];
  /** It ends with these; none: with the network's outputs. */
  readonly outputs: readonly string[];
}

/** The nodes that compute something from the starts, and something that the outputs need. */
export function nodesBetween(graph: Graph, { starts, outputs }: Ends): ReadonlySet<Node> {
  const behind = starts.length === 0 ? undefined : reached(graph.nodes, starts, 'down');
  const before = outputs.length === 0 ? undefined : reached(graph.nodes, outputs, 'up');
  return new Set(
    graph.nodes.filter((node) => (behind?.has(node) ?? true) && (before?.has(node) ?? true)),
  );
}

/** Those of these names that no node and no value of the graph has. */
export function unknownNames(graph: Graph, names: readonly string[]): string[] {
  const known = new Set(graph.inputs.map(({ name }) => name));
  for (const node of graph.nodes) for (const name of namesOf(node)) known.add(name);
  return names.filter((name) => !known.has(name));
}

/** The nodes of these names, and all that read what they give, or make what they read. */
function reached(
  nodes: readonly Node[],
  names: readonly string[],
  way: 'up' | 'down',
): ReadonlySet<Node> {
  const values = new Set(names);
  const found = new Set<Node>();
  const named = (node: Node): boolean => namesOf(node).some((name) => values.has(name));
  const reads = ({ inputs, captures }: Node): boolean =>
    [...inputs, ...captures].some((name) => values.has(name));
  for (const node of way === 'down' ? nodes : nodes.toReversed()) {
    if (!named(node) && !(way === 'down' && reads(node))) continue;
    found.add(node);
    const next = way === 'down' ? node.outputs : [...node.inputs, ...node.captures];
    for (const name of next) if (name !== '') values.add(name);
  }
  return found;
}

const namesOf = (node: Node): string[] => [displayName(node), ...node.outputs];
