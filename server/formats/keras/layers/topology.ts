import type { Ref } from '../config/inbound.ts';
import type { Json, JsonObject } from '../config/json.ts';
import type { KerasLayer, KerasModel } from '../config/model.ts';
import { shiftedLayers } from '../lower/lowerModel.ts';
import { plainArguments, plainInput, plainLayer, type PlainLayer } from './layerConfig.ts';

/** How a model is put for TensorFlow.js. */
export interface TopologyOptions {
  /** Version of Keras whose rules hold: 1, 2 or 3. */
  readonly dialect: number;
  /** Element type of an input, by the name of its layer. */
  readonly inputType: (layer: string) => 'float32' | 'int32';
}

/**
 * A model as `{ class_name, config }` that `tf.loadLayersModel` reads, whatever version of Keras wrote
 * it. Nested models stay nested. Throws NotInTfjs.
 */
export function topologyOf(model: KerasModel, options: TopologyOptions): Entry {
  return model.kind === 'sequential' ? sequential(model, options) : functional(model, options);
}

function sequential(model: KerasModel, options: TopologyOptions): Entry {
  const layers = model.layers.map((layer, i) => {
    const { class_name, config } = entryOf(layer, options);
    const isBare = i === 0 && !layer.model && layer.className !== 'InputLayer';
    const shape = isBare ? (model.inputShape ?? null) : null;
    return { class_name, config: shape ? { ...config, batch_input_shape: [...shape] } : config };
  });
  return { class_name: 'Sequential', config: { name: model.name, layers } };
}

function functional(model: KerasModel, options: TopologyOptions): Entry {
  const shifted = shiftedLayers(model);
  const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
  // A model in a model counts its making as its first call, in TF.js as in Keras 2.
  const place = ({ layer, node, tensor }: Ref): Json[] => {
    const call = Math.max(node - (shifted.has(layer) ? 1 : 0), 0);
    return [layer, call + (byName.get(layer)?.model ? 1 : 0), tensor];
  };
  const inbound = (layer: KerasLayer): Json[] =>
    layer.className === 'InputLayer'
      ? []
      : layer.calls.map(({ inputs, named, kwargs }) =>
          [...inputs, ...Object.values(named ?? {})].map((ref) => [
            ...place(ref),
            plainArguments(kwargs),
          ]),
        );
  const layers = model.layers.map((layer) => ({
    ...entryOf(layer, options),
    name: layer.name,
    inbound_nodes: inbound(layer),
  }));
  const config = {
    name: model.name,
    layers,
    input_layers: model.inputs.map(place),
    output_layers: model.outputs.map(place),
  };
  return { class_name: 'Model', config };
}

/** A layer, or a model, as an architecture lists it. */
interface Entry extends JsonObject {
  class_name: string;
  config: JsonObject;
}

function entryOf(layer: KerasLayer, options: TopologyOptions): Entry {
  if (layer.model) return topologyOf({ ...layer.model, name: layer.name }, options);
  const plain: PlainLayer =
    layer.className === 'InputLayer'
      ? plainInput(layer, options.inputType(layer.name))
      : plainLayer(layer, options.dialect);
  return { class_name: plain.className, config: plain.config };
}
