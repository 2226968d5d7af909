import { intAttribute, type Graph, type Node } from '../graph/graph.ts';
import { layerOf, layersOf, type Layer, type Wiring } from '../graph/layer.ts';
import { isFloat, type Tensor } from '../graph/tensor.ts';
import { readNumbers } from '../graph/tensorValues.ts';
import { wiringOf } from '../graph/wiring.ts';
import { dequantized, isReadable, type QuantizedTensor } from './dequantized.ts';

/** A float operator that a quantized one stands for, and where its weight and scales are. */
interface Twin {
  readonly op: string;
  readonly weight: number;
  /** Undefined: the operator has no scale, and its integers are taken as they are. */
  readonly scale: number | undefined;
  readonly zeroPoint: number;
}

const twins: Readonly<Record<string, Twin>> = {
  QLinearConv: { op: 'Conv', weight: 3, scale: 4, zeroPoint: 5 },
  QLinearMatMul: { op: 'MatMul', weight: 3, scale: 4, zeroPoint: 5 },
  QGemm: { op: 'Gemm', weight: 3, scale: 4, zeroPoint: 5 },
  ConvInteger: { op: 'Conv', weight: 1, scale: undefined, zeroPoint: 3 },
  MatMulInteger: { op: 'MatMul', weight: 1, scale: undefined, zeroPoint: 3 },
  MatMulIntegerToFloat: { op: 'MatMul', weight: 1, scale: 3, zeroPoint: 5 },
  DynamicQuantizeMatMul: { op: 'MatMul', weight: 1, scale: 2, zeroPoint: 3 },
};

/** The domains whose operators those names belong to. */
const domains: ReadonlySet<string> = new Set(['', 'ai.onnx', 'com.microsoft']);

/** True for QuantizeLinear, DequantizeLinear, and operators that compute with integers. */
export const isQuantizing = ({ op, domain }: Node): boolean =>
  domains.has(domain) &&
  (op === 'QuantizeLinear' ||
    op === 'DequantizeLinear' ||
    op === 'DynamicQuantizeLinear' ||
    op === 'MatMulNBits' ||
    op.startsWith('QLinear') ||
    Object.hasOwn(twins, op));

/**
 * True for a model that was quantized already: to be inspected, not to be repaired. One that still
 * has layers with constant float weights is a float model, for those layers.
 */
export const isQuantizedModel = (graph: Graph): boolean =>
  graph.nodes.some(isQuantizing) && layersOf(graph, wiringOf(graph)).length === 0;

/** True for a model with nodes that quantize and layers that have constant float weights. */
export const isPartlyQuantized = (graph: Graph): boolean =>
  graph.nodes.some(isQuantizing) && !isQuantizedModel(graph);

/**
 * The layers of a model that was quantized (and those of it that were not), in model order: weights
 * are those that the integers stand for. The node of a QLinear layer is the float operator with the
 * same id, name, attributes and outputs.
 */
export function quantizedLayers(graph: Graph): Layer[] {
  const wiring = dequantizingWiring(wiringOf(graph));
  const layers = graph.nodes.map((node) => {
    const twin = isQuantizing(node) ? twins[node.op] : undefined;
    if (!twin) return layerOf(node, wiring);
    const weight = weightOf(node, twin, wiring);
    if (!weight) return undefined;
    const inputs = [node.inputs[0] ?? '', weight.name];
    const tensor = (name: string): Tensor | undefined =>
      name === weight.name ? weight : wiring.tensor(name);
    return layerOf({ ...node, op: twin.op, domain: '', inputs }, { ...wiring, tensor });
  });
  return layers.filter((layer) => layer !== undefined);
}

function weightOf(node: Node, twin: Twin, wiring: Wiring): Tensor | undefined {
  const tensor = wiring.tensor(node.inputs[twin.weight] ?? '');
  if (!tensor) return undefined;
  const isOI = node.op === 'QGemm' && intAttribute(node, 'transB', 0) !== 0;
  const axis = twin.op === 'Conv' || isOI ? 0 : 1;
  const scaleName = twin.scale === undefined ? undefined : (node.inputs[twin.scale] ?? '');
  const scale = scaleName === undefined ? [1] : numbersOf(wiring.tensor(scaleName));
  const zeroPoint = numbersOf(wiring.tensor(node.inputs[twin.zeroPoint] ?? '')) ?? [0];
  return scale && readable({ tensor, scale, zeroPoint, axis });
}

/** A wiring in which the output of a DequantizeLinear of a constant is a float constant. */
function dequantizingWiring(wiring: Wiring): Wiring {
  const known = new Map<string, Tensor | undefined>();
  const tensor = (name: string): Tensor | undefined => {
    const direct = wiring.tensor(name);
    if (direct) return direct;
    if (!known.has(name)) known.set(name, restored(name, wiring));
    return known.get(name);
  };
  return {
    tensor,
    maker: (value) => wiring.maker(value),
    users: (value) => wiring.users(value),
    useCount: (value) => wiring.useCount(value),
    isGraphOutput: (value) => wiring.isGraphOutput(value),
  };
}

/** The constant behind a DequantizeLinear: its integers restored, or the floats before them. */
function restored(name: string, wiring: Wiring): Tensor | undefined {
  const node = wiring.maker(name);
  if (node?.op !== 'DequantizeLinear' || intAttribute(node, 'block_size', 0) !== 0) {
    return undefined;
  }
  const [source = '', scaleName = '', zeroName = ''] = node.inputs;
  const quantizer = wiring.maker(source);
  if (quantizer?.op === 'QuantizeLinear') {
    const floats = wiring.tensor(quantizer.inputs[0] ?? '');
    return floats && isFloat(floats.type) ? floats : undefined;
  }
  const tensor = wiring.tensor(source);
  const scale = numbersOf(wiring.tensor(scaleName));
  if (!tensor || !scale) return undefined;
  const axis = intAttribute(node, 'axis', 1);
  const zeroPoint = numbersOf(wiring.tensor(zeroName)) ?? [0];
  const rank = tensor.dims.length;
  return readable({ tensor, scale, zeroPoint, axis: axis < 0 ? axis + rank : axis });
}

const readable = (quantized: QuantizedTensor): Tensor | undefined =>
  isReadable(quantized) ? dequantized(quantized) : undefined;

/** The numbers of a scalar or 1-D constant. */
export function numbersOf(tensor: Tensor | undefined): number[] | undefined {
  if (!tensor || tensor.dims.length > 1 || tensor.type === 'other' || tensor.type === 'string') {
    return undefined;
  }
  return readNumbers(tensor);
}
