import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { writeFault } from '../formats/atomicFile.ts';
import { attempt } from '../formats/badFile.ts';
import { reportKinds } from '../report/writeReport.ts';
import { CommandFault, fromFormat } from './fault.ts';

/** What is to be written, and what it may not be written over. */
export interface OutputWish {
  /** As the user wrote it. */
  readonly given: string;
  /** File name endings that can hold it; empty: any. */
  readonly endings: readonly string[];
  readonly mayReplace: boolean;
  /** The model that is corrected, where it can be written over. */
  readonly model?: string | undefined;
}

/** File name endings that can hold a model that was read from `model`: its own, and `.onnx`. */
export const modelEndings = (model: string): string[] => [
  ...new Set([extname(model).toLowerCase(), '.onnx'].filter((ending) => ending !== '')),
];

/** The path to write to. Refuses before any work what could not be written, or would lose something. */
export function checkOutput({ given, endings, mayReplace, model }: OutputWish): string {
  const path = resolve(given);
  const ending = extname(path).toLowerCase();
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const remedy = `name a file in it, such as ${join(given, `model${endings[0] ?? ''}`)}`;
    throw new CommandFault(4, 'not-a-file', `"${given}" is a folder`, given, remedy);
  }
  if (endings.length > 0 && !endings.includes(ending)) {
    const what =
      ending === '' ? `"${given}" has no extension` : `"${given}" cannot hold the result`;
    const can = endings.join(', ');
    const text = `${what}; this version writes ${can}`;
    throw new CommandFault(4, 'cannot-hold', text, given, `name a file that ends in ${can}`);
  }
  if (model !== undefined && !mayReplace && isSame(resolve(model), path)) {
    const remedy = 'name another file, or give --in-place instead';
    throw new CommandFault(4, 'exists', `"${given}" is the model itself`, given, remedy);
  }
  if (existsSync(path) && !mayReplace) {
    const remedy = 'name another file, or give --force';
    throw new CommandFault(4, 'exists', `"${given}" exists already`, given, remedy);
  }
  checkFolder(given, path);
  return path;
}

/** Where the JSON goes. Never over a model or over data, with whatever options. */
export function checkJsonFile(given: string, taken: readonly string[]): string {
  const path = resolve(given);
  const isTaken = taken.some((one) => isSame(resolve(one), path));
  const isPrecious = /\.(onnx|h5|hdf5|keras|tflite|pb|npz|npy|csv)$/i.test(path);
  const isModel = basename(path) === 'model.json' && existsSync(path);
  if (isTaken || isPrecious || isModel) {
    const text = `--json "${given}" would be written over a model or data`;
    throw new CommandFault(2, 'usage', text, given, 'name a file for the report, such as out.json');
  }
  checkFolder(given, path);
  return path;
}

/** Where a report goes: its ending says what it is. Never over a model or over data. */
export function checkReportFile(given: string, taken: readonly string[]): string {
  const path = resolve(given);
  const endings = Object.keys(reportKinds);
  if (/\.(svg|png)$/i.test(path)) {
    const text = `--report "${given}": a report is a page or a table, and its charts are files of their own`;
    throw new CommandFault(
      2,
      'usage',
      text,
      given,
      'give --charts FOLDER, which writes every chart',
    );
  }
  if (!endings.includes(extname(path).toLowerCase())) {
    const text = `--report "${given}": must end in ${endings.join(', ')}`;
    throw new CommandFault(2, 'usage', text, given, 'name a page such as report.html');
  }
  const isTaken = taken.some((one) => isSame(resolve(one), path));
  if (isTaken || (basename(path) === 'model.json' && existsSync(path))) {
    const text = `--report "${given}" would be written over a model, data or other results`;
    throw new CommandFault(2, 'usage', text, given, 'name another file, such as report.html');
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const remedy = `name a file in it, such as ${join(given, 'report.html')}`;
    throw new CommandFault(4, 'not-a-file', `"${given}" is a folder`, given, remedy);
  }
  checkFolder(given, path);
  return path;
}

/** Where the charts go: a folder that is there, or one that can be made. */
export function checkChartsFolder(given: string): string {
  const path = resolve(given);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    checkWritable(given, path, `the folder "${given}" is read-only`);
    return path;
  }
  if (found) {
    const text = `--charts "${given}" is a file; charts are several`;
    throw new CommandFault(4, 'not-a-folder', text, given, 'name a folder, such as charts');
  }
  checkFolder(given, path);
  return path;
}

/** Runs `write`, and says in words what the operating system refuses. */
export async function writing(path: string, write: () => Promise<void>): Promise<void> {
  const written = await attempt(write, (error) => writeFault(error, path));
  if (!written.ok) throw fromFormat(written.error, 4);
}

function checkFolder(given: string, path: string): void {
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    const text = `the folder of "${given}" does not exist`;
    throw new CommandFault(4, 'not-found', text, given, `create it: mkdir -p ${folder}`);
  }
  checkWritable(given, folder, `the folder of "${given}" is read-only`);
}

function checkWritable(given: string, folder: string, text: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new CommandFault(4, 'read-only', text, given, 'name a place in a folder of yours');
  }
}

function isSame(one: string, other: string): boolean {
  if (one === other) return true;
  return existsSync(one) && existsSync(other) && realpathSync(one) === realpathSync(other);
}
