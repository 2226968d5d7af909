import type { JsonMember, JsonNode } from '../../json/jsonTree.ts';
import type { TextProblems } from '../../json/textProblem.ts';

/** What may stand at a place of a quantsim configuration. */
type Rule =
  | { readonly kind: 'flag'; readonly only?: 'True' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'text' }
  | { readonly kind: 'number'; readonly oneOf?: readonly number[] }
  | { readonly kind: 'word'; readonly oneOf: readonly string[] }
  | { readonly kind: 'list'; readonly of: Rule; readonly least: number }
  /** Any names, one rule. */
  | { readonly kind: 'map'; readonly of: Rule }
  | {
      readonly kind: 'object';
      readonly members: Readonly<Record<string, Rule>>;
      readonly required: readonly string[];
    };

const flag: Rule = { kind: 'flag' };
const onlyTrue: Rule = { kind: 'flag', only: 'True' };
const object = (
  members: Readonly<Record<string, Rule>>,
  required: readonly string[] = [],
): Rule => ({
  kind: 'object',
  members,
  required,
});

const width = object(
  {
    bitwidth: { kind: 'number', oneOf: [4, 8, 16, 32] },
    dtype: { kind: 'word', oneOf: ['int', 'float'] },
  },
  ['bitwidth', 'dtype'],
);
const kernels = (required: readonly string[]): Rule => ({
  kind: 'list',
  of: object({ activation: width, param: width }, required),
  least: 1,
});
const parameter = object({ is_quantized: flag, is_symmetric: flag });

/** The whole file (algorithms: section 6.10), and the list of passes that AIMET has since. */
const configuration = object(
  {
    defaults: object(
      {
        ops: object({
          is_output_quantized: onlyTrue,
          is_symmetric: flag,
          is_input_quantized: {
            kind: 'refused',
            why: 'is for single operators (op_type) and model_input, not for all.',
          },
        }),
        params: parameter,
        strict_symmetric: flag,
        unsigned_symmetric: flag,
        per_channel_quantization: flag,
        supported_kernels: kernels(['activation', 'param']),
        hw_version: { kind: 'text' },
      },
      ['ops', 'params'],
    ),
    params: { kind: 'map', of: parameter },
    op_type: {
      kind: 'map',
      of: object({
        is_input_quantized: onlyTrue,
        is_output_quantized: flag,
        is_symmetric: flag,
        params: { kind: 'map', of: parameter },
        per_channel_quantization: flag,
        supported_kernels: kernels(['activation']),
        encoding_constraints: object({ min: { kind: 'number' }, max: { kind: 'number' } }, [
          'min',
          'max',
        ]),
      }),
    },
    supergroups: {
      kind: 'list',
      of: object({ op_list: { kind: 'list', of: { kind: 'text' }, least: 2 } }, ['op_list']),
      least: 0,
    },
    supergroup_pass_list: { kind: 'list', of: { kind: 'text' }, least: 0 },
    model_input: object({ is_input_quantized: onlyTrue }),
    model_output: object({ is_output_quantized: onlyTrue }),
  },
  ['defaults', 'params', 'op_type', 'supergroups', 'model_input', 'model_output'],
);

/** Names every place of a configuration that breaks the schema; unknown names are refused. */
export function checkQuantsimSchema(root: JsonNode, problems: TextProblems): void {
  check(root, configuration, 'a quantsim configuration', problems);
}

function check(node: JsonNode, rule: Rule, what: string, problems: TextProblems): void {
  switch (rule.kind) {
    case 'flag':
      if (node.kind === 'string' && (node.value === 'True' || node.value === 'False')) {
        if (rule.only && node.value !== rule.only) {
          problems.add(node, 'not-supported', `${what} can only be "True": leave it out instead.`);
        }
        return;
      }
      problems.add(node, 'wrong-value', `${what} must be the string "True" or "False".`);
      return;
    case 'refused':
      problems.add(node, 'not-supported', `${what} ${rule.why}`);
      return;
    case 'text':
      if (node.kind !== 'string') problems.add(node, 'wrong-type', `${what} must be a string.`);
      return;
    case 'word':
      if (node.kind === 'string' && rule.oneOf.includes(node.value)) return;
      problems.add(node, 'wrong-value', `${what} must be ${quoted(rule.oneOf)}.`);
      return;
    case 'number':
      checkNumber(node, rule.oneOf, what, problems);
      return;
    case 'list':
      if (node.kind !== 'array') {
        problems.add(node, 'wrong-type', `${what} must be a list in square brackets.`);
        return;
      }
      if (node.items.length < rule.least) {
        const least = rule.least === 1 ? 'one entry' : `${rule.least} entries`;
        problems.add(node, 'too-few', `${what} must have at least ${least}.`);
      }
      for (const item of node.items) check(item, rule.of, `an entry of ${what}`, problems);
      return;
    case 'map':
    case 'object':
      checkMembers(node, rule, what, problems);
  }
}

function checkNumber(
  node: JsonNode,
  oneOf: readonly number[] | undefined,
  what: string,
  problems: TextProblems,
): void {
  if (node.kind !== 'number' || !Number.isFinite(node.value)) {
    problems.add(node, 'wrong-type', `${what} must be a number.`);
  } else if (oneOf && !oneOf.includes(node.value)) {
    problems.add(node, 'wrong-value', `${what} must be ${oneOf.join(', ')}.`);
  }
}

function checkMembers(
  node: JsonNode,
  rule: Extract<Rule, { kind: 'map' | 'object' }>,
  what: string,
  problems: TextProblems,
): void {
  if (node.kind !== 'object') {
    problems.add(node, 'wrong-type', `${what} must be an object in braces.`);
    return;
  }
  const seen = new Set<string>();
  for (const member of node.members) {
    if (seen.has(member.key)) {
      problems.add(
        member,
        'duplicate-key',
        `"${member.key}" stands here twice: the last one counts.`,
        'warning',
      );
    }
    seen.add(member.key);
    const own = ruleOf(member, rule);
    if (own) check(member.value, own, `"${member.key}"`, problems);
    else problems.add(member, 'unknown-key', unknownText(member, rule, what));
  }
  if (rule.kind === 'map') return;
  const missing = rule.required.filter((name) => !seen.has(name));
  if (missing.length === 0) return;
  const place = { start: node.start, end: node.start + 1 };
  problems.add(place, 'missing-key', `${what} must have ${quoted(missing, 'and')}.`);
}

const ruleOf = (
  { key }: JsonMember,
  rule: Extract<Rule, { kind: 'map' | 'object' }>,
): Rule | undefined => {
  if (rule.kind === 'map') return rule.of;
  return Object.hasOwn(rule.members, key) ? rule.members[key] : undefined;
};

function unknownText(
  { key }: JsonMember,
  rule: Extract<Rule, { kind: 'map' | 'object' }>,
  what: string,
): string {
  const known = rule.kind === 'map' ? [] : Object.keys(rule.members);
  return `${what} has nothing called "${key}": it may have ${quoted(known)}.`;
}

function quoted(words: readonly string[], last = 'or'): string {
  const all = words.map((word) => `"${word}"`);
  const end = all.pop() ?? '';
  return all.length === 0 ? end : `${all.join(', ')} ${last} ${end}`;
}
