import type { Affine } from '../../graph/affine.ts';
import type { GraphDraft } from '../../graph/draft.ts';
import { displayName, type Node } from '../../graph/graph.ts';

/**
 * Takes an affine out. `output`: what made its input makes its output now, so that whoever used
 * the output goes on; a node without a name is given the one it was shown by, which was that of
 * its old output. `input`: whoever used its output uses its input now.
 */
export function rewire(
  draft: GraphDraft,
  affine: Affine,
  kept: 'output' | 'input',
  keepTensors: boolean,
): void {
  const { nodes, input, output } = affine;
  if (kept === 'input') {
    for (const user of draft.users(output)) {
      draft.setNode({ ...user, inputs: renamed(user.inputs, output, input) });
    }
  }
  const constants = new Set(nodes.flatMap((node) => node.inputs));
  for (const node of nodes) {
    constants.delete(node.outputs[0] ?? '');
    constants.delete('');
  }
  constants.delete(input);
  for (const node of nodes.toReversed()) draft.removeNode(node.id, keepTensors);
  for (const name of constants) draft.removeUnused(name, keepTensors);
  if (kept === 'output') {
    const maker = draft.maker(input) as Node;
    draft.setNode({
      ...maker,
      name: displayName(maker),
      outputs: renamed(maker.outputs, input, output),
    });
  }
}

const renamed = (names: readonly string[], from: string, to: string): string[] =>
  names.map((name) => (name === from ? to : name));
