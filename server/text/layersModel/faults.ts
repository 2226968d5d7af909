import { lstatSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { memberOf, type JsonNode } from '../../core/json/jsonTree.ts';
import { countText } from '../../core/reports/words.ts';
import { checkLayersModel } from '../../formats/keras/checkLayersModel.ts';
import type { FormatFault } from '../../formats/format.ts';
import { isInside } from '../../formats/samePath.ts';
import type { OpenText } from '../openText.ts';
import type { Span } from '../provider.ts';
import type { TextIssue } from './issue.ts';
import { allOf, hasNoWeights, itemsOf, modelIn, namesIn } from './places.ts';

/** Bytes of an element in a shard; strings have none that is fixed. */
const byteSizes: Readonly<Record<string, number>> = {
  ...{ float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2, complex64: 8 },
};

/** Says of an architecture by itself that it is no model. */
export function weightlessIssues(text: OpenText): TextIssue[] {
  if (!hasNoWeights(text)) return [];
  const message =
    'This is the architecture of a Keras model without its weights: it is checked as a text, and cannot be opened as a model. To open it, save the whole model, as model.save does.';
  return [{ place: startOf(text), code: 'no-weights', severity: 'info', message, fixes: [] }];
}

/** Why the text cannot be opened as a model, or which of its layers cannot be run, besides `known`. */
export function openingIssues(text: OpenText, known: readonly TextIssue[]): TextIssue[] {
  const { fault, opaque } = checkLayersModel(text.path, text.text);
  if (fault) return faultIssues(text, fault, known);
  // what follows a layer that is not known often cannot be run either
  if (known.some(({ code }) => code === 'custom-layer')) return [];
  const layers = new Map(allOf(modelIn(text)).map((one) => [one.key, one]));
  return opaque.flatMap(({ key, className }): TextIssue[] => {
    const layer = layers.get(key);
    // what is wrong in it says why
    if (!layer || known.some(({ place }) => overlaps(place, layer.node))) return [];
    const message = `The layer "${layer.name}" has options, or reads values, with which a ${className} is not known here: what depends on it cannot be run, and is not measured.`;
    const place = layer.namePlace;
    return [{ place, code: 'custom-layer', severity: 'warning', message, fixes: [] }];
  });
}

/** The fault at its place; nothing where what is known says it already. */
function faultIssues(text: OpenText, fault: FormatFault, known: readonly TextIssue[]): TextIssue[] {
  const place = placeOf(text, fault);
  const errors = known.filter(({ severity }) => severity === 'error');
  if (errors.some((one) => !place || overlaps(one.place, place))) return [];
  const message = `${fault.message} ${fault.remedy ?? ''}`.trim();
  const at = place ?? startOf(text);
  return [{ place: at, code: 'not-opened', severity: 'error', message, fixes: [] }];
}

/** Where the text begins to say what it is. */
function startOf({ root }: OpenText): Span {
  const first = root?.kind === 'object' ? root.members[0] : undefined;
  return first ?? { start: root?.start ?? 0, end: (root?.start ?? 0) + 1 };
}

const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

/** What in the text a fault is about: a layer, a weight, the kind of model, all weights. */
function placeOf(text: OpenText, { code, where }: FormatFault): Span | undefined {
  const manifest = text.at('weightsManifest');
  if (code === 'not-supported-yet') return text.at('format');
  if (code.startsWith('shard')) return manifest;
  if (code === 'bad-manifest') {
    const entry = weightsIn(manifest).find((one) => nameOf(one) === where);
    return entry && (memberOf(entry, 'dtype') ?? entry);
  }
  const model = modelIn(text);
  const layer = allOf(model).find(({ key, name }) => key === where || name === where);
  return layer?.namePlace ?? namesIn(model).find(({ value }) => value === where);
}

const weightsIn = (manifest: JsonNode | undefined): JsonNode[] =>
  itemsOf(manifest).flatMap((group) => itemsOf(memberOf(group, 'weights')));

const nameOf = (entry: JsonNode): string => {
  const name = memberOf(entry, 'name');
  return name?.kind === 'string' ? name.value : '';
};

/** Files of weights that are not there, or do not have as many bytes as their weights need. */
export function shardIssues(text: OpenText): TextIssue[] {
  return itemsOf(text.at('weightsManifest')).flatMap((group) => groupIssues(group, text));
}

function groupIssues(group: JsonNode, { path, isTrusted }: OpenText): TextIssue[] {
  const found: TextIssue[] = [];
  const add = (place: Span, code: TextIssue['code'], message: string): void =>
    void found.push({ place, code, severity: 'error', message, fixes: [] });
  let bytes: number | undefined = 0;
  const paths = memberOf(group, 'paths');
  for (const one of itemsOf(paths)) {
    if (one.kind !== 'string') continue;
    const file = resolve(dirname(path), one.value);
    // What lies elsewhere is no shard to the reader either.
    const look = isTrusted ? statSync : lstatSync;
    const isOwn = isInside(file, dirname(path));
    const size = isOwn ? look(file, { throwIfNoEntry: false })?.size : undefined;
    if (size === undefined)
      add(one, 'missing-shard', `The file of weights "${one.value}" is not beside the model.`);
    bytes = bytes === undefined || size === undefined ? undefined : bytes + size;
  }
  const needed = itemsOf(memberOf(group, 'weights')).reduce((sum, one) => sum + bytesOf(one), 0);
  if (!paths || bytes === undefined || Number.isNaN(needed) || bytes === needed) return found;
  const message = `These files have ${countText(bytes)} bytes; the weights need ${countText(needed)}.`;
  add(paths, 'shard-size', message);
  return found;
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

/** Layers whose options say another number of outputs than their weights have. */
export function widthIssues(text: OpenText): TextIssue[] {
  const weights = weightsIn(text.at('weightsManifest'));
  return allOf(modelIn(text)).flatMap(({ name, kind, config }): TextIssue[] => {
    const option = /^Dense$/.test(kind) ? 'units' : /^Conv\dD$/.test(kind) ? 'filters' : '';
    const said = memberOf(config, option);
    const kernel = weights.find((one) => nameOf(one).replace(/:\d+$/, '') === `${name}/kernel`);
    const last = itemsOf(memberOf(kernel, 'shape')).at(-1);
    if (said?.kind !== 'number' || last?.kind !== 'number' || said.value === last.value) return [];
    if (!Number.isInteger(said.value) || said.value <= 0) return [];
    const message = `"${option}" is ${said.value}, and the weights of "${name}" have ${last.value}.`;
    const fixes = [{ title: `Write ${last.value}`, text: String(last.value) }];
    return [{ place: said, code: 'wrong-value', severity: 'error', message, fixes }];
  });
}
