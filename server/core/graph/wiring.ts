import type { Graph, Node } from './graph.ts';
import type { Wiring } from './layer.ts';

const known = new WeakMap<Graph, Wiring>();

/** An index over a graph that does not change: who makes and who uses each value. Kept with it. */
export function wiringOf(graph: Graph): Wiring {
  const wiring = known.get(graph) ?? index(graph);
  known.set(graph, wiring);
  return wiring;
}

function index(graph: Graph): Wiring {
  const makers = new Map<string, Node>();
  const users = new Map<string, Node[]>();
  const counts = new Map<string, number>();
  const outputs = new Set(graph.outputs.map((value) => value.name));
  for (const node of graph.nodes) {
    for (const name of node.outputs) if (name !== '') makers.set(name, node);
    for (const name of [...node.inputs, ...node.captures]) {
      if (name === '') continue;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const list = users.get(name);
      if (!list) users.set(name, [node]);
      else if (list.at(-1) !== node) list.push(node);
    }
  }
  return {
    tensor: (name) => graph.tensors.get(name),
    maker: (value) => makers.get(value),
    users: (value) => users.get(value) ?? [],
    useCount: (value) => (counts.get(value) ?? 0) + (outputs.has(value) ? 1 : 0),
    isGraphOutput: (value) => outputs.has(value),
  };
}
