import { type Graph, type Node } from '../core/graph/graph.ts';
import type { Layer, Wiring } from '../core/graph/layer.ts';

/** Operators that are drawn in the box of what they read: batch norms, activations, grids. */
const follows = new Set([
  ...['BatchNormalization', 'Identity', 'Dropout', 'QuantizeLinear', 'DequantizeLinear'],
  ...[
    'Relu',
    'LeakyRelu',
    'PRelu',
    'Clip',
    'Elu',
    'Selu',
    'Celu',
    'Gelu',
    'Mish',
    'ThresholdedRelu',
  ],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Swish', 'Tanh', 'Softplus', 'Softsign'],
]);
/** These do where the other side is a constant: bounds of channels. */
const bounds = new Set(['Min', 'Max']);
/** Gates of `x * gate(x)`: SiLU, hard swish. */
const gates = new Set(['Sigmoid', 'HardSigmoid']);

/** Which node each of these follows; a chain is followed step by step. */
export function followers(
  graph: Graph,
  wiring: Wiring,
  layers: ReadonlyMap<Node, Layer>,
  isQuiet: (node: Node) => boolean,
): ReadonlyMap<Node, Node> {
  const leaders = new Map<Node, Node>();
  const users = (value: string): Node[] => wiring.users(value).filter((node) => !isQuiet(node));
  const live = (node: Node): string[] =>
    node.inputs.filter((name) => {
      if (name === '' || wiring.tensor(name)) return false;
      const maker = wiring.maker(name);
      return !maker || !isQuiet(maker);
    });
  /** The one maker of a value that nobody but `readers` uses. */
  const soleMaker = (value: string, readers: readonly Node[]): Node | undefined => {
    const maker = wiring.maker(value);
    if (!maker || wiring.isGraphOutput(value)) return undefined;
    const isAlone = maker.outputs.every((name) => name === value || wiring.useCount(name) === 0);
    return isAlone && users(value).every((user) => readers.includes(user)) ? maker : undefined;
  };
  const mayFollow = (node: Node, leader: Node): boolean => {
    if (follows.has(node.op)) return true;
    if (bounds.has(node.op)) return node.inputs.length === 2;
    if (node.op !== 'Add') return false;
    const layer = layers.get(leader); // the bias of a layer that has none of its own
    return layer !== undefined && (layer.biasAdd === node.id || layer.bias === undefined);
  };
  for (const node of graph.nodes) {
    if (layers.has(node) || isQuiet(node) || node.captures.length > 0 || leaders.has(node))
      continue;
    const [value, ...others] = live(node);
    if (value === undefined || others.length > 0) continue;
    const leader = soleMaker(value, [node]);
    if (leader && mayFollow(node, leader)) {
      leaders.set(node, leader);
      continue;
    }
    if (!gates.has(node.op)) continue;
    const gated = gatedBy(node, value, users);
    const maker = gated && soleMaker(value, [node, gated]);
    if (!gated || !maker || wiring.isGraphOutput(node.outputs[0] ?? '')) continue;
    leaders.set(node, maker);
    leaders.set(gated, maker);
  }
  return leaders;
}

/** The product of a gate and what it reads, where nothing else reads the gate. */
function gatedBy(
  gate: Node,
  value: string,
  users: (value: string) => readonly Node[],
): Node | undefined {
  const [product, ...others] = users(gate.outputs[0] ?? '');
  if (!product || others.length > 0 || product.op !== 'Mul') return undefined;
  const wanted = [value, gate.outputs[0]];
  const isIt = product.inputs.length === 2 && wanted.every((n) => product.inputs.includes(n ?? ''));
  return isIt ? product : undefined;
}
