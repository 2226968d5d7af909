import { isStandard, type Graph, type Node } from '../core/graph/graph.ts';
import type { Wiring } from '../core/graph/layer.ts';

/**
 * Nodes that only make shapes or constants (Shape, what is computed from it, what reads constants
 * alone), each with the node that uses it in the end: they are drawn in its box. What a graph
 * output or nothing reads is not among them.
 */
export function shapeArithmetic(
  graph: Graph,
  wiring: Wiring,
  isLayer: (node: Node) => boolean,
): ReadonlyMap<Node, Node> {
  const values = new Set<string>();
  const found: Node[] = [];
  for (const node of graph.nodes) {
    if (isLayer(node) || !makesShape(node, wiring, values)) continue;
    for (const name of node.outputs) if (name !== '') values.add(name);
    if (!node.outputs.some((name) => wiring.isGraphOutput(name))) found.push(node);
  }
  const quiet = new Set(found);
  const users = new Map<Node, Node>();
  for (const node of found.reverse()) {
    const user = node.outputs.flatMap((name) => (name === '' ? [] : wiring.users(name)))[0];
    const last = user && (quiet.has(user) ? users.get(user) : user);
    if (last) users.set(node, last);
    else quiet.delete(node);
  }
  return users;
}

function makesShape(node: Node, wiring: Wiring, shapes: ReadonlySet<string>): boolean {
  if (node.captures.length > 0 || !isStandard(node) || isRandom(node)) return false;
  if (node.op === 'Shape' || node.op === 'Size') return true;
  const read = node.inputs.filter((name) => name !== '');
  return read.length > 0 && read.every((name) => shapes.has(name) || Boolean(wiring.tensor(name)));
}

const isRandom = ({ op }: Node): boolean =>
  op.startsWith('Random') || op === 'Bernoulli' || op === 'Multinomial';
