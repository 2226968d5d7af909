import type { ElementType, Tensor } from './tensor.ts';

/** Identifies a node for as long as the model is open, whatever its name and position. */
export type NodeId = number;

/** Size of one axis: a number, a named symbol, or not known. */
export type Dimension = number | string | undefined;

/** A value that flows: graph inputs and outputs, and intermediate values where known. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** Undefined where not even the rank is known. */
  readonly shape: readonly Dimension[] | undefined;
  /** What a value of the type `other` is, for people: `a sequence`. */
  readonly kind?: string;
}

/** An attribute of a node. `opaque` ones are carried through untouched. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'opaque' };

/** One operation. Nodes never change; an edit puts another in place, with the same id. */
export interface Node {
  readonly id: NodeId;
  /** Name in the user's file; may be empty or shared with others. Show `displayName(node)`. */
  readonly name: string;
  readonly op: string;
  /** '' for the operators of ONNX itself. */
  readonly domain: string;
  /** Names of values; '' where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Values that sub-graphs of this node (If, Loop, Scan) read from outside themselves. */
  readonly captures: readonly string[];
}

/**
 * What the passes know of a layer besides its weights: the distribution of its pre-activation
 * output, N(mean, std^2) per output channel, from the batch norm that was folded into it.
 * mean = beta / scale - absorbed, std = |gamma| / scale (algorithms: section 14).
 */
export interface LayerStatistics {
  /** Name of the batch norm that was folded backward into the layer. */
  readonly batchNorm: string;
  /** Per output channel, signed, as folded. */
  readonly gamma: ArrayLike<number>;
  readonly beta: ArrayLike<number>;
  /** Product of the scale factors applied to the layer's output so far; 1 where none. */
  readonly scale: ArrayLike<number>;
  /** What high-bias absorption took from the (scaled) output so far; 0 where nothing. */
  readonly absorbed: ArrayLike<number>;
}

/** Names that a file has where the graph does not show them, so that nothing new may have them. */
export interface HiddenNames {
  /** Of values inside sub-graphs (If, Loop, Scan), which must differ from those around them. */
  readonly values: ReadonlySet<string>;
  /** Of Constant nodes. */
  readonly nodes: ReadonlySet<string>;
}

/**
 * A network, readonly all through. The vocabulary is the ONNX operator set, activations in NCHW.
 * Constants, wherever the file keeps them (initializers, also those listed as graph inputs, and
 * Constant nodes), are in `tensors` under the name of the value; there are no Constant nodes here.
 */
export interface Graph {
  readonly name: string;
  /** In an order in which every value is made before it is used. */
  readonly nodes: readonly Node[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Without those that are constants. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Types and shapes of intermediate values, as far as the file states them. */
  readonly values: ReadonlyMap<string, ValueInfo>;
  /** Version of each operator set, by domain ('' is ONNX itself). */
  readonly opsets: ReadonlyMap<string, number>;
  /** By the name of the layer's first output value. */
  readonly statistics: ReadonlyMap<string, LayerStatistics>;
  readonly hidden?: HiddenNames;
  /** True where the file's format has no upper bound for each channel, as Keras has none. */
  readonly lacksChannelCaps?: boolean;
  /**
   * Nodes that no pass may change or take out by themselves, because the file could not say so: a
   * layer of Keras that is used more than once, and the parts of a layer that is several nodes.
   */
  readonly fixed?: ReadonlySet<NodeId>;
  /** Layers without a bias that the file has no place for one in: half a separable convolution. */
  readonly lacksBias?: ReadonlySet<NodeId>;
}

/** The name a user sees: the node's own, else its first output. */
export const displayName = (node: Node): string => node.name || node.outputs[0] || `#${node.id}`;

export const isStandard = (node: Node): boolean => node.domain === '' || node.domain === 'ai.onnx';

/** An integer attribute, or the operator's default. */
export function intAttribute(node: Node, name: string, otherwise: number): number {
  const found = node.attributes.get(name);
  return found?.kind === 'int' ? found.value : otherwise;
}

export function floatAttribute(node: Node, name: string, otherwise: number): number {
  const found = node.attributes.get(name);
  return found?.kind === 'float' ? found.value : otherwise;
}

export function stringAttribute(node: Node, name: string, otherwise: string): string {
  const found = node.attributes.get(name);
  return found?.kind === 'string' ? found.value : otherwise;
}

/** A list of integers, or undefined where the attribute is absent. */
export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const found = node.attributes.get(name);
  return found?.kind === 'ints' ? found.value : undefined;
}
