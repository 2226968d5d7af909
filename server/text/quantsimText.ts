import { nearest } from '../cli/nearest.ts';
import { builtInPlacement } from '../core/quant/placements/builtIn.ts';
import { parseQuantsimConfiguration } from '../core/quant/quantsimConfiguration.ts';
import { targetLabel } from '../core/quant/targets.ts';
import { nounText } from '../core/reports/words.ts';
import { quantsimProblems, targetOf } from '../targetFile.ts';
import { operatorMeant } from '../tellOperators.ts';
import { isOnName, pathAt, stepsAt, stringAround, withComma } from './jsonPlaces.ts';
import { nameText } from './layerWords.ts';
import type { OpenText } from './openText.ts';
import type {
  KnownModel,
  OutlineItem,
  Span,
  TextCompletion,
  TextFix,
  TextHover,
  TextProvider,
} from './provider.ts';

/** What the editor says of quantsim configurations. */
export const quantsimText: TextProvider = {
  problems: ({ text, isJson }, model) =>
    quantsimProblems(text, operatorsOf(model)).filter(
      ({ code }) => !(isJson && code === 'not-json'),
    ),
  hover,
  outline,
  complete,
  fixes,
};

const operatorsOf = (model: KnownModel | undefined): Set<string> =>
  new Set(model?.graph.nodes.map(({ op }) => op));

/** What each name of the file means. */
const meanings: Readonly<Record<string, string>> = {
  defaults: 'What holds for every operator and parameter unless a later section says otherwise.',
  ops: 'Values that flow between operators.',
  params: 'Parameters, by name (weight, bias).',
  op_type: 'What is different for single kinds of operators.',
  supergroups: 'Operators that run as one: nothing is rounded between them.',
  op_list: 'The operators of a supergroup, in the order in which they follow each other.',
  supergroup_pass_list: 'Patterns known by name, such as MatmulAdd.',
  model_input: 'Inputs of the network.',
  model_output: 'Outputs of the network.',
  is_output_quantized: 'What the operator gives is rounded.',
  is_input_quantized: 'What goes into the operator is rounded.',
  is_quantized: 'The parameter is rounded.',
  is_symmetric: 'Zero lies in the middle of the grid.',
  strict_symmetric: 'Symmetric grids have as many levels above zero as below: 255 at 8 bits.',
  unsigned_symmetric:
    'Symmetric grids of values that are never negative use all levels above zero.',
  per_channel_quantization: 'Weights have a scale for each output channel.',
  supported_kernels: 'Widths that the hardware computes with; the first one is the default.',
  bitwidth: 'Bits of a value.',
  encoding_constraints: 'The range of what the operator gives is fixed.',
  hw_version: 'A name for the hardware; nothing depends on it here.',
};

function hover(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): TextHover | undefined {
  const step = stepsAt(text.root, offset).at(-1);
  const path = pathAt(stepsAt(text.root, offset));
  if (!step) return undefined;
  const isName = isOnName(step, offset);
  const value = step.node.kind === 'string' ? step.node.value : undefined;
  const key = isName ? step.member?.key : undefined;
  const place = isName && step.member ? step.member : step.node;
  const span = { start: place.start, end: place.end };
  const isOperator = isName ? path.at(-2) === 'op_type' : path.at(-1) === 'op_list';
  const operator = isOperator ? (key ?? value) : undefined;
  if (operator !== undefined && model) {
    const count = model.graph.nodes.filter(({ op }) => op === operator).length;
    return { ...span, words: `The model has ${nounText(count, 'node')} ${nameText(operator)}.` };
  }
  const meaning = key === undefined ? undefined : meanings[key];
  if (meaning === undefined) return undefined;
  if (key !== 'defaults') return { ...span, words: meaning };
  const { configuration } = parseQuantsimConfiguration(text.text);
  const target = configuration && targetLabel(targetOf(configuration, text.path));
  return { ...span, words: target ? `${meaning}\n\nAs a target: ${target}.` : meaning };
}

function outline({ root }: OpenText): OutlineItem[] {
  if (root?.kind !== 'object') return [];
  return root.members.map(({ key, start, end, value }) => ({
    name: key || '(no name)',
    detail: value.kind === 'array' ? nounText(value.items.length, 'entry', 'entries') : '',
    kind: 'group',
    start,
    end: value.end,
    namePlace: { start, end },
    children: (key === 'op_type' && value.kind === 'object' ? value.members : []).map((one) => ({
      name: one.key || '(no name)',
      detail: '',
      kind: 'setting',
      start: one.start,
      end: one.value.end,
      namePlace: { start: one.start, end: one.end },
      children: [],
    })),
  }));
}

/** Flags, and operators: those of the model first, else those of our own configuration. */
function complete(
  text: OpenText,
  offset: number,
  model: KnownModel | undefined,
): readonly TextCompletion[] {
  const steps = stepsAt(text.root, offset);
  const last = steps.at(-1);
  if (!last || !stringAround(text, offset)) return [];
  const path = pathAt(steps);
  const key = path.at(-1) ?? '';
  const isName = isOnName(last, offset);
  if (isName ? path.at(-2) === 'op_type' : key === 'op_list') return operators(model);
  const isFlag =
    key.startsWith('is_') || key.endsWith('symmetric') || key.startsWith('per_channel');
  if (isName || !isFlag) return [];
  return ['True', 'False'].map((label) => ({ label, detail: meanings[key] ?? '' }));
}

function operators(model: KnownModel | undefined): TextCompletion[] {
  const counts = new Map<string, number>();
  for (const { op } of model?.graph.nodes ?? []) counts.set(op, (counts.get(op) ?? 0) + 1);
  const own = builtInPlacement('default');
  const known = [...Object.keys(own.op_type), ...own.supergroups.flatMap(({ op_list }) => op_list)];
  return [...new Set([...counts.keys(), ...known])].map((label) => {
    const count = counts.get(label);
    return { label, detail: count === undefined ? 'operator' : nounText(count, 'node') };
  });
}

function fixes(
  text: OpenText,
  { code, start }: { readonly code: string; readonly start: number },
  model: KnownModel | undefined,
): TextFix[] {
  const steps = stepsAt(text.root, start);
  const last = steps.at(-1);
  if (!last) return [];
  const { node, member } = last;
  const whole = member ? { start: member.start, end: node.end } : node;
  const removed: TextFix = {
    title: member ? `Remove "${member.key}"` : 'Remove the entry',
    isPreferred: false,
    edits: [{ ...withComma(text.text, whole), text: '' }],
  };
  if (code === 'unknown-key' && member)
    return [...renamed(member, nearest(member.key, Object.keys(meanings))), removed];
  if (code === 'unknown-operator') {
    const name = member?.key ?? (node.kind === 'string' ? node.value : '');
    const fixed = renamed(member ?? node, operatorMeant(name, operatorsOf(model)));
    // A group that lacks one of its operators is another group.
    return member ? [...fixed, removed] : fixed;
  }
  if (code === 'wrong-value' && (node.kind === 'boolean' || isFlagWord(node))) {
    const word = /true/i.test(String(node.value)) ? 'True' : 'False';
    const edits = [{ start: node.start, end: node.end, text: `"${word}"` }];
    return [{ title: `Write "${word}"`, isPreferred: true, edits }];
  }
  return ['not-supported', 'duplicate-key', 'unknown-pass'].includes(code) ? [removed] : [];
}

const renamed = ({ start, end }: Span, name: string | undefined): TextFix[] =>
  name === undefined
    ? []
    : [
        {
          title: `Rename to "${name}"`,
          isPreferred: true,
          edits: [{ start, end, text: JSON.stringify(name) }],
        },
      ];

const isFlagWord = (node: {
  readonly kind: string;
  readonly value?: unknown;
}): node is { readonly kind: 'string'; readonly value: string } =>
  node.kind === 'string' && typeof node.value === 'string' && /^(true|false)$/i.test(node.value);
