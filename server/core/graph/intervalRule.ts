import type { Shape } from './dimensions.ts';
import type { Node } from './graph.ts';
import type { Interval } from './interval.ts';
import type { Layer, Wiring } from './layer.ts';

/** What a rule may ask of the values before it. */
export interface IntervalContext {
  /** Undefined where nothing is known. */
  interval(value: string): Interval | undefined;
  shape(value: string): Shape | undefined;
  /** Output channels of a layer in which inputs of any size cannot be seen further on. */
  unseen?(layer: Layer, isOpen: (input: number) => boolean): readonly number[];
  readonly wiring: Wiring;
  readonly opset: number;
}

/** Bounds of the outputs of a node, in their order; undefined where nothing is known. */
export type IntervalRule = (
  node: Node,
  context: IntervalContext,
) => Interval | readonly (Interval | undefined)[] | undefined;
