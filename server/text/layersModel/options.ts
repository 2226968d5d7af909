import { nearest } from '../../cli/nearest.ts';
import { memberOf, type JsonNode } from '../../core/json/jsonTree.ts';
import { valueOf } from '../../core/json/wholeJson.ts';
import type { Json } from '../../formats/keras/config/json.ts';
import { activationNames, activationOf, isKnown } from '../../formats/keras/lower/activations.ts';
import { knownClasses } from '../../formats/keras/lower/lowerModel.ts';
import type { TextIssue } from './issue.ts';
import type { LayerPlace } from './places.ts';

/** Classes of layers that are models. */
const models = ['Sequential', 'Functional', 'Model', 'Container', 'Graph'];

/** Options that are whole numbers above 0, or lists of them. */
const counts = [
  ...['filters', 'units', 'kernel_size', 'strides', 'pool_size', 'dilation_rate', 'groups'],
  ...['depth_multiplier', 'input_dim', 'output_dim'],
];

/** What may stand at an option of a layer; undefined where that cannot be listed. */
export function wordsFor(option: string, kind: string): readonly string[] | undefined {
  switch (option) {
    case 'class_name':
      return [...knownClasses, ...models];
    case 'activation':
    case 'recurrent_activation':
      return activationNames();
    case 'data_format':
      return ['channels_last', 'channels_first'];
    case 'padding':
      if (!/Conv|Pooling/.test(kind)) return undefined;
      return ['valid', 'same', ...(/Conv1D$/.test(kind) ? ['causal'] : [])];
    default:
      return undefined;
  }
}

/** What is wrong with the class of a layer and with its options, as far as they are known. */
export function optionIssues(layer: LayerPlace): TextIssue[] {
  const { kind, kindPlace, config, namePlace } = layer;
  if (!wordsFor('class_name', kind)?.includes(kind)) {
    const place = kindPlace ?? namePlace;
    const message = `A layer of the class "${kind}" is not known here: what depends on it cannot be run, and is not measured.`;
    return [offering(place, 'custom-layer', message, nearestIn('class_name', kind, kind))];
  }
  return ['activation', 'recurrent_activation', 'padding', 'data_format', ...counts].flatMap(
    (option) => {
      const node = memberOf(config, option);
      if (!node || node.kind === 'null') return [];
      if (option.endsWith('activation')) return activationIssues(layer, option, node);
      return counts.includes(option) ? countIssues(option, node) : wordIssues(kind, option, node);
    },
  );
}

const nearestIn = (option: string, word: string, kind: string): string | undefined =>
  nearest(word, wordsFor(option, kind) ?? []);

function activationIssues({ name }: LayerPlace, option: string, node: JsonNode): TextIssue[] {
  const activation = activationOf(valueOf(node) as Json);
  if (activation.kind === 'linear' || isKnown(activation)) return [];
  const message = `The activation "${activation.kind}" is not known here: the layer "${name}" cannot be run, and neither can what depends on it.`;
  const word = node.kind === 'string' ? node.value : undefined;
  const close = word === undefined ? undefined : nearestIn(option, word, '');
  return [offering(node, 'custom-layer', message, close)];
}

function wordIssues(kind: string, option: string, node: JsonNode): TextIssue[] {
  const words = wordsFor(option, kind);
  if (!words || node.kind !== 'string' || words.includes(node.value)) return [];
  const listed = words.map((word) => `"${word}"`).join(' or ');
  const message = `"${option}" can be ${listed}, and is "${node.value}".`;
  return [offering(node, 'wrong-value', message, nearest(node.value, words))];
}

function countIssues(option: string, node: JsonNode): TextIssue[] {
  const items = node.kind === 'array' ? node.items : [node];
  return items.flatMap((item) => {
    if (item.kind === 'null') return [];
    const value = item.kind === 'number' ? item.value : NaN;
    if (Number.isInteger(value) && value > 0) return [];
    const message = `"${option}" must be a whole number above 0.`;
    const meant = Math.round(Math.abs(value));
    const fixes = meant > 0 ? [{ title: `Write ${meant}`, text: String(meant) }] : [];
    return [{ place: item, code: 'wrong-value', severity: 'error', message, fixes }];
  });
}

/** A word that is not known, with the one that was meant if one is close. */
function offering(
  place: JsonNode,
  code: 'custom-layer' | 'wrong-value',
  message: string,
  close: string | undefined,
): TextIssue {
  const severity = code === 'custom-layer' ? 'warning' : 'error';
  if (close === undefined) return { place, code, severity, message, fixes: [] };
  const fixes = [{ title: `Write "${close}"`, text: JSON.stringify(close) }];
  return { place, code, severity, message: `${message} Did you mean "${close}"?`, fixes };
}
