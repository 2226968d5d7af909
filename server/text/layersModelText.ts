import { lstatSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { nearest } from '../cli/nearest.ts';
import { memberOf, type JsonNode } from '../core/json/jsonTree.ts';
import { TextProblems } from '../core/json/textProblem.ts';
import { defaultTarget } from '../core/quant/targets.ts';
import { countText } from '../core/reports/words.ts';
import { KERAS_DOMAIN } from '../formats/keras/lower/lowerModel.ts';
import { isInside } from '../formats/samePath.ts';
import { stringAround } from './jsonPlaces.ts';
import { layersIn as layersOfGraph, layerWords } from './layerWords.ts';
import type { OpenText } from './openText.ts';
import type {
  KnownModel,
  OutlineItem,
  TextCompletion,
  TextFix,
  TextHover,
  TextProvider,
} from './provider.ts';

/** What the editor says of the text of a TensorFlow.js layers model. */
export const layersModelText: TextProvider = { problems, hover, outline, complete, fixes };

interface LayerPlace {
  readonly name: string;
  readonly kind: string;
  readonly node: JsonNode;
  readonly namePlace: JsonNode & { readonly kind: 'string' };
  /** Names of the layers that it reads. */
  readonly reads: readonly (JsonNode & { readonly kind: 'string' })[];
  /** Of the model that the layer is. */
  readonly layers: readonly LayerPlace[];
}

/** Bytes of an element in a shard; strings have none that is fixed. */
const byteSizes: Readonly<Record<string, number>> = {
  ...{ float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2, complex64: 8 },
};

function problems(text: OpenText, model: KnownModel | undefined): TextProblems['list'] {
  const found = new TextProblems(text.text);
  checkLayers(layersOf(text), found);
  if (model) checkClasses(allOf(layersOf(text)), model, found);
  for (const group of itemsOf(text.at('weightsManifest'))) checkShards(group, text, found);
  return found.list;
}

/** Names given twice, and names that nothing has, in one model and in those within it. */
function checkLayers(layers: readonly LayerPlace[], found: TextProblems): void {
  const names = new Set<string>();
  for (const { name, namePlace } of layers) {
    if (name !== '' && names.has(name)) {
      found.add(namePlace, 'duplicate-layer', `Two layers are called "${name}".`);
    }
    names.add(name);
  }
  for (const { reads, layers: inner } of layers) {
    checkLayers(inner, found);
    for (const read of reads) {
      if (names.has(read.value)) continue;
      const close = nearest(read.value, names);
      const hint = close === undefined ? '' : ` Did you mean "${close}"?`;
      found.add(read, 'unknown-layer', `There is no layer "${read.value}".${hint}`);
    }
  }
}

/** Layers that nobody here knows how to run. */
function checkClasses(
  layers: readonly LayerPlace[],
  { graph }: KnownModel,
  found: TextProblems,
): void {
  const unknown = new Set(
    graph.nodes.filter(({ domain }) => domain === KERAS_DOMAIN).map(({ op }) => op),
  );
  for (const { kind, namePlace } of layers) {
    if (!unknown.has(kind)) continue;
    const message = `A layer of the class "${kind}" is not known here: what depends on it cannot be run, and is not measured.`;
    found.add(namePlace, 'custom-layer', message, 'warning');
  }
}

/** Files of weights that are not there, or do not have as many bytes as their weights need. */
function checkShards(group: JsonNode, { path, isTrusted }: OpenText, found: TextProblems): void {
  let bytes: number | undefined = 0;
  const paths = memberOf(group, 'paths');
  for (const one of itemsOf(paths)) {
    if (one.kind !== 'string') continue;
    const file = resolve(dirname(path), one.value);
    // What lies elsewhere is no shard to the reader either.
    const look = isTrusted ? statSync : lstatSync;
    const isOwn = isInside(file, dirname(path));
    const size = isOwn ? look(file, { throwIfNoEntry: false })?.size : undefined;
    if (size === undefined) {
      const text = `The file of weights "${one.value}" is not beside the model.`;
      found.add(one, 'missing-shard', text);
    }
    bytes = bytes === undefined || size === undefined ? undefined : bytes + size;
  }
  const needed = itemsOf(memberOf(group, 'weights')).reduce((sum, one) => sum + bytesOf(one), 0);
  if (!paths || bytes === undefined || Number.isNaN(needed) || bytes === needed) return;
  const text = `These files have ${countText(bytes)} bytes; the weights need ${countText(needed)}.`;
  found.add(paths, 'shard-size', text);
}

/** Bytes of a weight; NaN where that is not known. */
function bytesOf(weight: JsonNode): number {
  const quantized = memberOf(memberOf(weight, 'quantization'), 'dtype');
  const type = quantized ?? memberOf(weight, 'dtype');
  const shape = memberOf(weight, 'shape');
  if (type?.kind !== 'string' || shape?.kind !== 'array') return NaN;
  return shape.items.reduce(
    (product, one) => product * (one.kind === 'number' ? one.value : NaN),
    byteSizes[type.value] ?? NaN,
  );
}

const itemsOf = (node: JsonNode | undefined): readonly JsonNode[] =>
  node?.kind === 'array' ? node.items : [];

/** The layers of the model, each with those of the model that it is, if it is one. */
function layersOf(text: OpenText): LayerPlace[] {
  const topology = text.at('modelTopology');
  const model = memberOf(topology, 'model_config') ?? topology;
  return layersIn(memberOf(model, 'config'));
}

function layersIn(config: JsonNode | undefined): LayerPlace[] {
  const list = config?.kind === 'array' ? config : memberOf(config, 'layers');
  return itemsOf(list).flatMap((node) => {
    const own = memberOf(node, 'config');
    const named = memberOf(node, 'name') ?? memberOf(own, 'name');
    const kind = memberOf(node, 'class_name');
    const className = kind?.kind === 'string' ? kind.value : '';
    // old files have models without a name within models
    const namePlace = named?.kind === 'string' ? named : kind;
    if (namePlace?.kind !== 'string') return [];
    const reads = readsIn(memberOf(node, 'inbound_nodes'));
    const name = namePlace === named ? namePlace.value : '';
    return [{ name, kind: className, node, namePlace, reads, layers: layersIn(own) }];
  });
}

/** All layers, those of models within the model behind the layer that the model is. */
const allOf = (layers: readonly LayerPlace[]): LayerPlace[] =>
  layers.flatMap((one) => [one, ...allOf(one.layers)]);

/** References such as `["conv1", 0, 0, {}]`, however deep they are. */
function readsIn(node: JsonNode | undefined): (JsonNode & { readonly kind: 'string' })[] {
  if (node?.kind === 'object') return node.members.flatMap(({ value }) => readsIn(value));
  if (node?.kind !== 'array') return [];
  const [name, at, output] = node.items;
  const isReference = name?.kind === 'string' && at?.kind === 'number' && output?.kind === 'number';
  return isReference ? [name] : node.items.flatMap(readsIn);
}

/** The layer whose name the place is on, in its own entry or where another one reads it. */
function nameAt(text: OpenText, offset: number): (JsonNode & { kind: 'string' }) | undefined {
  return allOf(layersOf(text))
    .flatMap(({ namePlace, reads }) => [namePlace, ...reads])
    .find(({ start, end }) => offset >= start && offset <= end);
}

function hover(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): TextHover | undefined {
  const place = nameAt(text, offset);
  const layer =
    place && model && layersOfGraph(model.graph).find(({ name }) => name === place.value);
  if (!place || !layer || !model) return undefined;
  const words = layerWords(layer, model.target ?? defaultTarget);
  return { start: place.start, end: place.end, words };
}

function outline(text: OpenText): OutlineItem[] {
  return layersOf(text).map(itemOf);
}

const itemOf = ({ name, kind, node, namePlace, layers }: LayerPlace): OutlineItem => ({
  name: name || kind || '(no name)',
  detail: kind,
  kind: 'layer',
  start: node.start,
  end: node.end,
  namePlace,
  children: layers.map(itemOf),
});

/** Names of layers, where one reads another. */
function complete(text: OpenText, offset: number): readonly TextCompletion[] {
  const layers = allOf(layersOf(text));
  const isRead = layers.some(({ reads }) =>
    reads.some(({ start, end }) => offset >= start && offset <= end),
  );
  if (!isRead || !stringAround(text, offset)) return [];
  return layers.map(({ name, kind }) => ({ label: name, detail: kind }));
}

function fixes(
  text: OpenText,
  { code, start }: { readonly code: string; readonly start: number },
): TextFix[] {
  const place = nameAt(text, start);
  if (code !== 'unknown-layer' || !place) return [];
  const close = nearest(
    place.value,
    allOf(layersOf(text)).map(({ name }) => name),
  );
  if (close === undefined) return [];
  const edits = [{ start: place.start, end: place.end, text: JSON.stringify(close) }];
  return [{ title: `Rename to "${close}"`, isPreferred: true, edits }];
}
