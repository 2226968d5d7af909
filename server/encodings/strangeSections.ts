import { nearest } from '../cli/nearest.ts';
import { parseJsonTree, type JsonMember, type JsonNode } from '../core/json/jsonTree.ts';
import { TextProblems, type TextProblem } from '../core/json/textProblem.ts';

/** What is read of a file of encodings; writers add names of their own beside it. */
const sections = ['version', 'encodings', 'activation_encodings', 'param_encodings'] as const;

/** Names at the top of a file of encodings that nothing reads, and that were meant to be read. */
export function strangeSections(text: string, known?: JsonNode): readonly TextProblem[] {
  const problems = new TextProblems(text);
  const parsed = known ? { root: known } : parseJsonTree(text);
  for (const { member, meant } of parsed.fault ? [] : misspeltSections(parsed.root)) {
    const { start, end, key } = member;
    const message = `Nothing reads "${key}", and what is in it is ignored. Did you mean "${meant}"?`;
    problems.add({ start, end }, 'unknown-key', message, 'warning');
  }
  return problems.list;
}

/** Each name that is close to one that is not there. */
export function misspeltSections(
  root: JsonNode,
): readonly { readonly member: JsonMember; readonly meant: string }[] {
  if (root.kind !== 'object') return [];
  const there = new Set(root.members.map(({ key }) => key));
  const absent = sections.filter((name) => !there.has(name));
  return root.members.flatMap((member) => {
    const { key } = member;
    const meant = sections.some((one) => one === key) ? undefined : nearest(key, absent);
    return meant === undefined ? [] : [{ member, meant }];
  });
}
