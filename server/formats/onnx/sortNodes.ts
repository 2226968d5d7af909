import { displayName, type Node } from '../../core/graph/graph.ts';
import { refuse } from '../badFile.ts';

/**
 * The nodes in an order in which every value is made before it is used: the given one where that
 * is so already, else the nearest. `made` are inputs and constants. Refuses cycles, values made
 * twice and values that nothing makes.
 */
export function sortNodes(
  nodes: readonly Node[],
  made: ReadonlySet<string>,
  file: string,
): readonly Node[] {
  const soFar = new Set(made);
  let isSorted = true;
  for (const node of nodes) {
    isSorted &&= !usesBefore(node.inputs, soFar) && !usesBefore(node.captures, soFar);
    for (const value of node.outputs) {
      if (value === '') continue;
      if (soFar.has(value)) refuseDuplicate(value, file);
      soFar.add(value);
    }
  }
  return isSorted ? nodes : reorder(nodes, made, file);
}

function usesBefore(values: readonly string[], made: ReadonlySet<string>): boolean {
  for (const value of values) if (value !== '' && !made.has(value)) return true;
  return false;
}

/** Each node after those that make what it uses; otherwise in the given order. */
function reorder(nodes: readonly Node[], made: ReadonlySet<string>, file: string): Node[] {
  const makers = new Map<string, Node>();
  for (const node of nodes) for (const value of node.outputs) makers.set(value, node);
  const sorted: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  for (const first of nodes) {
    const path: { node: Node; needs: Iterator<Node> }[] = [];
    const enter = (node: Node): void => {
      state.set(node, 'open');
      path.push({ node, needs: needsOf(node, makers, made, file) });
    };
    if (!state.has(first)) enter(first);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const need = top.needs.next();
      if (need.done) {
        state.set(top.node, 'done');
        sorted.push(top.node);
        path.pop();
      } else if (state.get(need.value) === 'open') {
        const nodesOnPath = path.map((step) => step.node);
        refuseCycle(nodesOnPath.slice(nodesOnPath.indexOf(need.value)), file);
      } else if (!state.has(need.value)) enter(need.value);
    }
  }
  return sorted;
}

/** The nodes that make what a node uses. */
function* needsOf(
  node: Node,
  makers: ReadonlyMap<string, Node>,
  made: ReadonlySet<string>,
  file: string,
): Generator<Node> {
  for (const value of [...node.inputs, ...node.captures]) {
    if (value === '' || made.has(value)) continue;
    const maker = makers.get(value);
    if (maker) yield maker;
    else {
      refuse({
        code: 'dangling-input',
        message: `${file}: the node "${displayName(node)}" (${node.op}) uses the value "${value}", which no node makes and which is neither an input nor a constant.`,
        where: displayName(node),
        remedy: 'The model is incomplete: export it again, with its weights.',
      });
    }
  }
}

function refuseDuplicate(value: string, file: string): never {
  refuse({
    code: 'duplicate-name',
    message: `${file}: the value "${value}" is made more than once.`,
    where: value,
    remedy: 'Give each value a name of its own, and export the model again.',
  });
}

function refuseCycle(nodes: readonly Node[], file: string): never {
  const names = nodes.map((node) => `"${displayName(node)}"`);
  const shown = names.length > 8 ? [...names.slice(0, 8), `${names.length - 8} more`] : names;
  refuse({
    code: 'cyclic',
    message: `${file}: these nodes use each other's outputs in a circle: ${shown.join(', ')}.`,
    where: displayName(nodes[0] as Node),
    remedy: 'A network must not have circles outside Loop and Scan: export the model again.',
  });
}
