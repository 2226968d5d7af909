import { isObject, listOf } from '../config/fields.ts';
import type { Ref } from '../config/inbound.ts';
import type { Json, JsonObject } from '../config/json.ts';
import type { KerasLayer, KerasModel } from '../config/model.ts';
import { cannotExpress } from './cannotExpress.ts';

/**
 * Takes layers out of an architecture, in place: whoever used one uses what went into it. `model`
 * must have been read from `entry`.
 */
export function removeLayers(
  entry: JsonObject,
  model: KerasModel,
  removed: ReadonlySet<string>,
): void {
  const gone = new Map(
    model.layers.filter(({ key }) => removed.has(key)).map((layer) => [layer.name, layer]),
  );
  for (const layer of model.layers) {
    if (layer.model) removeLayers(layer.entry, layer.model, removed);
  }
  if (gone.size === 0) return;
  const list = layerList(entry);
  if (model.kind === 'sequential') passShapeOn(model, gone);
  else {
    for (const layer of model.layers) rewire(layer.entry['inbound_nodes'], gone);
    if (isObject(entry['config'])) rewire(entry['config']['output_layers'], gone);
  }
  const entries = new Set<Json | undefined>([...gone.values()].map((layer) => layer.entry));
  list.splice(0, list.length, ...list.filter((one) => !entries.has(one)));
}

/** The list of layers in a model's entry; old TF.js files have it as the configuration itself. */
const layerList = (entry: JsonObject): Json[] =>
  Array.isArray(entry['config'])
    ? entry['config']
    : listOf(isObject(entry['config']) ? entry['config']['layers'] : undefined);

/** Exchanges every reference to a layer that is gone for what went into it. */
function rewire(value: Json | undefined, gone: ReadonlyMap<string, KerasLayer>): void {
  if (Array.isArray(value)) {
    const [name, node] = value;
    if (typeof name === 'string' && typeof node === 'number') {
      const layer = gone.get(name);
      if (layer) {
        const ref = sourceOf(layer, node, gone);
        value.splice(0, 3, ref.layer, ref.node, ref.tensor);
      }
      return;
    }
    for (const one of value) rewire(one, gone);
  } else if (isObject(value)) for (const one of Object.values(value)) rewire(one, gone);
}

function sourceOf(layer: KerasLayer, node: number, gone: ReadonlyMap<string, KerasLayer>): Ref {
  const call = layer.calls[node] ?? layer.calls[0];
  const [ref] = call?.inputs ?? [];
  if (!ref) return cannotExpress(layer.name, 'it was taken out, and nothing goes into it');
  const before = gone.get(ref.layer);
  return before ? sourceOf(before, ref.node, gone) : ref;
}

/** The first layer of a Sequential may be the one that says what shape goes in. */
function passShapeOn(model: KerasModel, gone: ReadonlyMap<string, KerasLayer>): void {
  const [first] = model.layers;
  const next = model.layers.find(({ name }) => !gone.has(name));
  if (!first || !next || !gone.has(first.name)) return;
  for (const name of ['batch_input_shape', 'batch_shape']) {
    const shape = first.config[name];
    if (shape !== undefined && next.config[name] === undefined) next.config[name] = shape;
  }
}
