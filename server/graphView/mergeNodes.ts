import type { Graph, Node } from '../core/graph/graph.ts';
import { layersOf } from '../core/graph/layer.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { followers } from './followers.ts';
import { outlineOf, type Outline } from './outline.ts';
import { shapeArithmetic } from './shapeArithmetic.ts';

/** Layers with their batch norms and activations, shape arithmetic with what uses it. */
export function layersOutline(graph: Graph): Outline {
  const wiring = wiringOf(graph);
  const layers = new Map(layersOf(graph, wiring).map((layer) => [layer.node, layer]));
  const users = shapeArithmetic(graph, wiring, (node) => layers.has(node));
  const isQuiet = (node: Node): boolean => users.has(node);
  const leaders = followers(graph, wiring, layers, isQuiet);
  const roots = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const leader = leaders.get(node);
    roots.set(node, leader ? (roots.get(leader) ?? leader) : node);
  }
  const rootOf = (node: Node): Node => {
    const seen = users.get(node) ?? node;
    return roots.get(seen) ?? seen;
  };
  return outlineOf(graph, rootOf, isQuiet, (node) => layers.get(node));
}

/** Every node by itself. */
export function nodesOutline(graph: Graph): Outline {
  const layers = new Map(layersOf(graph, wiringOf(graph)).map((layer) => [layer.node, layer]));
  return outlineOf(
    graph,
    (node) => node,
    () => false,
    (node) => layers.get(node),
  );
}
