import { memberOf, type JsonNode } from '../core/json/jsonTree.ts';
import { TextProblems } from '../core/json/textProblem.ts';
import { valueOf } from '../core/json/wholeJson.ts';
import { defaultTarget } from '../core/quant/targets.ts';
import { stepsAt, stringAround } from './jsonPlaces.ts';
import { openingIssues, shardIssues, weightlessIssues, widthIssues } from './layersModel/faults.ts';
import type { TextIssue } from './layersModel/issue.ts';
import { optionIssues, wordsFor } from './layersModel/options.ts';
import { allOf, modelIn, namesIn, type LayerPlace } from './layersModel/places.ts';
import { referenceIssues } from './layersModel/references.ts';
import { layersIn as layersOfGraph, layerWords, nameText } from './layerWords.ts';
import type { OpenText } from './openText.ts';
import type {
  KnownModel,
  OutlineItem,
  TextCompletion,
  TextFix,
  TextHover,
  TextProvider,
} from './provider.ts';

/** What the editor says of the text of a TensorFlow.js layers model, and of one of Keras. */
export const layersModelText: TextProvider = { problems, hover, outline, complete, fixes };

function problems(text: OpenText): TextProblems['list'] {
  const found = new TextProblems(text.text);
  for (const { place, code, message, severity } of issuesOf(text))
    found.add(place, code, message, severity);
  return found.list;
}

/** All that is wrong with the text; nothing is said of what is no JSON. */
function issuesOf(text: OpenText): TextIssue[] {
  if (!text.root) return [];
  const model = modelIn(text);
  const found = [
    ...referenceIssues(model),
    ...allOf(model).flatMap(optionIssues),
    ...shardIssues(text),
    ...widthIssues(text),
    ...weightlessIssues(text),
  ];
  return [...found, ...openingIssues(text, found)];
}

/** The name of a layer that a place is on, in its own entry or where it is named. */
function nameAt(text: OpenText, offset: number): (JsonNode & { kind: 'string' }) | undefined {
  return namesIn(modelIn(text)).find(({ start, end }) => offset >= start && offset <= end);
}

function hover(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): TextHover | undefined {
  const place = nameAt(text, offset);
  if (!place) return undefined;
  const { start, end, value } = place;
  const layer = model && layersOfGraph(model.graph).find(({ name }) => name === value);
  if (layer) return { start, end, words: layerWords(layer, model.target ?? defaultTarget) };
  const own = allOf(modelIn(text)).find(({ name }) => name === value);
  return own && { start, end, words: optionWords(own) };
}

/** Options that say what a layer computes. */
const telling = [
  'filters',
  'units',
  'kernel_size',
  'pool_size',
  'strides',
  'padding',
  'activation',
];

/** `**conv1**: Conv2D, filters 8, kernel_size 3 × 3`. */
function optionWords({ name, kind, config }: LayerPlace): string {
  const options = telling.flatMap((option) => {
    const node = memberOf(config, option);
    const value = node && valueOf(node);
    const isPlain = typeof value === 'string' || typeof value === 'number';
    if (!isPlain && !Array.isArray(value)) return [];
    return [`${option} ${Array.isArray(value) ? value.join(' × ') : value}`];
  });
  return `${nameText(name)}: ${[kind, ...options].join(', ')}`;
}

function outline(text: OpenText): OutlineItem[] {
  return modelIn(text).layers.map(itemOf);
}

const itemOf = ({ name, kind, node, namePlace, model }: LayerPlace): OutlineItem => ({
  name: name || kind || '(no name)',
  detail: kind,
  kind: 'layer',
  start: node.start,
  end: node.end,
  namePlace,
  children: model.layers.map(itemOf),
});

/** Names of layers, where one reads another; else what an option can be. */
function complete(text: OpenText, offset: number): readonly TextCompletion[] {
  if (!stringAround(text, offset)) return [];
  const steps = stepsAt(text.root, offset);
  const member = steps.findLast((step) => step.member)?.member;
  const isReference = steps.some(({ member: one }) =>
    ['inbound_nodes', 'input_layers', 'output_layers'].includes(one?.key ?? ''),
  );
  const layers = allOf(modelIn(text));
  if (isReference) return layers.map(({ name, kind }) => ({ label: name, detail: kind }));
  if (!member || offset <= member.end) return [];
  const own = layers.findLast(({ node }) => offset > node.start && offset < node.end);
  const words = wordsFor(member.key, own?.kind ?? '') ?? [];
  return words.map((label) => ({ label, detail: member.key }));
}

function fixes(
  text: OpenText,
  { code, start }: { readonly code: string; readonly start: number },
): TextFix[] {
  const issue = issuesOf(text).find((one) => one.code === code && one.place.start === start);
  return (issue?.fixes ?? []).map(({ title, text: written }, at) => {
    const edits = [{ start: issue?.place.start ?? 0, end: issue?.place.end ?? 0, text: written }];
    return { title, isPreferred: at === 0, edits };
  });
}
