import { isStandard, type Graph, type Node, type NodeId } from '../../graph/graph.ts';
import { layerOf, type Wiring } from '../../graph/layer.ts';
import { isFloat, type Tensor } from '../../graph/tensor.ts';
import type { Quantizer } from '../plan.ts';
import type { Apart } from '../apart.ts';
import { isQuantizing } from '../quantizedModel.ts';
import type { Target } from '../targets.ts';
import { parametersOf, type Parameter } from './parameters.ts';
import type { PlacementRules } from './rules.ts';
import { isCap } from './supergroups.ts';

/** What a node's constants get, and which of them stay as they are. */
export interface ConstantPlan {
  readonly quantizers: Quantizer[];
  readonly unquantized: { readonly tensor: string; readonly reason: string }[];
}

interface Surroundings {
  readonly wiring: Wiring;
  /** The value whose grid a node sees at an input; undefined where that is float. */
  readonly gridOf: (value: string) => string | undefined;
  readonly ownerOf: (node: Node) => string;
  /** Layers that the target treats unlike the others. */
  readonly apart: Apart;
}

/** Operators that compute with a constant as they do with a value. */
const elementwise: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'Concat',
]);

type Give = (tensor: Tensor, made: Quantizer | string) => void;

/**
 * Quantizers of the constants of a graph, by the node that reads each: the first that has it as a
 * parameter, else the first that computes with it.
 */
export function planConstants(
  graph: Graph,
  target: Target,
  rules: PlacementRules,
  around: Surroundings,
): Map<NodeId, ConstantPlan> {
  const nodes = graph.nodes.filter((node) => !isQuantizing(node));
  const plans = new Map(
    nodes.map((node): [NodeId, ConstantPlan] => [node.id, { quantizers: [], unquantized: [] }]),
  );
  const seen = new Set<string>();
  const giveTo =
    (node: Node): Give =>
    (tensor, made) => {
      if (seen.has(tensor.name)) return;
      seen.add(tensor.name);
      const plan = plans.get(node.id);
      if (typeof made !== 'string') plan?.quantizers.push(made);
      else plan?.unquantized.push({ tensor: tensor.name, reason: made });
    };
  for (const node of nodes) planParameters(node, target, rules, around, giveTo(node));
  for (const node of nodes) planOperands(node, rules, around, giveTo(node));
  return plans;
}

function planParameters(
  node: Node,
  target: Target,
  rules: PlacementRules,
  around: Surroundings,
  give: Give,
): void {
  const { wiring } = around;
  const parameters = parametersOf(node, wiring);
  for (const parameter of parameters) {
    const { tensor } = parameter;
    const isBias = parameter.name === 'bias' && layers.has(node.op);
    if (!isBias) give(tensor, weightOf(node, parameter, target, rules, around));
    else give(tensor, biasOf(node, tensor, parameters, target, rules, around));
  }
  const layer = layerOf(node, wiring);
  if (layer?.biasAdd !== undefined && layer.bias) {
    const made = biasOf(node, layer.bias, parameters, target, rules, around);
    give(layer.bias, typeof made === 'string' ? made : { ...made, node: layer.biasAdd });
  }
}

function planOperands(node: Node, rules: PlacementRules, around: Surroundings, give: Give): void {
  const isBound = isCap(node, around.wiring);
  for (const name of node.inputs) {
    const tensor = around.wiring.tensor(name);
    if (!tensor || !isFloat(tensor.type)) continue;
    if (isBound) give(tensor, 'It bounds an activation: the grid of the output ends there.');
    else if (isStandard(node) && elementwise.has(node.op)) {
      give(tensor, operandOf(node, tensor, rules, around));
    } else give(tensor, `${node.op} reads it as a setting.`);
  }
}

const layers: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm']);

function weightOf(
  node: Node,
  { name, tensor, axis }: Parameter,
  target: Target,
  rules: PlacementRules,
  { ownerOf, apart }: Surroundings,
): Quantizer | string {
  const left = apart.inFloat.get(tensor.name);
  if (left !== undefined) return left;
  const rule = rules.of(node.op).parameter(name);
  if (!rule.isQuantized) return leftInFloat(name, node);
  if (!rule.format) return `The kernel of ${node.op} computes with float parameters.`;
  return {
    kind: 'weight',
    tensor: tensor.name,
    node: node.id,
    owner: ownerOf(node),
    format: { ...rule.format, bits: apart.bits.get(tensor.name) ?? rule.format.bits },
    axis: rule.isPerChannel ? axis : undefined,
    range: target.weightRange,
  };
}

/**
 * A bias. Of 32 bits its scale is that of the sums, input times weight (algorithms: section 6.11),
 * which fewer bits could not hold: then it has a scale of its own.
 */
function biasOf(
  node: Node,
  tensor: Tensor,
  parameters: readonly Parameter[],
  target: Target,
  rules: PlacementRules,
  { gridOf, ownerOf, apart }: Surroundings,
): Quantizer | string {
  const left = apart.inFloat.get(tensor.name);
  if (left !== undefined) return left;
  const { biasBits: bits, isPowerOfTwo } = target;
  if (bits === 'float') return 'The target has biases in float.';
  if (!rules.of(node.op).parameter('bias').isQuantized) return leftInFloat('bias', node);
  const weight = parameters.find(({ name }) => name === 'weight');
  const rule = rules.of(node.op).parameter('weight');
  const input = gridOf(node.inputs[0] ?? '');
  const isWeightQuantized =
    weight !== undefined &&
    rule.isQuantized &&
    rule.format !== undefined &&
    !apart.inFloat.has(weight.tensor.name);
  const quantizer: Quantizer = {
    kind: 'bias',
    tensor: tensor.name,
    node: node.id,
    owner: ownerOf(node),
    format: { bits, symmetry: 'symmetric', isPowerOfTwo },
    axis: undefined,
    range: 'minmax',
  };
  if (bits < 32) return quantizer;
  if (input === undefined || !isWeightQuantized) {
    return 'It is added in float: the input or the weight of its layer is not rounded.';
  }
  const hasOne = rule.isPerChannel && weight.axis !== undefined;
  const axis = tensor.dims.length - 1;
  return {
    ...quantizer,
    axis: hasOne && axis >= 0 && (tensor.dims[axis] ?? 1) > 1 ? axis : undefined,
    bias: { input, weight: weight.tensor.name },
  };
}

/** A constant that is added or multiplied: an activation that does not change. */
function operandOf(
  node: Node,
  tensor: Tensor,
  rules: PlacementRules,
  { ownerOf }: Surroundings,
): Quantizer | string {
  const format = rules.of(node.op).activation;
  if (!format) return 'The target computes activations in float.';
  return {
    kind: 'weight',
    tensor: tensor.name,
    node: node.id,
    owner: ownerOf(node),
    format,
    axis: undefined,
    range: 'minmax',
  };
}

const leftInFloat = (name: string, { op }: Node): string =>
  `The placement leaves the ${name} of ${op} in float.`;
