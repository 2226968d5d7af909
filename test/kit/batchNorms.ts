import type { Dimension } from '../../server/core/graph/graph.ts';
import type { Tensor } from '../../server/core/graph/tensor.ts';
import { node, randomTensor, tensor, type AttributeSpec, type NodeSpec } from './graphs.ts';
import type { Random } from './random.ts';

/** Nodes with the constants that they need. */
export interface Piece {
  readonly nodes: readonly NodeSpec[];
  readonly tensors: readonly Tensor[];
}

/** A graph's nodes and tensors from pieces. */
export const together = (...pieces: readonly Piece[]): Piece => ({
  nodes: pieces.flatMap(({ nodes }) => nodes),
  tensors: pieces.flatMap(({ tensors }) => tensors),
});

/** Only nodes. */
export const plain = (...nodes: readonly NodeSpec[]): Piece => ({ nodes, tensors: [] });

/** A batch norm named after its output, with gamma of both signs; constants `<output>.gamma` ... */
export function batchNorm(
  random: Random,
  input: string,
  output: string,
  channels: number,
  attributes: Readonly<Record<string, AttributeSpec>> = { epsilon: 1e-3 },
): Piece {
  const names = ['gamma', 'beta', 'mean', 'variance'].map((word) => `${output}.${word}`);
  const [gamma = '', beta = '', mean = '', variance = ''] = names;
  return {
    nodes: [node('BatchNormalization', [input, ...names], [output], attributes)],
    tensors: [
      randomTensor(random, gamma, [channels]),
      randomTensor(random, beta, [channels]),
      randomTensor(random, mean, [channels]),
      tensor(variance, [channels], random.uniform(channels, 0.2, 2)),
    ],
  };
}

/** A layer named after its output, with random weight `<output>.weight` and bias `<output>.bias`. */
export function layer(
  random: Random,
  op: string,
  input: string,
  output: string,
  dims: readonly number[],
  {
    bias,
    ...attributes
  }: Readonly<Record<string, AttributeSpec | undefined>> & {
    readonly bias?: number | undefined;
  } = {},
): Piece {
  const weight = `${output}.weight`;
  const inputs = bias === undefined ? [input, weight] : [input, weight, `${output}.bias`];
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return {
    nodes: [node(op, inputs, [output], Object.fromEntries(given) as Record<string, AttributeSpec>)],
    tensors: [
      randomTensor(random, weight, dims, { std: 0.5 }),
      ...(bias === undefined ? [] : [randomTensor(random, `${output}.bias`, [bias])]),
    ],
  };
}

/** A shape with an open batch size. */
export const batchOf = (...sizes: readonly number[]): Dimension[] => ['N', ...sizes];
