/** A weight of a layer, in the axis order of Keras. */
export interface LayerWeight {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** A value of a graph that is what a layer gives, which runs once. */
export interface LayerValue {
  /** As the graph calls it. */
  readonly name: string;
  /** Names from the outermost model to the layer. */
  readonly layer: readonly string[];
  /** The graph has the last axis of Keras as its second. */
  readonly isMoved: boolean;
}

/**
 * A network as the layers it was written in, for an engine that runs layers: with the names of the
 * graph for what goes in and out, and nothing of the graph's own operators.
 */
export interface LayersModel {
  /** `{ class_name, config }` in the spelling of Keras 2, as JSON. */
  readonly topology: string;
  /** The weights of each layer, in the order in which Keras lists them. */
  readonly weights: readonly {
    readonly layer: readonly string[];
    readonly weights: readonly LayerWeight[];
  }[];
  /** Names and element types of the graph's inputs, in the order of the model's. */
  readonly inputs: readonly { readonly name: string; readonly type: 'float32' | 'int32' }[];
  readonly outputs: readonly string[];
  /** Values that can be handed out besides the outputs. */
  readonly values: readonly LayerValue[];
}
