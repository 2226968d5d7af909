import { displayName, type Graph } from './graph.ts';

/**
 * What is wrong with a graph, in words; empty when nothing is. Every pass must leave it so: node
 * ids unique, every value made once and before it is used, every graph output made.
 */
export function checkGraph(graph: Graph): string[] {
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
  for (const output of graph.outputs) {
    if (!made.has(output.name)) faults.push(`nothing makes the output "${output.name}"`);
  }
  return faults;
}
