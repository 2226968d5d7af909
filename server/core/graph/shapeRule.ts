import type { Shape } from './dimensions.ts';
import type { Dimension, Node } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** What a rule of an operator may ask. */
export interface ShapeContext {
  /** Shape of the input at this place; undefined where the rank is not known. */
  shape(input: number): Shape | undefined;
  /** Whole numbers of the input at this place, as far as they are known. */
  ints(input: number): readonly Dimension[] | undefined;
  /** The constant at this place. */
  constant(input: number): Tensor | undefined;
  /** Version of the operator set. */
  readonly opset: number;
}

/** Outputs of a node: their shapes, and the whole numbers of the first where they are known. */
export interface ShapeAnswer {
  readonly shapes: readonly (Shape | undefined)[];
  readonly ints?: readonly Dimension[];
}

/** How the shapes of an operator's outputs follow from its inputs. */
export type ShapeRule = (node: Node, context: ShapeContext) => ShapeAnswer | undefined;

/** An answer with one shape. */
export const one = (shape: Shape | undefined, ints?: readonly Dimension[]): ShapeAnswer =>
  ints ? { shapes: [shape], ints } : { shapes: [shape] };
