import type { Dimension } from '../../../core/graph/graph.ts';

/** Size of an axis; undefined where free. The first axis is the batch. */
export type Size = number | undefined;

/** A value on its way through the network. */
export interface Flow {
  /** Name of the value in the graph. */
  readonly value: string;
  /** In the axis order of Keras, batch first. */
  readonly shape: readonly Size[];
  /** The graph has the last axis of Keras as its second: channels first. */
  readonly isMoved: boolean;
}

/** The shape as the graph has it. */
export function graphShape({ shape, isMoved }: Flow): Dimension[] {
  const [batch, ...rest] = shape;
  const channels = shape.at(-1);
  const order = isMoved ? [batch, channels, ...shape.slice(1, -1)] : [batch, ...rest];
  return order.map((size, axis) => size ?? (axis === 0 ? 'batch' : undefined));
}

/** Permutation that brings the last axis to the second place. */
export const toChannelsFirst = (rank: number): number[] => [
  0,
  rank - 1,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 1),
];

/** Permutation that brings the second axis to the last place. */
export const toChannelsLast = (rank: number): number[] => [
  0,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 2),
  1,
];
