import { activationOf } from '../../graph/activations.ts';
import { isBatchNorm } from '../../graph/affine.ts';
import { numbers, type Shape } from '../../graph/dimensions.ts';
import { intAttribute, isStandard, type Node } from '../../graph/graph.ts';
import { layerOf, type Wiring } from '../../graph/layer.ts';
import { elementCount } from '../../graph/tensor.ts';

/** Who decides what a channel is, and which of its own channels that is. */
export interface ChannelSource {
  readonly maker: Node;
  readonly makerChannel: number;
}

const passing = new Set([
  'MaxPool',
  'AveragePool',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'Pad',
  'Resize',
  'Upsample',
  'ReduceMean',
  'ReduceMax',
]);

/**
 * The layer that makes channel `channel` (axis 1) of a value: back through activations, pooling,
 * batch norms, Flatten and Concat, which know the place of each channel; any other operator is
 * itself the maker. Undefined for inputs of the network.
 */
export function sourceOf(
  value: string,
  channel: number,
  wiring: Wiring,
  shapes: ReadonlyMap<string, Shape>,
): ChannelSource | undefined {
  let at = value;
  let place = channel;
  for (;;) {
    const maker = wiring.maker(at);
    if (!maker) return undefined;
    const step = stepBack(maker, place, wiring, shapes);
    if (!step) return { maker: layerNode(maker, wiring), makerChannel: place };
    [at, place] = step;
  }
}

/** The Add of a MatMul's bias stands for the MatMul. */
function layerNode(node: Node, wiring: Wiring): Node {
  if (node.op !== 'Add') return node;
  for (const input of node.inputs) {
    const maker = wiring.maker(input);
    if (maker && layerOf(maker, wiring)?.biasAdd === node.id) return maker;
  }
  return node;
}

/** The value and channel before a node that only hands channels on. */
function stepBack(
  node: Node,
  channel: number,
  wiring: Wiring,
  shapes: ReadonlyMap<string, Shape>,
): readonly [value: string, channel: number] | undefined {
  const [input = ''] = node.inputs;
  if (!isStandard(node)) return undefined;
  if (isBatchNorm(node) || passing.has(node.op)) return [input, channel];
  const activation = activationOf(node, wiring, shapes.get(node.outputs[0] ?? '')?.length);
  if (activation) return [activation.input, channel];
  switch (node.op) {
    case 'Flatten':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze': {
      const before = numbers(shapes.get(input)?.slice(2));
      const after = numbers(shapes.get(node.outputs[0] ?? '')?.slice(2));
      const repeat = before && after ? elementCount(before) / elementCount(after) : NaN;
      return Number.isInteger(repeat) ? [input, Math.floor(channel / repeat)] : undefined;
    }
    case 'Concat':
      return intAttribute(node, 'axis', 1) === 1 ? concatenated(node, channel, shapes) : undefined;
    default:
      return undefined;
  }
}

function concatenated(
  node: Node,
  channel: number,
  shapes: ReadonlyMap<string, Shape>,
): readonly [value: string, channel: number] | undefined {
  let rest = channel;
  for (const name of node.inputs) {
    const count = shapes.get(name)?.[1];
    if (typeof count !== 'number') return undefined;
    if (rest < count) return [name, rest];
    rest -= count;
  }
  return undefined;
}
