import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { howToLabel, isBinary, printable, readLabels } from './labels.ts';
import { parseCsvLine } from './csvLine.ts';
import { BadData, type DataIssue } from './samples.ts';

/** Labels of files. Files that have none are left out. */
export interface FileLabels {
  readonly files: readonly string[];
  readonly labels: Int32Array;
  /** Where the labels were given by name. */
  readonly classes: readonly string[] | undefined;
}

/**
 * Labels for the files: from a CSV with a file name and a label (a number, or a name, numbered in
 * sorted order) in each line, or from a list of one integer a file in the order of their names.
 */
export async function fileLabels(
  path: string,
  files: readonly string[],
  issues: DataIssue[],
): Promise<FileLabels> {
  const rows = isBinary(path) ? undefined : await namedRows(path);
  if (!rows) {
    const labels = await readLabels(path);
    if (labels.length === files.length) return { files, labels, classes: undefined };
    const text = `${basename(path)} has ${labels.length} labels, and there are ${files.length} pictures.`;
    throw new BadData(
      'wrong-labels',
      text,
      basename(path),
      'Give one a picture, or file names with labels.',
    );
  }
  const byName = new Map<string, string>();
  for (const [file, label] of rows) {
    byName.set(file.replaceAll('\\', '/').replace(/^\.\//, ''), label);
  }
  const labelOf = (file: string): string | undefined =>
    byName.get(file) ?? byName.get(basename(file)) ?? byName.get(file.replace(/\.\w+$/, ''));
  const kept = files.filter((file) => labelOf(file) !== undefined);
  if (kept.length === 0) {
    const text = `${basename(path)} names none of the ${files.length} pictures (the first is "${files[0] ?? ''}").`;
    throw new BadData('wrong-labels', text, basename(path), 'Its first column must be file names.');
  }
  const missing = files.find((file) => labelOf(file) === undefined);
  if (missing !== undefined) {
    const count = files.length - kept.length;
    const message = `${count} of ${files.length} pictures have no label in ${basename(path)} and are left out, such as ${missing}.`;
    issues.push({ code: 'no-label', severity: 'warning', message, where: missing });
  }
  const texts = kept.map((file) => labelOf(file) ?? '');
  if (texts.every((text) => /^[-+]?\d{1,9}$/.test(text))) {
    return { files: kept, labels: Int32Array.from(texts, Number), classes: undefined };
  }
  const classes = [...new Set(byName.values())].sort((a, b) => (a < b ? -1 : 1));
  const numbers = new Map(classes.map((name, index) => [name, index]));
  return { files: kept, labels: Int32Array.from(texts, (text) => numbers.get(text) ?? 0), classes };
}

/** Names of classes, one a line; undefined where the file is no such list. */
export async function readClassNames(path: string): Promise<readonly string[] | undefined> {
  if (/\.np[yz]$/i.test(path)) return undefined;
  const lines = (await textOf(path)).filter((line) => line !== '');
  const isList = lines.every((line) => parseCsvLine(line).length === 1 && !/^[-+]?\d+$/.test(line));
  return isList && lines.length > 0 ? lines.map((line) => parseCsvLine(line)[0] ?? '') : undefined;
}

/** File names and labels; undefined where the lines have one column. */
async function namedRows(path: string): Promise<[string, string][] | undefined> {
  const rows: [string, string][] = [];
  for (const [at, line] of (await textOf(path)).entries()) {
    if (line === '') continue;
    const [file = '', label, ...more] = parseCsvLine(line).map((cell) => cell.trim());
    if (label === undefined && rows.length === 0) return undefined;
    const isHeader =
      at === 0 && /^(file|image|path|name|id)/i.test(file) && !/\.\w{3,4}$/.test(file);
    if (isHeader) continue;
    if (label === undefined || label === '' || more.length > 0) {
      const text = `Line ${at + 1} of ${basename(path)} is no file name and label: "${printable(line)}".`;
      throw new BadData('wrong-labels', text, `line ${at + 1}`, howToLabel);
    }
    rows.push([file, label]);
  }
  return rows;
}

async function textOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trim());
}
