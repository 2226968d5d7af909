import { nearest } from './cli/nearest.ts';
import { memberOf, type JsonNode } from './core/json/jsonTree.ts';
import type { TextProblems } from './core/json/textProblem.ts';
import { dataSettingNames } from './data/dataSettings.ts';

/** Every name that the file may have, at the top and within `problems`. */
export const settingNames = {
  top: ['$schema', 'model', 'pairs', 'sets', 'problems', ...dataSettingNames],
  problems: ['ignore', 'weakLayerDb'],
} as const;

/** Tells of names in the settings that say nothing to us: they are often misspelt. */
export function tellStrangers(root: JsonNode | undefined, found: TextProblems): void {
  const tell = (node: JsonNode | undefined, known: readonly string[], within: string): void => {
    for (const member of node?.kind === 'object' ? node.members : []) {
      if (known.includes(member.key)) continue;
      const close = nearest(member.key, known);
      const hint =
        close === undefined ? `There are ${known.join(', ')}.` : `Did you mean "${close}"?`;
      found.add(member, 'unknown-key', `There is no setting "${member.key}"${within}. ${hint}`);
    }
  };
  tell(root, settingNames.top, '');
  tell(memberOf(root, 'problems'), settingNames.problems, ' in "problems"');
}
