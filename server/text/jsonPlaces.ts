import type { JsonMember, JsonNode } from '../core/json/jsonTree.ts';
import type { OpenText } from './openText.ts';
import type { Span } from './provider.ts';

/** What lies around a place, from the outside in: values, and the member that each is of. */
export interface JsonStep {
  readonly node: JsonNode;
  readonly member: JsonMember | undefined;
  /** Position in the list that it is an item of. */
  readonly index: number | undefined;
}

/** The values that a place is in, outermost first. A place on a name is in the name's value. */
export function stepsAt(root: JsonNode | undefined, offset: number): JsonStep[] {
  const steps: JsonStep[] = [];
  let step: JsonStep | undefined = root && { node: root, member: undefined, index: undefined };
  while (step) {
    steps.push(step);
    step = childAt(step.node, offset);
  }
  return steps;
}

function childAt(node: JsonNode, offset: number): JsonStep | undefined {
  if (node.kind === 'object') {
    const member = node.members.find((one) => offset >= one.start && offset <= one.value.end);
    return member && { node: member.value, member, index: undefined };
  }
  if (node.kind !== 'array') return undefined;
  const index = node.items.findIndex((one) => offset >= one.start && offset <= one.end);
  const item = node.items[index];
  return item && { node: item, member: undefined, index };
}

/** The names on the way to a place, such as `op_type`, `Conv`. */
export const pathAt = (steps: readonly JsonStep[]): string[] =>
  steps.flatMap(({ member }) => (member ? [member.key] : []));

/** True where the place is on the member's name and not on its value. */
export const isOnName = ({ member }: JsonStep, offset: number): boolean =>
  member !== undefined && offset >= member.start && offset <= member.end;

/** The string in quotes that a place is in, quotes included; also of a text that is no JSON yet. */
export function stringAround({ text }: OpenText, offset: number): Span | undefined {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  let start = -1;
  for (let at = from; at < offset; at++) {
    if (text[at] === '\\' && start >= 0) at++;
    else if (text[at] === '"') start = start < 0 ? at : -1;
  }
  if (start < 0) return undefined;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return { start, end: at + 1 };
    else if (text[at] === '\n') break;
  }
  return { start, end: offset };
}

/** An item or member with the comma that goes with it, for taking it out of its list. */
export function withComma(text: string, { start, end }: Span): Span {
  let behind = end;
  while (/\s/.test(text[behind] ?? '')) behind++;
  if (text[behind] === ',') {
    behind++;
    // what follows moves up: the white space before it goes with what is taken out
    while (/\s/.test(text[behind] ?? '')) behind++;
    return { start, end: behind };
  }
  let before = start;
  while (/\s/.test(text[before - 1] ?? '')) before--;
  return { start: text[before - 1] === ',' ? before - 1 : start, end };
}

/** The text of an item to be put at the end of a list or object. */
export function appended(
  text: string,
  list: JsonNode,
  items: readonly string[],
): Span & { text: string } {
  const children =
    list.kind === 'object'
      ? list.members.map(({ start, value }) => ({ start, end: value.end }))
      : list.kind === 'array'
        ? list.items
        : [];
  const last = children.at(-1);
  const lineStart = text.lastIndexOf('\n', (last ?? list).start) + 1;
  const own = /^\s*/.exec(text.slice(lineStart))?.[0] ?? '';
  const indent = last ? own : `${own}  `;
  const body = items.map((item) => `\n${indent}${item}`).join(',');
  if (last) return { start: last.end, end: last.end, text: `,${body}` };
  return { start: list.start + 1, end: list.end - 1, text: `${body}\n${own}` };
}
