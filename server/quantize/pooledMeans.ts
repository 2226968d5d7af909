import { GraphDraft } from '../core/graph/draft.ts';
import {
  intAttribute,
  intsAttribute,
  isStandard,
  type Graph,
  type Node,
} from '../core/graph/graph.ts';
import type { Layer } from '../core/graph/layer.ts';
import type { QuantizeContext } from './context.ts';

/** What a layer's mean output is told from, where the runtime averages it in blocks before. */
export interface PooledMeans {
  /** Averages of equal blocks: [N, C, blocks...], whose mean is the value's. */
  readonly value: string;
  /** The mean of the layer's input tells that of its output; else it is the output itself. */
  readonly isInput: boolean;
}

export interface PooledGraph {
  readonly graph: Graph;
  readonly byLayer: ReadonlyMap<Layer, PooledMeans>;
}

/**
 * A graph that also averages what the means of convolutions are told from, in blocks of at most 256
 * elements. The runtime keeps values in a layout of its own, and turning whole ones into ours takes
 * it as long as computing them does. The blocks are averaged in single precision, as the values
 * themselves are computed; the mean of the blocks is for the caller to take in double. Values that
 * are not single, whose size follows from data, or which no equal blocks cover are left out; so are,
 * unless samples run one by one, those behind nodes that may move the batch to another axis, since
 * sizes are known of one sample.
 */
export function poolMeans(
  context: Pick<QuantizeContext, 'graph' | 'types' | 'dimsOf'>,
  layers: readonly Layer[],
  isOneByOne: boolean,
): PooledGraph {
  const pools = new Map<string, string>();
  const byLayer = new Map<Layer, PooledMeans>();
  const draft = new GraphDraft(context.graph);
  for (const [layer, { isInput, kernel }] of poolsOf(context, layers, isOneByOne)) {
    const value = isInput ? layer.input : layer.output;
    const pooled = pools.get(value) ?? insertPool(draft, value, kernel);
    pools.set(value, pooled);
    byLayer.set(layer, { value: pooled, isInput });
  }
  return { graph: draft.close(), byLayer };
}

/** What of a convolution is averaged, and the sizes of the blocks. */
export interface Pool {
  readonly isInput: boolean;
  readonly kernel: readonly number[];
}

/** The layers of which `poolMeans` averages what tells their means. */
export function poolsOf(
  { graph, types, dimsOf }: Pick<QuantizeContext, 'graph' | 'types' | 'dimsOf'>,
  layers: readonly Layer[],
  isOneByOne: boolean,
): ReadonlyMap<Layer, Pool> {
  const fixed = valuesOfFixedSize(graph, isOneByOne);
  const pools = new Map<Layer, Pool>();
  for (const layer of layers) {
    if (layer.kind !== 'conv') continue;
    const isInput = isPointwise(layer) && !isMore(dimsOf(layer.input), dimsOf(layer.output));
    const value = isInput ? layer.input : layer.output;
    const kernel = blocksOf(dimsOf(value));
    const isFixed = fixed.has(value) && fixed.has(layer.input);
    if (isFixed && types.get(value) === 'float32' && kernel) pools.set(layer, { isInput, kernel });
  }
  return pools;
}

/** Averages blocks of a value; returns what the averages are called. */
export function insertPool(draft: GraphDraft, value: string, kernel: readonly number[]): string {
  const pooled = draft.freshName(`${value} blocks`);
  draft.insertNode(averagePool(value, pooled, kernel), undefined);
  return pooled;
}

const mostPerAxis = 16;
/** Below this, pooling costs more than it spares. */
const leastPerBlock = 16;
const mostPerBlock = 256;

/** Sizes of blocks that cover [N, C, spatial...] without a rest. */
function blocksOf(dims: readonly number[] | undefined): readonly number[] | undefined {
  const sizes = dims?.slice(2) ?? [];
  let room = mostPerBlock;
  const blocks = sizes.map((size) => {
    let block = Math.min(size, mostPerAxis, room);
    while (block > 1 && size % block !== 0) block--;
    room = Math.floor(room / Math.max(1, block));
    return block;
  });
  return blocks.reduce((product, block) => product * block, 1) < leastPerBlock ? undefined : blocks;
}

const averagePool = (
  value: string,
  pooled: string,
  kernel: readonly number[],
): Omit<Node, 'id'> => ({
  name: pooled,
  op: 'AveragePool',
  domain: '',
  inputs: [value],
  outputs: [pooled],
  captures: [],
  attributes: new Map([
    ['kernel_shape', { kind: 'ints', value: kernel }],
    ['strides', { kind: 'ints', value: kernel }],
  ]),
});

/** True where a value has more elements than another. */
export const isMore = (
  dims: readonly number[] | undefined,
  others: readonly number[] | undefined,
): boolean => sizeOf(dims) > sizeOf(others);

const sizeOf = (dims: readonly number[] | undefined): number =>
  dims?.reduce((product, size) => product * size, 1) ?? Infinity;

/** A convolution each of whose output positions is made of one input position; there is no other. */
export const isPointwise = ({ kind, node, weight, layout }: Layer): boolean =>
  kind === 'conv' &&
  layout.taps === 1 &&
  weight.dims.length > 2 &&
  (intsAttribute(node, 'strides') ?? []).every((stride) => stride === 1) &&
  (intsAttribute(node, 'pads') ?? []).every((pad) => pad === 0);

/** Values whose size follows from that of the inputs alone; inputs have one, but for the batch. */
function valuesOfFixedSize(
  { nodes, inputs: fed, tensors }: Graph,
  isOneByOne: boolean,
): ReadonlySet<string> {
  const fixed = new Set<string>();
  for (const { name, shape } of fed) {
    if (shape?.slice(1).every((size) => typeof size === 'number')) fixed.add(name);
  }
  const isConstant = (name: string): boolean => name === '' || tensors.has(name);
  const isFixed = (name: string): boolean => fixed.has(name) || isConstant(name);
  for (const node of nodes) {
    const { op, inputs } = node;
    if (!isStandard(node) || !(isOneByOne || keepsBatch(node))) continue;
    const [first = '', ...others] = inputs;
    const isKnown = sizedByInputs.has(op) ? isFixed : sizedByConstants.has(op) && isConstant;
    if (isKnown && isFixed(first) && others.every(isKnown)) {
      for (const name of node.outputs) fixed.add(name);
    }
  }
  return fixed;
}

/** Where the batch is in front, it stays there. */
const keepsBatch = (node: Node): boolean =>
  sizedByInputs.has(node.op) &&
  !mayMoveBatch.has(node.op) &&
  (node.op !== 'Concat' || intAttribute(node, 'axis', 0) === 1);

const mayMoveBatch = new Set(['Gemm', 'MatMul', 'Transpose', 'Flatten']);

/** The size of the output follows from those of the inputs. */
const sizedByInputs = new Set(
  (
    'Conv ConvTranspose Gemm MatMul Transpose Flatten BatchNormalization InstanceNormalization LRN ' +
    'AveragePool MaxPool GlobalAveragePool GlobalMaxPool LpPool ' +
    'Add Sub Mul Div Min Max Pow Sum Mean PRelu Concat Identity Dropout ' +
    'Relu LeakyRelu Clip Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Gelu Mish ' +
    'Erf Exp Sqrt Abs Neg Softmax QuantizeLinear DequantizeLinear'
  ).split(' '),
);

/** The same, where all inputs but the first are constants. */
const sizedByConstants = new Set(
  'Reshape Squeeze Unsqueeze Pad Slice Split Resize Upsample ReduceMean ReduceSum ReduceMax'.split(
    ' ',
  ),
);
