import { displayName, type Graph } from './graph.ts';

/**
 * What is wrong with a graph, in words; empty when nothing is. Every pass must leave it so: node
 * ids unique, every value made once and before it is used, every graph output made, and no name of
 * a node or of a value within a sub-graph used again that is not in `source` (the graph before).
 */
export function checkGraph(graph: Graph, source = graph): string[] {
  const faults: string[] = [];
  const made = new Set<string>();
  const ids = new Set<number>();
  for (const input of graph.inputs) made.add(input.name);
  for (const name of graph.tensors.keys()) {
    if (made.has(name)) faults.push(`"${name}" is both an input and a constant`);
    made.add(name);
  }
  for (const node of graph.nodes) {
    if (ids.has(node.id)) faults.push(`two nodes have the id ${node.id}`);
    ids.add(node.id);
    for (const name of [...node.inputs, ...node.captures]) {
      if (name !== '' && !made.has(name)) {
        faults.push(`${displayName(node)} uses "${name}" before it is made`);
      }
    }
    for (const name of node.outputs) {
      if (name === '') continue;
      if (made.has(name)) faults.push(`"${name}" is made twice`);
      made.add(name);
    }
  }
  const shared = repeated(source);
  for (const name of repeated(graph)) {
    if (!shared.has(name)) faults.push(`two nodes are named "${name}"`);
  }
  const known = new Set(valuesOf(source));
  for (const name of valuesOf(graph)) {
    const isHidden = graph.hidden?.values.has(name) === true && !known.has(name);
    if (isHidden) faults.push(`"${name}" is a value within a sub-graph too`);
  }
  for (const output of graph.outputs) {
    if (!made.has(output.name)) faults.push(`nothing makes the output "${output.name}"`);
  }
  return faults;
}

/** The names that more than one node has, hidden ones counted. */
function repeated({ nodes, hidden }: Graph): Set<string> {
  const seen = new Set(hidden?.nodes);
  const twice = new Set<string>();
  for (const { name } of nodes) {
    if (name !== '' && seen.has(name)) twice.add(name);
    seen.add(name);
  }
  return twice;
}

const valuesOf = ({ nodes, tensors, inputs }: Graph): string[] => [
  ...inputs.map(({ name }) => name),
  ...tensors.keys(),
  ...nodes.flatMap(({ outputs }) => outputs),
];
