import { relative } from 'node:path';
import type { FormatIssue } from '../formats/format.ts';
import { modelSettings } from '../modelSettings.ts';
import { settingsText } from '../settingsFile.ts';

/** What is wrong in the `rangefinder.json` of a model, with its line: nothing of that is obeyed. */
export function settingsIssues(model: string): FormatIssue[] {
  const { path, faults } = modelSettings(model);
  if (path === undefined) return [];
  const near = relative('', path);
  const file = near.startsWith('..') ? path : near;
  const isRead = settingsText(path).ok;
  return faults.map(({ message, line }) => ({
    code: 'bad-settings',
    severity: 'warning',
    message: isRead
      ? `${file}, line ${line}: ${message.replaceAll(path, 'the file')}`
      : message.replaceAll(path, file),
    where: path,
  }));
}
