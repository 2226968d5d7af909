import { intAttribute, isStandard, type Graph, type Node } from '../../graph/graph.ts';
import { isFloat, type ElementType } from '../../graph/tensor.ts';

/** Operators whose first output never is a float. */
const neverFloat: ReadonlySet<string> = new Set([
  'And',
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'IsInf',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'NonMaxSuppression',
  'NonZero',
  'Not',
  'Or',
  'QuantizeLinear',
  'DynamicQuantizeLinear',
  'Shape',
  'Size',
  'Xor',
]);

/** Where an operator takes the type of its first output from, if not from its first input. */
const typedBy: Readonly<Record<string, number>> = { Where: 1, OneHot: 2, DequantizeLinear: 1 };

/** Outputs that are integers although the first one is a float. */
const integerOutputs: Readonly<Record<string, number>> = { TopK: 1, MaxPool: 1, Dropout: 1 };

/** Numbers of ONNX's TensorProto.DataType that are floats. */
const floatNumbers: ReadonlySet<number> = new Set([1, 10, 11, 16]);

/**
 * Tells which values of a graph are floats: by what was learnt by running it (`types`), by what the
 * file states, else by what the operators make of their inputs. What nobody knows counts as float.
 */
export function floatValues(
  graph: Graph,
  types: ReadonlyMap<string, ElementType> = new Map(),
): (value: string) => boolean {
  const known = new Map<string, boolean>();
  for (const tensor of graph.tensors.values()) known.set(tensor.name, isFloat(tensor.type));
  const stated = [...graph.values.values(), ...graph.inputs, ...graph.outputs];
  for (const { name, type } of stated) if (type !== 'other') known.set(name, isFloat(type));
  for (const [name, type] of types) known.set(name, isFloat(type));
  for (const node of graph.nodes) {
    for (const [at, name] of node.outputs.entries()) {
      if (name === '' || known.has(name)) continue;
      known.set(name, givesFloat(node, at, known));
    }
  }
  return (value) => known.get(value) ?? true;
}

function givesFloat(node: Node, at: number, known: ReadonlyMap<string, boolean>): boolean {
  if (!isStandard(node)) return true;
  if (at > 0 && integerOutputs[node.op] === at) return false;
  if (at === 0 && neverFloat.has(node.op)) return false;
  if (node.op === 'Cast') return floatNumbers.has(intAttribute(node, 'to', 1));
  if (node.op === 'ConstantOfShape' || node.op === 'EyeLike') {
    const value = node.attributes.get('value');
    return value?.kind !== 'tensor' || isFloat(value.value.type);
  }
  return known.get(node.inputs[typedBy[node.op] ?? 0] ?? '') ?? true;
}
