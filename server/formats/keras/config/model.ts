import { refuse } from '../../badFile.ts';
import { isObject, listOf, objectOf, textOf } from './fields.ts';
import { callsOf, refsOf, type Call, type Ref } from './inbound.ts';
import type { Json, JsonObject } from './json.ts';

/** A layer of an architecture, whatever version of Keras wrote it. */
export interface KerasLayer {
  readonly name: string;
  /** Names from the outermost model on, joined by slashes: unique in the file. */
  readonly key: string;
  readonly className: string;
  readonly config: JsonObject;
  /** The entry of the architecture itself, to be edited by a writer. */
  readonly entry: JsonObject;
  /** How it is called: once, or more often where it is shared. */
  readonly calls: readonly Call[];
  /** The model that this layer is. */
  readonly model?: KerasModel;
  /** The layer that this one wraps: TimeDistributed, Bidirectional. */
  readonly wrapped?: KerasLayer;
}

/** An architecture, or one nested in it. */
export interface KerasModel {
  readonly kind: 'sequential' | 'functional';
  readonly name: string;
  readonly layers: readonly KerasLayer[];
  /** Empty for a Sequential that does not say what goes in. */
  readonly inputs: readonly Ref[];
  readonly outputs: readonly Ref[];
  /** Shape of what goes into a Sequential that has no InputLayer, batch first. */
  readonly inputShape: readonly (number | null)[] | undefined;
}

const models = new Set(['Sequential', 'Functional', 'Model', 'Container', 'Graph']);
const wrappers = new Set(['TimeDistributed', 'Bidirectional']);

/** Reads `{ class_name, config }`; `where` is the file to blame. */
export function readArchitecture(root: JsonObject, where: string): KerasModel {
  return readModel(root, '', where);
}

function readModel(entry: JsonObject, path: string, where: string): KerasModel {
  const className = textOf(entry['class_name']);
  const config = entry['config'];
  const fields = objectOf(config);
  const entries = Array.isArray(config) ? config : listOf(fields['layers']);
  if (!isObject(config) && !Array.isArray(config)) {
    badArchitecture(where, `the configuration of ${className || 'the model'} is missing`);
  }
  const isSequential = className === 'Sequential' || Array.isArray(config);
  if (!isSequential && !Array.isArray(fields['layers'])) {
    badArchitecture(
      where,
      `${className || 'the model'} does not list its layers (a model class of one's own)`,
    );
  }
  const read = entries.map((one) => readLayer(one, path, where));
  const layers = isSequential ? chained(read) : read;
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) badArchitecture(where, `two layers are called "${name}"`, name);
    names.add(name);
  }
  const name = textOf(fields['name'], textOf(entry['name'], 'model'));
  if (!isSequential) {
    const [inputs, outputs] = [refsOf(fields['input_layers']), refsOf(fields['output_layers'])];
    if (outputs.length === 0)
      badArchitecture(where, `"${name}" does not say what its outputs are`, path || where);
    return { kind: 'functional', name, layers, inputs, outputs, inputShape: undefined };
  }
  const [first, last] = [layers[0], layers.at(-1)];
  const inputs = first?.className === 'InputLayer' ? [refTo(first.name)] : [];
  const outputs = last ? [refTo(last.name)] : [];
  const inputShape = shapeOf(fields['build_input_shape']) ?? (first && inputShapeOf(first));
  return { kind: 'sequential', name, layers, inputs, outputs, inputShape };
}

/** The shape that a layer's configuration says it takes, batch first. */
export function inputShapeOf(layer: KerasLayer): readonly (number | null)[] | undefined {
  const { config } = layer;
  const shape = shapeOf(config['batch_input_shape']) ?? shapeOf(config['batch_shape']);
  if (shape) return shape;
  const inner = shapeOf(config['input_shape']);
  if (inner) return [null, ...inner];
  if (typeof config['input_dim'] === 'number' && layer.className === 'Dense') {
    return [null, config['input_dim']];
  }
  if (layer.className === 'Embedding') {
    const length = config['input_length'];
    return [null, typeof length === 'number' ? length : null];
  }
  if (layer.wrapped) return inputShapeOf(layer.wrapped);
  if (layer.model) return layer.model.inputShape ?? firstShape(layer.model);
  return undefined;
}

function firstShape(model: KerasModel): readonly (number | null)[] | undefined {
  const input = model.layers.find(({ name }) => name === model.inputs[0]?.layer);
  return input && inputShapeOf(input);
}

/** Sizes, null where free; undefined where this is not a list of them. */
function shapeOf(value: Json | undefined): (number | null)[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const isShape = value.every((size) => size === null || typeof size === 'number');
  return isShape ? value.map((size) => (typeof size === 'number' ? size : null)) : undefined;
}

function readLayer(value: Json, path: string, where: string): KerasLayer {
  if (!isObject(value)) badArchitecture(where, 'a layer is not an object');
  const entry = value;
  const className = textOf(entry['class_name']).replace(/^.*>/, '');
  const config = objectOf(entry['config']);
  const name = textOf(entry['name'], textOf(config['name']));
  if (className === '') badArchitecture(where, `the layer "${name}" has no class`, name || where);
  const isModel =
    models.has(className) && (Array.isArray(entry['config']) || Array.isArray(config['layers']));
  const shown = name || className.toLowerCase();
  const key = path === '' ? shown : `${path}/${shown}`;
  const base = {
    name: shown,
    key,
    className,
    config,
    entry,
    calls: callsOf(entry['inbound_nodes']),
  };
  if (isModel) return { ...base, model: readModel(entry, key, where) };
  if (wrappers.has(className) && isObject(config['layer'])) {
    return { ...base, wrapped: readLayer(config['layer'], key, where) };
  }
  return base;
}

/** A Sequential calls each layer once, on what the one before it gives. */
const chained = (layers: readonly KerasLayer[]): KerasLayer[] =>
  named(layers).map((layer, i, all) => {
    const before = all[i - 1];
    return { ...layer, calls: [{ inputs: before ? [refTo(before.name)] : [], kwargs: {} }] };
  });

/** Nested models of old TF.js files have no names: they are numbered. */
function named(layers: readonly KerasLayer[]): KerasLayer[] {
  const taken = new Set<string>();
  return layers.map((layer) => {
    let name = layer.name;
    for (let i = 1; taken.has(name); i++) name = `${layer.name}_${i}`;
    taken.add(name);
    if (name === layer.name || layer.entry['name'] !== undefined) return layer;
    if (textOf(layer.config['name']) !== '') return layer;
    return { ...layer, name, key: layer.key.slice(0, -layer.name.length) + name };
  });
}

const refTo = (layer: string): Ref => ({ layer, node: 0, tensor: 0 });

/** Every layer that has weights or does something, models opened, wrappers kept; in file order. */
export function leavesOf(model: KerasModel): KerasLayer[] {
  return model.layers.flatMap((layer) => (layer.model ? leavesOf(layer.model) : [layer]));
}

/** Ends the reading of an architecture; `layer` is to blame, where one is. */
export function badArchitecture(where: string, what: string, layer = where): never {
  refuse({
    code: 'bad-architecture',
    message: `${where} holds an architecture that cannot be read: ${what}.`,
    where: layer,
    remedy: 'Save the model again with Keras, as a Functional or Sequential model.',
  });
}
