import { basename } from 'node:path';
import type { Dimension, Graph, ValueInfo } from '../core/graph/graph.ts';
import { elementCount, isFloat } from '../core/graph/tensor.ts';
import { isQuantizedModel, quantizedLayers } from '../core/quant/quantizedModel.ts';
import type { ModelDocument } from '../formats/format.ts';
import type { FileLine } from '../protocol/model.ts';

/** The first line of the editor: the file, with the nodes and parameters of what is shown of it. */
export function fileLineOf({ path, info, graph }: ModelDocument, shown: Graph = graph): FileLine {
  return {
    name: basename(path),
    label: info.label,
    sizeBytes: info.sizeBytes,
    nodeCount: info.nodeCount + shown.nodes.length - graph.nodes.length,
    parameterCount: info.parameterCount + parametersOf(shown) - floatsOf(graph),
    inputs: graph.inputs.map(shapeText),
    outputs: graph.outputs.map(shapeText),
  };
}

/** Numbers of a graph's float tensors, and of the layers' weights that are integers. */
function parametersOf(graph: Graph): number {
  const known = counted.get(graph);
  if (known !== undefined) return known;
  const integers = new Map<string, number>();
  for (const { weight } of isQuantizedModel(graph) ? quantizedLayers(graph) : []) {
    const tensor = graph.tensors.get(weight.name);
    if (!tensor || !isFloat(tensor.type)) integers.set(weight.name, elementCount(weight.dims));
  }
  const count = [...integers.values()].reduce((sum, one) => sum + one, floatsOf(graph));
  counted.set(graph, count);
  return count;
}

const counted = new WeakMap<Graph, number>();

function floatsOf({ tensors }: Graph): number {
  let count = 0;
  for (const { type, dims } of tensors.values()) if (isFloat(type)) count += elementCount(dims);
  return count;
}

/** `N×3×224×224`: a batch of any size is `N` whatever the file calls it, another unknown size `?`. */
function shapeText({ shape }: ValueInfo): string {
  if (!shape) return 'any shape';
  if (shape.length === 0) return 'scalar';
  return shape.map((size, axis) => sizeText(size, axis === 0)).join('×');
}

function sizeText(size: Dimension, isBatch: boolean): string {
  if (typeof size === 'number') return String(size);
  if (isBatch) return 'N';
  return size === undefined || size === '' ? '?' : size;
}
