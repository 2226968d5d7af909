import type { Graph, Node } from '../../server/core/graph/graph.ts';
import { movedShape } from '../../server/core/graph/channelOrder.ts';
import { node } from './graphs.ts';

/**
 * The same network as PyTorch would have it, made from one with channels last: the Transposes behind
 * its inputs and before its outputs are left out, and everything has another name.
 */
export function channelsFirst(graph: Graph): Graph {
  const names = new Map<string, string>();
  const dropped = new Set<Node>();
  const turned = (info: Graph['inputs'][number]): Graph['inputs'][number] => ({
    ...info,
    name: `torch.${info.name}`,
    shape: info.shape && (movedShape(info.shape, 'toFirst') ?? info.shape),
  });
  for (const { name, shape } of graph.inputs) {
    if ((shape?.length ?? 0) < 3) continue;
    for (const node of graph.nodes.filter(
      ({ op, inputs }) => op === 'Transpose' && inputs[0] === name,
    )) {
      dropped.add(node);
      names.set(node.outputs[0] ?? '', name);
    }
  }
  for (const { name, shape } of graph.outputs) {
    const maker = graph.nodes.find(({ outputs }) => outputs[0] === name);
    if ((shape?.length ?? 0) < 3 || maker?.op !== 'Transpose') continue;
    dropped.add(maker);
    names.set(maker.inputs[0] ?? '', name);
  }
  const renamed = (name: string): string => (name === '' ? '' : `torch.${names.get(name) ?? name}`);
  return {
    ...graph,
    inputs: graph.inputs.map(turned),
    outputs: graph.outputs.map(turned),
    nodes: graph.nodes
      .filter((node) => !dropped.has(node))
      .map((node) => ({
        ...node,
        name: `torch.${node.name}`,
        inputs: node.inputs.map(renamed),
        outputs: node.outputs.map(renamed),
      })),
    tensors: new Map(
      [...graph.tensors].map(([name, tensor]) => [
        renamed(name),
        { ...tensor, name: renamed(name) },
      ]),
    ),
    values: new Map(),
  };
}

/** The same network as TensorFlow exports it: its first input has channels last, and is transposed. */
export function channelsLast(graph: Graph): Graph {
  const [input, ...others] = graph.inputs;
  if (!input?.shape) throw new Error('no input with a shape');
  const moved = `${input.name}/channels_first`;
  const perm = graph.inputs[0]?.shape?.map((_, axis) => axis) ?? [];
  const turn = {
    ...node('Transpose', [input.name], [moved], { perm: [...(movedShape(perm, 'toFirst') ?? [])] }),
    id: 1 + Math.max(...graph.nodes.map(({ id }) => id)),
  };
  return {
    ...graph,
    inputs: [{ ...input, shape: movedShape(input.shape, 'toLast') }, ...others],
    nodes: [
      turn,
      ...graph.nodes.map((one) => ({
        ...one,
        inputs: one.inputs.map((name) => (name === input.name ? moved : name)),
      })),
    ],
  };
}
