import type {
  Attribute,
  Dimension,
  Graph,
  Node,
  ValueInfo,
} from '../../server/core/graph/graph.ts';
import {
  elementCount,
  MemoryData,
  type ElementType,
  type Tensor,
} from '../../server/core/graph/tensor.ts';
import { floatTensor } from '../../server/core/graph/tensorValues.ts';
import type { Random } from './random.ts';

/** A node without its id; `graphOf` numbers nodes by position. */
export type NodeSpec = Omit<Node, 'id'>;

/** An attribute as tests write it: whole numbers are ints, unless the name is that of a float. */
export type AttributeSpec = number | string | readonly number[] | readonly string[] | Attribute;

export interface GraphSpec {
  /** Shapes by name (float32), or whole value infos. */
  readonly inputs: Readonly<Record<string, readonly Dimension[] | ValueInfo>>;
  /** Names (float32, shape not known), or value infos. */
  readonly outputs: readonly (string | ValueInfo)[];
  readonly nodes: readonly NodeSpec[];
  readonly tensors?: readonly Tensor[];
  /** Value infos of intermediate values. */
  readonly values?: readonly ValueInfo[];
  readonly opset?: number;
}

/** A graph from the least that says it. */
export function graphOf(spec: GraphSpec): Graph {
  const inputs = Object.entries(spec.inputs).map(([name, shape]) =>
    Array.isArray(shape) ? valueInfo(name, shape as Dimension[]) : (shape as ValueInfo),
  );
  const outputs = spec.outputs.map((output) =>
    typeof output === 'string' ? valueInfo(output) : output,
  );
  return {
    name: 'test',
    nodes: spec.nodes.map((made, id) => ({ ...made, id })),
    tensors: new Map((spec.tensors ?? []).map((made) => [made.name, made])),
    inputs,
    outputs,
    values: new Map((spec.values ?? []).map((value) => [value.name, value])),
    opsets: new Map([['', spec.opset ?? 17]]),
    statistics: new Map(),
  };
}

export const valueInfo = (
  name: string,
  shape?: readonly Dimension[],
  type: ElementType = 'float32',
): ValueInfo => ({ name, type, shape });

/** A node of ONNX itself, named after its first output unless a name is given. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeSpec>> = {},
  name = outputs[0] ?? '',
): NodeSpec {
  const entries = Object.entries(attributes).map(
    ([key, value]) => [key, attribute(key, value)] as const,
  );
  return { name, op, domain: '', inputs, outputs, attributes: new Map(entries), captures: [] };
}

/** A float tensor; a single number fills it. */
export function tensor(
  name: string,
  dims: readonly number[],
  values: readonly number[] | Float32Array | Float64Array | number,
  type: ElementType = 'float32',
): Tensor {
  const all =
    typeof values === 'number'
      ? new Float64Array(elementCount(dims)).fill(values)
      : Float64Array.from(values);
  return floatTensor(name, dims, all, type);
}

/** An int64 tensor; no dimensions make it one axis. */
export function intTensor(
  name: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Tensor {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { name, type: 'int64', dims, data: new MemoryData(bytes) };
}

/** A tensor of N(mean, std^2). */
export function randomTensor(
  random: Random,
  name: string,
  dims: readonly number[],
  { mean = 0, std = 1, type = 'float32' }: { mean?: number; std?: number; type?: ElementType } = {},
): Tensor {
  return tensor(name, dims, random.normal(elementCount(dims), mean, std), type);
}

/** Names of the operators that are floats although a test writes a whole number. */
const floatAttributes = new Set([
  'alpha',
  'beta',
  'epsilon',
  'gamma',
  'lambd',
  'max',
  'min',
  'momentum',
  'ratio',
  'value_float',
]);

function attribute(name: string, value: AttributeSpec): Attribute {
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value === 'number') {
    const isInt = Number.isInteger(value) && !floatAttributes.has(name);
    return isInt ? { kind: 'int', value } : { kind: 'float', value };
  }
  if ('kind' in value) return value;
  if (value.every((item) => typeof item === 'string')) return { kind: 'strings', value };
  const numbers = value;
  const areInts = numbers.every(Number.isInteger) && name !== 'scales';
  return areInts ? { kind: 'ints', value: numbers } : { kind: 'floats', value: numbers };
}
