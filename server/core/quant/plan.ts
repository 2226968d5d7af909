import type { NodeId } from '../graph/graph.ts';
import type { GridFormat } from './grid.ts';
import type { RangeMethod } from './targets.ts';

/** One place where the target rounds: a constant on its way into a node, or a value that flows. */
export interface Quantizer {
  readonly kind: 'weight' | 'bias' | 'activation';
  /** Name of the constant or value; no two quantizers have the same. */
  readonly tensor: string;
  /** For constants the node that reads them, for values the one that makes them; none: an input. */
  readonly node: NodeId | undefined;
  /** Name of the layer or node that a user sees it under. */
  readonly owner: string;
  readonly format: GridFormat;
  /** Axis of the constant with a scale for each index; undefined: one scale for all. */
  readonly axis: number | undefined;
  readonly range: RangeMethod;
  /** A range that the configuration fixes (`encoding_constraints`). */
  readonly fixed?: { readonly min: number; readonly max: number };
  /** The value whose grid this one takes (what goes into a pooling, a Concat). */
  readonly tiedTo?: string;
  /**
   * For a bias of 32 bits: the value and weight whose scales make its own. A weight with fewer
   * scales than the bias has channels (a ConvTranspose with groups) repeats them. Narrower biases
   * have none: their scale is their own.
   */
  readonly bias?: { readonly input: string; readonly weight: string };
}

/** Everything that the target rounds in a graph, in model order, and why the rest is not. */
export interface QuantizationPlan {
  readonly quantizers: readonly Quantizer[];
  /** Float values and constants without a quantizer, with a sentence each. */
  readonly unquantized: readonly { readonly tensor: string; readonly reason: string }[];
}
