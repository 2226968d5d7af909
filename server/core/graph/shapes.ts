import { attributeFault } from './attributeFaults.ts';
import { isStandard, type Dimension, type Graph, type Node, type ValueInfo } from './graph.ts';
import type { Shape } from './dimensions.ts';
import type { ShapeAnswer } from './shapeRule.ts';
import { shapeRules } from './shapeRules.ts';
import type { Tensor } from './tensor.ts';
import { readNumbers } from './tensorValues.ts';

/** Whole numbers of at most this many elements are followed (shapes, axes, starts, ends). */
const maxInts = 64;

/** No axis of a tensor is longer; what comes out longer was worked out of nonsense. */
const maxSize = 2 ** 31;

const known = new WeakMap<Graph, ReadonlyMap<string, Shape>>();

/**
 * The shape of every value whose rank is known: constants, inputs, and what follows from them by
 * the rules of the operators, together with what the file itself says. A size that is not known is
 * undefined, and so is one that cannot be: not whole, negative, or beyond all tensors. A named one
 * keeps its name. Kept with the graph.
 */
export function inferShapes(graph: Graph): ReadonlyMap<string, Shape> {
  const shapes = known.get(graph) ?? inferAll(graph);
  known.set(graph, shapes);
  return shapes;
}

function inferAll(graph: Graph): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  const ints = new Map<string, readonly Dimension[]>();
  const stated = new Map<string, Shape>();
  for (const info of [...graph.values.values(), ...graph.outputs]) {
    if (info.shape) stated.set(info.name, info.shape.map(possible));
  }
  for (const input of graph.inputs) if (input.shape) shapes.set(input.name, marked(input));
  for (const tensor of graph.tensors.values()) shapes.set(tensor.name, tensor.dims);

  const opset = graph.opsets.get('') ?? graph.opsets.get('ai.onnx') ?? 1;
  for (const node of graph.nodes) {
    const answer = infer(node, graph, shapes, ints, opset);
    for (const [at, name] of node.outputs.entries()) {
      const shape = merged(answer?.shapes[at]?.map(possible), stated.get(name));
      if (name !== '' && shape) shapes.set(name, shape);
    }
    const [first = ''] = node.outputs;
    if (answer?.ints && answer.ints.length <= maxInts && first !== '') ints.set(first, answer.ints);
  }
  return new Map([...shapes].map(([name, shape]) => [name, shape.map(unmarked)]));
}

/** Sizes of an input that have no name get one while inferring, so that they can cancel. */
const mark = '\0';
const marked = ({ name, shape = [] }: ValueInfo): Shape =>
  shape.map((size, axis) => possible(size) ?? `${mark}${name}/${axis}`);
const unmarked = (size: Dimension): Dimension =>
  typeof size === 'string' && size.startsWith(mark) ? undefined : size;

const possible = (size: Dimension): Dimension =>
  typeof size === 'number' && !(Number.isInteger(size) && size >= 0 && size <= maxSize)
    ? undefined
    : size;

/** The shape of a constant list of integers as numbers; undefined for anything large or float. */
function intsOf(tensor: Tensor | undefined): readonly number[] | undefined {
  if (!tensor || (tensor.type !== 'int64' && tensor.type !== 'int32')) return undefined;
  const count = tensor.dims.reduce((a, b) => a * b, 1);
  return count <= maxInts ? readNumbers(tensor) : undefined;
}

function infer(
  node: Node,
  graph: Graph,
  shapes: ReadonlyMap<string, Shape>,
  ints: ReadonlyMap<string, readonly Dimension[]>,
  opset: number,
): ShapeAnswer | undefined {
  const rule = isStandard(node) ? shapeRules[node.op] : undefined;
  if (!rule || attributeFault(node) !== undefined) return undefined;
  const name = (input: number): string => node.inputs[input] ?? '';
  return rule(node, {
    shape: (input) => shapes.get(name(input)),
    ints: (input) => ints.get(name(input)) ?? intsOf(graph.tensors.get(name(input))),
    constant: (input) => graph.tensors.get(name(input)),
    opset,
  });
}

/** What was inferred, with what the file states where that knows more. */
function merged(inferred: Shape | undefined, stated: Shape | undefined): Shape | undefined {
  if (!inferred || !stated) return inferred ?? stated;
  if (inferred.length !== stated.length) return inferred;
  return inferred.map((size, axis) =>
    typeof size === 'number'
      ? size
      : typeof stated[axis] === 'number'
        ? stated[axis]
        : (size ?? stated[axis]),
  );
}
