import { intAttribute, isStandard, type Graph, type Node } from '../core/graph/graph.ts';
import { wiringOf } from '../core/graph/wiring.ts';
import { elementCount } from '../core/graph/tensor.ts';
import { readNumbers } from '../core/graph/tensorValues.ts';
import { SeededRandom } from '../core/random.ts';
import type { EngineTensor } from '../engines/engine.ts';
import { sampleShape } from './openDimensions.ts';
import { BadData, indicesOf, type SampleInput, type SampleSet } from './samples.ts';

const usualCount = 8;

/** Mean and deviation of each channel of the input. */
interface ChannelSpread {
  readonly batchNorm: string;
  readonly axis: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * Synthetic samples that the first batch norm has seen the like of: N(mean, variance) of each
 * channel, where it normalizes the input itself; where a Conv without a bend lies between, the one
 * value a channel whose outputs come nearest to the running means (least squares), and one
 * deviation that gives the running variances on average. Neighbours are independent, as those of a
 * picture are not.
 */
export function normSamples(graph: Graph, inputs: readonly SampleInput[], seed: number): SampleSet {
  const [input, ...more] = inputs;
  const spread = input && more.length === 0 ? spreadOf(graph, input) : undefined;
  if (!input || !spread) {
    const text = 'No batch norm follows the only input of the model, directly or behind one Conv.';
    throw new BadData('no-statistics', text, undefined, 'Give synthetic[:SEED], or samples.');
  }
  const dims = [1, ...sampleShape(input)];
  const random = new SeededRandom(seed);
  const samples = Array.from({ length: usualCount }, () => drawn(dims, spread, random));
  return {
    count: usualCount,
    source: `synthetic after ${spread.batchNorm}, seed ${seed}`,
    fixedBatch: 1,
    feeds(index) {
      const [at = 0] = indicesOf(index, 1, usualCount);
      const values = samples[at] ?? new Float32Array(0);
      const tensor: EngineTensor = { type: input.type, dims, values };
      return Promise.resolve(new Map([[input.name, tensor]]));
    },
    dispose: () => Promise.resolve(),
  };
}

function drawn(
  dims: readonly number[],
  { axis, mean, deviation }: ChannelSpread,
  random: SeededRandom,
): Float32Array {
  const values = new Float32Array(elementCount(dims));
  const inner = elementCount(dims.slice(axis + 1));
  const channels = dims[axis] ?? 1;
  for (let at = 0; at < values.length; at++) {
    const channel = Math.floor(at / inner) % channels;
    values[at] = (mean[channel] ?? 0) + (deviation[channel] ?? 1) * random.normal();
  }
  return values;
}

/** Follows the input to the first batch norm; where its channels are is followed too. */
function spreadOf(graph: Graph, input: SampleInput): ChannelSpread | undefined {
  if (input.type !== 'float32' || !input.shape) return undefined;
  const wiring = wiringOf(graph);
  const constant = (node: Node, at: number): readonly number[] | undefined => {
    const tensor = wiring.tensor(node.inputs[at] ?? '');
    return tensor && readNumbers(tensor);
  };
  let value = input.name;
  let axis = 1;
  let conv: Node | undefined;
  for (;;) {
    const [node, ...others] = wiring.users(value);
    if (!node || others.length > 0 || !isStandard(node)) return undefined;
    if (node.op === 'BatchNormalization') {
      const mean = constant(node, 3);
      const variance = constant(node, 4);
      if (!mean || !variance) return undefined;
      const batchNorm = node.name || (node.outputs[0] ?? '');
      if (!conv) return { batchNorm, axis, mean, deviation: variance.map((one) => Math.sqrt(one)) };
      const weight = wiring.tensor(conv.inputs[1] ?? '');
      if (!weight || intAttribute(conv, 'group', 1) !== 1) return undefined;
      const solved = behindConv(
        weight.dims,
        readNumbers(weight),
        constant(conv, 2),
        mean,
        variance,
      );
      return { batchNorm, axis, ...solved };
    }
    if (node.op === 'Conv' && !conv) conv = node;
    else if (node.op === 'Transpose' && !conv) {
      const permutation = node.attributes.get('perm');
      if (permutation?.kind !== 'ints') return undefined;
      axis = permutation.value[axis] ?? 1;
    } else if (node.op !== 'Identity' && node.op !== 'Pad') return undefined;
    value = node.outputs[0] ?? '';
  }
}

/**
 * E[out_o] = b_o + sum_c m_c A_oc with A_oc = sum of the taps of channel c, and
 * Var[out_o] = s^2 sum_ck W_ock^2 for independent values of one deviation s.
 */
function behindConv(
  dims: readonly number[],
  weights: readonly number[],
  bias: readonly number[] | undefined,
  mean: readonly number[],
  variance: readonly number[],
): Pick<ChannelSpread, 'mean' | 'deviation'> {
  const [outputs = 0, channels = 0] = dims;
  const taps = elementCount(dims.slice(2));
  const sums: number[][] = [];
  let [energy, wanted] = [0, 0];
  for (let o = 0; o < outputs; o++) {
    const row = weights.slice(o * channels * taps, (o + 1) * channels * taps);
    sums.push(
      Array.from({ length: channels }, (_, c) =>
        row.slice(c * taps, (c + 1) * taps).reduce((a, b) => a + b, 0),
      ),
    );
    energy += row.reduce((sum, weight) => sum + weight * weight, 0);
    wanted += variance[o] ?? 0;
  }
  const aims = mean.map((one, o) => one - (bias?.[o] ?? 0));
  const deviation = energy > 0 ? Math.sqrt(wanted / energy) : 1;
  return {
    mean: leastSquares(sums, aims, channels),
    deviation: new Array<number>(channels).fill(deviation),
  };
}

/** Least squares by normal equations, with a trace of damping where channels cannot be told apart. */
function leastSquares(rows: readonly number[][], aims: readonly number[], size: number): number[] {
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_unused, j) =>
      rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0),
    ),
    rows.reduce((sum, row, o) => sum + (row[i] ?? 0) * (aims[o] ?? 0), 0),
  ]);
  const trace = matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const damping = (1e-9 * trace) / size || 1e-12;
  for (const [i, row] of matrix.entries()) row[i] = (row[i] ?? 0) + damping;
  // Gauss and Jordan; the matrix is symmetric and positive, so no pivoting is needed.
  for (const [i, pivot] of matrix.entries()) {
    const divisor = pivot[i] ?? 1;
    for (let k = i; k <= size; k++) pivot[k] = (pivot[k] ?? 0) / divisor;
    for (const [j, row] of matrix.entries()) {
      const factor = row[i] ?? 0;
      if (j === i || factor === 0) continue;
      for (let k = i; k <= size; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  return matrix.map((row) => row[size] ?? 0);
}
