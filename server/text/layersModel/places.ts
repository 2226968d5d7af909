import { memberOf, type JsonNode } from '../../core/json/jsonTree.ts';
import type { OpenText } from '../openText.ts';

export type StringNode = JsonNode & { readonly kind: 'string' };

/** A model, or one within it: its layers, and the references to them that say what goes in and out. */
export interface ModelPlace {
  readonly config: JsonNode | undefined;
  /** False where each layer reads the one before it. */
  readonly isFunctional: boolean;
  readonly layers: readonly LayerPlace[];
  /** Names in `input_layers` and `output_layers`. */
  readonly ends: readonly StringNode[];
}

/** A layer where the text has it. */
export interface LayerPlace {
  readonly name: string;
  /** Names from the outermost model on, as the reader of the model joins them. */
  readonly key: string;
  readonly kind: string;
  readonly node: JsonNode;
  readonly kindPlace: StringNode | undefined;
  readonly namePlace: StringNode;
  readonly config: JsonNode | undefined;
  /** Names of layers that it reads. */
  readonly reads: readonly StringNode[];
  /** The model that the layer is. */
  readonly model: ModelPlace;
}

/** The model of the text: as TensorFlow.js and its converter write it, or as Keras gives it alone. */
export function modelIn(text: OpenText): ModelPlace {
  const topology = text.at('modelTopology');
  return modelOf(topology ? (memberOf(topology, 'model_config') ?? topology) : text.root, '');
}

/** True for an architecture by itself, which `model.to_json()` gives. */
export const hasNoWeights = (text: OpenText): boolean =>
  text.root !== undefined && !text.at('modelTopology') && text.at('class_name') !== undefined;

function modelOf(entry: JsonNode | undefined, path: string): ModelPlace {
  const config = memberOf(entry, 'config');
  const list = config?.kind === 'array' ? config : memberOf(config, 'layers');
  const className = textOf(memberOf(entry, 'class_name'));
  const ends = ['input_layers', 'output_layers'].flatMap((key) => readsIn(memberOf(config, key)));
  const layers = itemsOf(list).flatMap((node) => layerOf(node, path));
  return { config, isFunctional: list !== config && className !== 'Sequential', layers, ends };
}

function layerOf(node: JsonNode, path: string): LayerPlace[] {
  const config = memberOf(node, 'config');
  const named = memberOf(node, 'name') ?? memberOf(config, 'name');
  const kindNode = memberOf(node, 'class_name');
  const kindPlace = kindNode?.kind === 'string' ? kindNode : undefined;
  // old files have models without a name within models
  const namePlace = named?.kind === 'string' ? named : kindPlace;
  if (!namePlace) return [];
  const kind = (kindPlace?.value ?? '').replace(/^.*>/, '');
  const name = namePlace === named ? namePlace.value : '';
  const key = [...(path === '' ? [] : [path]), name || kind.toLowerCase()].join('/');
  const reads = readsIn(memberOf(node, 'inbound_nodes'));
  return [
    { name, key, kind, node, kindPlace, namePlace, config, reads, model: modelOf(node, key) },
  ];
}

/** All layers, those of models within the model behind the layer that the model is. */
export const allOf = ({ layers }: ModelPlace): LayerPlace[] =>
  layers.flatMap((one) => [one, ...allOf(one.model)]);

/** A layer has its name twice as a rule. */
const ownNames = ({ namePlace, config }: LayerPlace): StringNode[] => {
  const inner = memberOf(config, 'name');
  return inner?.kind === 'string' && inner !== namePlace ? [namePlace, inner] : [namePlace];
};

/** All places where a layer is named: in its own entry, where others read it, where a model ends. */
export const namesIn = (model: ModelPlace): StringNode[] => [
  ...model.ends,
  ...model.layers.flatMap((one) => [...ownNames(one), ...one.reads, ...namesIn(one.model)]),
];

/** References such as `["conv1", 0, 0, {}]`, however deep they are. */
function readsIn(node: JsonNode | undefined): StringNode[] {
  if (node?.kind === 'object') return node.members.flatMap(({ value }) => readsIn(value));
  if (node?.kind !== 'array') return [];
  const [name, at, output] = node.items;
  const isReference = name?.kind === 'string' && at?.kind === 'number' && output?.kind === 'number';
  return isReference ? [name] : node.items.flatMap(readsIn);
}

export const itemsOf = (node: JsonNode | undefined): readonly JsonNode[] =>
  node?.kind === 'array' ? node.items : [];

const textOf = (node: JsonNode | undefined): string => (node?.kind === 'string' ? node.value : '');
