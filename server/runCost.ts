import {
  intAttribute,
  isStandard,
  type Graph,
  type Node,
  type ValueInfo,
} from './core/graph/graph.ts';
import { inferShapes } from './core/graph/shapes.ts';
import { elementCount, elementSize, isFloat } from './core/graph/tensor.ts';

/**
 * What a proof may cost in multiply-accumulates, all runs of both networks together: ten seconds
 * at the 10 GMAC/s that one core of an older laptop reaches in convolutions. Four probes of
 * ResNet-50 (4.1 GMAC at 224 x 224) take a third of it.
 */
export const proofBudget = 100e9;
/** What the inputs of a proof and the largest value of the network may take in memory together. */
export const proofBytes = 2 ** 30;
/** A proof runs the network as it was and as it is. */
const networks = 2;
/** Fewer probes than this prove nothing, whatever they cost. */
export const fewestProbes = 2;

/** A network run on inputs of certain sizes. */
export interface RunCost {
  /** Of the layers whose shapes are known; others count as nothing. */
  readonly macs: number;
  /** False where a layer is left with nothing to work on, or is given what it does not take. */
  readonly canRun: boolean;
  /**
   * Height or width of the smallest map that a window leaves; Infinity where none is known. One
   * pixel does not count: it is what pooling over the whole image leaves.
   */
  readonly smallestSide: number;
  /** What one probe takes: all inputs together. */
  readonly feedBytes: number;
  /** The largest value that a node makes, of those whose shapes are known. */
  readonly largest: { readonly name: string; readonly bytes: number };
}

/** What one run costs when the inputs have these sizes. */
export function runCost(
  graph: Graph,
  dimsOf: (input: ValueInfo) => readonly number[] | undefined,
): RunCost {
  const inputs = graph.inputs.map((input) => ({ ...input, shape: dimsOf(input) ?? input.shape }));
  const shapes = inferShapes({ ...graph, inputs });
  let macs = 0;
  let canRun = true;
  let smallestSide = Infinity;
  let largest = { name: '', bytes: 0 };
  let feedBytes = 0;
  for (const input of graph.inputs) feedBytes += inputBytes(input, dimsOf(input) ?? []);
  for (const node of graph.nodes) {
    for (const name of node.outputs) {
      const bytes = 4 * volume(shapes.get(name) ?? []);
      if (bytes > largest.bytes) largest = { name, bytes };
    }
    if (!isStandard(node)) continue;
    const shape = (name = ''): Sizes => shapes.get(name) ?? [];
    const dims = { a: shape(node.inputs[0]), b: shape(node.inputs[1]), y: shape(node.outputs[0]) };
    macs += macsOf(node, dims);
    if (isMismatch(node, dims)) canRun = false;
    for (const side of sliding.has(node.op) ? dims.y.slice(2) : []) {
      if (typeof side !== 'number') continue;
      if (side < 1) canRun = false;
      if (side > 1) smallestSide = Math.min(smallestSide, side);
    }
  }
  return { macs, canRun, smallestSide, feedBytes, largest };
}

/** What a probe of these dimensions takes: floats of every size are made as float32 at least. */
export const inputBytes = ({ type }: Pick<ValueInfo, 'type'>, dims: readonly number[]): number =>
  elementCount(dims) * (isFloat(type) ? Math.max(4, elementSize(type)) : elementSize(type));

/** How many probes fit the memory beside the largest value. */
export const roomFor = ({ feedBytes, largest }: RunCost, budget = proofBytes): number =>
  feedBytes === 0 && largest.bytes <= budget
    ? Infinity
    : Math.floor((budget - largest.bytes) / feedBytes);

/** Whether as many probes as a proof needs at least fit the memory. */
export const isInMemory = (cost: RunCost, probes = fewestProbes): boolean =>
  roomFor(cost) >= Math.min(probes, fewestProbes);

/** How many runs of both networks fit the budget; at least as many as a proof needs. */
export const affordableRuns = (macs: number, budget = proofBudget): number =>
  Math.max(fewestProbes, Math.floor(budget / (networks * macs)));

/** Whether so many probes fit the budget. */
export const isAffordable = (macs: number, probes: number, budget = proofBudget): boolean =>
  networks * probes * macs <= budget;

type Sizes = readonly (number | string | undefined)[];
interface Dims {
  readonly a: Sizes;
  readonly b: Sizes;
  readonly y: Sizes;
}

const sliding = new Set(['Conv', 'MaxPool', 'AveragePool', 'LpPool']);

function macsOf(node: Node, { a, b, y }: Dims): number {
  switch (node.op) {
    case 'Conv':
      return volume(y) * volume(b.slice(1));
    case 'ConvTranspose':
      return volume(a) * volume(b.slice(1));
    case 'Gemm':
    case 'MatMul':
      return volume(y) * volume([innerSize(node, a)]);
    default:
      return 0;
  }
}

/** Elements; 0 where a size is not known. */
function volume(sizes: Sizes): number {
  let count = sizes.length === 0 ? 0 : 1;
  for (const size of sizes) count *= typeof size === 'number' ? Math.max(0, size) : 0;
  return count;
}

/** A product whose inner sizes are known and differ: a classifier for images of another size. */
function isMismatch(node: Node, { a, b }: Dims): boolean {
  if (a.length < 2 || b.length < 2 || (node.op !== 'Gemm' && node.op !== 'MatMul')) return false;
  const given = innerSize(node, a);
  const taken = isTurned(node, 'transB') ? b.at(-1) : b.at(-2);
  return typeof given === 'number' && typeof taken === 'number' && given !== taken;
}

const innerSize = (node: Node, a: Sizes): Sizes[number] =>
  isTurned(node, 'transA') ? a.at(-2) : a.at(-1);

const isTurned = (node: Node, attribute: 'transA' | 'transB'): boolean =>
  node.op === 'Gemm' && intAttribute(node, attribute, 0) !== 0;
