import { relative } from 'node:path';
import type { FormatIssue } from '../formats/format.ts';
import { modelSettings } from '../modelSettings.ts';

/** What is wrong in the `rangefinder.json` of a model, with its line: nothing of that is obeyed. */
export function settingsIssues(model: string): FormatIssue[] {
  const { path, faults } = modelSettings(model);
  if (path === undefined) return [];
  const near = relative('', path);
  const file = near.startsWith('..') ? path : near;
  return faults.map(({ message, line }) => ({
    code: 'bad-settings',
    severity: 'warning',
    message: `${file}, line ${line}: ${message.replaceAll(path, 'the file')}`,
    where: path,
  }));
}
