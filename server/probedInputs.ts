import {
  intsAttribute,
  isStandard,
  type Graph,
  type Node,
  type ValueInfo,
} from './core/graph/graph.ts';
import type { Wiring } from './core/graph/layer.ts';
import { wiringOf } from './core/graph/wiring.ts';
import type { SizeAssignment } from './probeSizes.ts';
import { fewestProbes, inputBytes, isInMemory, proofBytes } from './runCost.ts';

/** The graph with a rank for each input that states none, where the layer that takes it tells it. */
export function withRanks(graph: Graph): Graph {
  if (graph.inputs.every(({ shape }) => shape !== undefined)) return graph;
  const wiring = wiringOf(graph);
  const inputs = graph.inputs.map((input): ValueInfo => {
    const rank = input.shape ? undefined : rankTaken(input.name, wiring);
    return rank === undefined
      ? input
      : { ...input, shape: Array.from({ length: rank }, () => undefined) };
  });
  return { ...graph, inputs };
}

function rankTaken(value: string, wiring: Wiring): number | undefined {
  for (const user of wiring.users(value)) {
    const rank = user.inputs[0] === value ? rankOf(user, wiring) : undefined;
    if (rank !== undefined) return rank;
  }
  return undefined;
}

/** The rank of what a node takes first, where the node itself tells it. */
function rankOf(node: Node, wiring: Wiring): number | undefined {
  if (!isStandard(node)) return undefined;
  switch (node.op) {
    case 'Conv':
    case 'ConvTranspose':
      return wiring.tensor(node.inputs[1] ?? '')?.dims.length;
    case 'MaxPool':
    case 'AveragePool': {
      const kernel = intsAttribute(node, 'kernel_shape');
      return kernel && kernel.length + 2;
    }
    case 'Gemm':
      return 2;
    default:
      return undefined;
  }
}

/** Why no probes can be made for an input, as a sentence. */
export function inputFault({ name, type, kind }: ValueInfo): string | undefined {
  if (kind !== undefined) {
    return `The input "${name}" is ${kind}, for which no probes can be made: only tensors of numbers can be. Export the model with tensors as its inputs.`;
  }
  if (type === 'other') {
    return `The input "${name}" has a type of which no probes can be made. Export the model with an input of floats or integers.`;
  }
  return type === 'string' || type === 'bfloat16'
    ? `The input "${name}" is ${type}, for which no probes can be made.`
    : undefined;
}

/** Why a network does not run on what was made for an input without a shape, as a sentence. */
export const unstatedText = ({ name }: ValueInfo): string =>
  `The model does not state the shape of its input "${name}", and none that was tried fits. Export it with one, if only with open sizes.`;

/** Why a network cannot be run on inputs of these sizes: they take too much memory. */
export function tooLargeText(
  graph: Graph,
  sizes: SizeAssignment,
  probes: number,
): string | undefined {
  const cost = sizes.cost();
  if (isInMemory(cost, probes)) return undefined;
  const inputs = graph.inputs.map((input) => {
    const dims = (input.shape ?? []).map((_size, axis) => sizes.sizeOf(input, axis));
    return { name: input.name, bytes: inputBytes(input, dims), dims };
  });
  const { name = '', bytes = 0, dims = [] } = inputs.sort((a, b) => b.bytes - a.bytes)[0] ?? {};
  const { largest } = cost;
  const what =
    bytes >= largest.bytes || fewestProbes * bytes > proofBytes
      ? `the input "${name}" of [${dims.join(', ')}] takes ${sizeText(bytes)}`
      : `"${largest.name}" takes ${sizeText(largest.bytes)} where the input "${name}" is [${dims.join(', ')}]`;
  return `The model is too large to be run here: ${what}. Export it with smaller sizes.`;
}

/** `4.8 GB`, `12 MB`. */
export const sizeText = (bytes: number): string =>
  bytes < 1e9
    ? `${Math.ceil(bytes / 1e6)} MB`
    : `${(bytes / 1e9).toLocaleString('en', { maximumFractionDigits: bytes < 1e10 ? 1 : 0 })} GB`;
