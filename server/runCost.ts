import {
  intAttribute,
  isStandard,
  type Graph,
  type Node,
  type ValueInfo,
} from './core/graph/graph.ts';
import { inferShapes } from './core/graph/shapes.ts';

/**
 * What a proof may cost in multiply-accumulates, all runs of both networks together: ten seconds
 * at the 10 GMAC/s that one core of an older laptop reaches in convolutions. Four probes of
 * ResNet-50 (4.1 GMAC at 224 x 224) take a third of it.
 */
export const proofBudget = 100e9;
/** A proof runs the network as it was and as it is. */
const networks = 2;
/** Fewer probes than this prove nothing, whatever they cost. */
const fewestProbes = 2;

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
  for (const node of graph.nodes) {
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
  return { macs, canRun, smallestSide };
}

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
