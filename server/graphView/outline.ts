import type { Graph, Node, ValueInfo } from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';

/** A box before it has a place: the nodes that it stands for, the one that it is named by first. */
export interface OutlineBox {
  readonly nodes: readonly Node[];
  /** A graph input has no nodes. */
  readonly input?: ValueInfo;
  readonly layer?: Layer;
  /** Nodes of shape arithmetic and constants among `nodes`: they are not named in the box. */
  readonly quiet: ReadonlySet<Node>;
}

/** Boxes and what flows between them, as positions in `boxes`; each edge once, none to itself. */
export interface Outline {
  readonly boxes: readonly OutlineBox[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** Puts nodes that share a root into one box, in model order, and finds what flows between boxes. */
export function outlineOf(
  graph: Graph,
  rootOf: (node: Node) => Node,
  isQuiet: (node: Node) => boolean,
  layerOf: (node: Node) => Layer | undefined,
): Outline {
  const members = new Map<Node, Node[]>();
  for (const node of graph.nodes) {
    const root = rootOf(node);
    const list = members.get(root);
    if (list) list.push(node);
    else members.set(root, [node]);
  }
  const inputs = graph.inputs.map((input) => ({ nodes: [], input, quiet: none }));
  const roots = graph.nodes.filter((node) => members.has(node));
  const boxes: OutlineBox[] = [
    ...inputs,
    ...roots.map((root) => {
      const layer = layerOf(root);
      const others = (members.get(root) ?? []).filter((node) => node !== root);
      const quiet = others.filter(isQuiet);
      return {
        nodes: [root, ...others],
        quiet: quiet.length > 0 ? new Set(quiet) : none,
        ...(layer ? { layer } : {}),
      };
    }),
  ];
  const at = new Map(roots.map((root, i) => [root, inputs.length + i]));
  return { boxes, edges: edgesOf(graph, (node) => at.get(rootOf(node)) ?? 0, isQuiet) };
}

function edgesOf(
  graph: Graph,
  boxOf: (node: Node) => number,
  isQuiet: (node: Node) => boolean,
): [number, number][] {
  const makers = new Map<string, number>();
  graph.inputs.forEach(({ name }, i) => makers.set(name, i));
  for (const node of graph.nodes) {
    if (isQuiet(node)) continue;
    for (const name of node.outputs) if (name !== '') makers.set(name, boxOf(node));
  }
  const edges: [number, number][] = [];
  const known = new Set<string>();
  for (const node of graph.nodes) {
    if (isQuiet(node)) continue;
    const to = boxOf(node);
    for (const name of [...node.inputs, ...node.captures]) {
      const from = makers.get(name);
      const key = `${from} ${to}`;
      if (from === undefined || from === to || known.has(key)) continue;
      known.add(key);
      edges.push([from, to]);
    }
  }
  return edges;
}

const none: ReadonlySet<Node> = new Set();
