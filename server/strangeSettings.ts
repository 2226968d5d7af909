import { nearest } from './cli/nearest.ts';
import { findingCodes } from './core/diagnose/findingCodes.ts';
import { memberOf, type JsonNode } from './core/json/jsonTree.ts';
import type { TextProblems } from './core/json/textProblem.ts';
import { dataSettingNames } from './data/dataSettings.ts';

/** Every name that the file may have, at the top and within `problems`. */
export const settingNames = {
  top: ['$schema', 'model', 'pairs', 'sets', 'target', 'problems', ...dataSettingNames],
  problems: ['ignore', 'weakLayerDb'],
} as const;

/** Tells of names and codes in the settings that say nothing to us: they are often misspelt. */
export function tellStrangers(root: JsonNode | undefined, found: TextProblems): void {
  const tell = (node: JsonNode | undefined, known: readonly string[], within: string): void => {
    for (const member of node?.kind === 'object' ? node.members : []) {
      if (known.includes(member.key)) continue;
      const text = `There is no setting "${member.key}"${within}. ${hint(member.key, known)}`;
      found.add(member, 'unknown-key', text);
    }
  };
  tell(root, settingNames.top, '');
  const problems = memberOf(root, 'problems');
  tell(problems, settingNames.problems, ' in "problems"');
  const ignored = memberOf(problems, 'ignore');
  for (const item of ignored?.kind === 'array' ? ignored.items : []) {
    if (item.kind !== 'string' || findingCodes.some((code) => code === item.value)) continue;
    const text = `No problem has the code "${item.value}". ${hint(item.value, findingCodes)}`;
    found.add(item, 'wrong-value', text);
  }
}

function hint(word: string, known: readonly string[]): string {
  const close = nearest(word, known);
  return close === undefined ? `There are ${known.join(', ')}.` : `Did you mean "${close}"?`;
}
