import type { Graph, Node, ValueInfo } from './graph.ts';
import type { ElementType, Tensor } from './tensor.ts';
import { wiringOf } from './wiring.ts';

/** Part of a graph that computes `wanted` from values that are there already. */
export interface Segment {
  /** Its inputs are the values that it reads from outside. */
  readonly graph: Graph;
  /** Names of its inputs. */
  readonly inputs: readonly string[];
}

/**
 * The nodes of a graph that compute the values `wanted` from the values `available` (and the
 * graph's inputs), as a graph of its own. Its outputs are those of `wanted` that it computes.
 * Undefined where a node of it has a sub-graph, which cannot be cut out. `typeOf` gives the types
 * of values that the graph does not state; default: float32.
 */
export function segmentOf(
  graph: Graph,
  available: ReadonlySet<string>,
  wanted: Iterable<string>,
  typeOf: (value: string) => ElementType | undefined,
): Segment | undefined {
  const wiring = wiringOf(graph);
  const taken = new Set<number>();
  const inputs = new Set<string>();
  const tensors = new Map<string, Tensor>();
  const open = [...wanted].filter((name) => !available.has(name));
  const outputs = new Set(open);
  while (open.length > 0) {
    const value = open.pop() as string;
    const tensor = graph.tensors.get(value);
    if (tensor) {
      tensors.set(value, tensor);
      continue;
    }
    const maker = available.has(value) ? undefined : wiring.maker(value);
    if (!maker) inputs.add(value);
    else if (!taken.has(maker.id)) {
      if (hasSubgraph(maker)) return undefined;
      taken.add(maker.id);
      open.push(...maker.inputs.filter((name) => name !== ''));
    }
  }
  const info = (name: string): ValueInfo => {
    const stated = graph.inputs.find((input) => input.name === name) ?? graph.values.get(name);
    const type = stated?.type ?? typeOf(name) ?? 'float32';
    // What a file states of intermediate shapes may be of another batch size.
    const shape = graph.inputs.some((input) => input.name === name) ? stated?.shape : undefined;
    return { name, type, shape };
  };
  const names = [...inputs];
  const cut: Graph = {
    name: graph.name,
    nodes: graph.nodes.filter(({ id }) => taken.has(id)),
    tensors,
    inputs: names.map(info),
    outputs: [...outputs].map((name) => ({ ...info(name), shape: undefined })),
    values: new Map(),
    opsets: graph.opsets,
    statistics: new Map(),
  };
  return { graph: cut, inputs: names };
}

/** True where the node holds a sub-graph, which reads values by name. */
export const hasSubgraph = (node: Node): boolean =>
  node.captures.length > 0 || [...node.attributes.values()].some(({ kind }) => kind === 'opaque');

/**
 * For each position in the node order the values that are made before it and used at it or later,
 * graph outputs included: what must be kept to go on from there. Entry i is before node i; the
 * last entry is behind all nodes.
 */
export function liveValues(graph: Graph): ReadonlySet<string>[] {
  const lastUse = new Map<string, number>();
  for (const [at, node] of graph.nodes.entries()) {
    for (const name of [...node.inputs, ...node.captures]) lastUse.set(name, at);
  }
  for (const { name } of graph.outputs) lastUse.set(name, graph.nodes.length);
  const live: ReadonlySet<string>[] = [];
  let now = new Set(graph.inputs.map(({ name }) => name).filter((name) => lastUse.has(name)));
  live.push(now);
  for (const [at, node] of graph.nodes.entries()) {
    const next = new Set<string>();
    for (const name of now) if ((lastUse.get(name) ?? -1) > at) next.add(name);
    for (const name of node.outputs) if ((lastUse.get(name) ?? -1) > at) next.add(name);
    live.push(next);
    now = next;
  }
  return live;
}
