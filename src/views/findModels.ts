import * as vscode from 'vscode';
import { isLayersModel, modelExtensions } from '../modelFiles.ts';
import { isIgnored, parseIgnore, prunedBy, type IgnoreRule } from './gitIgnore.ts';
import { withoutBraces } from './globs.ts';

/** Folders that hold other people's files, in which nobody looks for a model of theirs. */
const othersFolders = ['node_modules', '.git', '.venv', 'venv', '__pycache__', 'site-packages'];
/** A `model.json` above this is not read to find out whether it is a model. */
const largestJsonBytes = 16e6;
/** So many files called `model.json` are looked into. */
const mostTexts = 1000;
/** So many of them at a time. */
const textsAtOnce = 16;
/** What is found beyond these is not listed. */
export const mostModels = 20_000;

/** What a look at the workspace found. */
export interface FoundModels {
  /** In order of their paths. */
  readonly models: readonly vscode.Uri[];
  /** Models that are there and are left out, since `.gitignore` names them. */
  readonly ignored: number;
  /** There are more, which were not looked for. */
  readonly isCut: boolean;
}

/**
 * The models of the workspace; a `model.json` only where TensorFlow.js wrote it. Folders that the
 * settings or `.gitignore` exclude are not looked into.
 */
export async function searchModels(): Promise<FoundModels> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const found = await Promise.all(folders.map(searchFolder));
  const models = found.flatMap((one) => one.models);
  return {
    models: [...models].sort((a, b) => (a.path < b.path ? -1 : 1)),
    ignored: found.reduce((sum, { ignored }) => sum + ignored, 0),
    isCut: found.some(({ isCut }) => isCut),
  };
}

async function searchFolder({ uri: root }: vscode.WorkspaceFolder): Promise<FoundModels> {
  const obeysIgnore = vscode.workspace
    .getConfiguration('search', root)
    .get<boolean>('useIgnoreFiles', true);
  const rules = new Map<string, readonly IgnoreRule[]>();
  if (obeysIgnore) await readRules(root, vscode.Uri.joinPath(root, '.gitignore'), rules);
  const search = (pattern: string): Thenable<vscode.Uri[]> =>
    vscode.workspace.findFiles(
      new vscode.RelativePattern(root, pattern),
      new vscode.RelativePattern(root, excludedIn(root, rules)),
      mostModels,
    );
  // The rules of deeper folders save the second search what they leave out.
  if (obeysIgnore) {
    const files = await search('**/.gitignore');
    await Promise.all(files.map((file) => readRules(root, file, rules)));
  }
  const all = await search(searched);
  const of = (end: string): vscode.Uri[] => all.filter(({ path }) => path.endsWith(end));
  const texts = of('/model.json');
  const isModel = ({ path }: vscode.Uri): boolean => !path.endsWith('/model.json');
  const candidates = [...all.filter(isModel), ...(await modelTexts(texts))];
  const models = candidates.filter((uri) => !isIgnored(pathIn(root, uri), rules));
  return {
    models,
    ignored: candidates.length - models.length,
    isCut: all.length >= mostModels || texts.length > mostTexts,
  };
}

/** One search for all: it costs the walk through the folders, not the patterns. */
const searched = `{${[
  ...modelExtensions.map((extension) => `**/*.${extension}`),
  '**/model.json',
].join(',')}}`;

/** What `findFiles` does not leave out by itself; `files.exclude` it does. */
function excludedIn(root: vscode.Uri, rules: ReadonlyMap<string, readonly IgnoreRule[]>): string {
  const search = vscode.workspace
    .getConfiguration('search', root)
    .get<Record<string, unknown>>('exclude', {});
  const bySettings = Object.entries(search).flatMap(([glob, value]) =>
    // A value that is no flag depends on other files.
    value === true ? withoutBraces(glob).flatMap((one) => [one, `${one}/**`]) : [],
  );
  const others = othersFolders.map((name) => `**/${name}/**`);
  return `{${[...others, ...bySettings, ...prunedBy(rules)].join(',')}}`;
}

async function readRules(
  root: vscode.Uri,
  file: vscode.Uri,
  rules: Map<string, readonly IgnoreRule[]>,
): Promise<void> {
  const folder = pathIn(root, vscode.Uri.joinPath(file, '..'));
  if (rules.has(folder)) return;
  try {
    const bytes = await vscode.workspace.fs.readFile(file);
    rules.set(folder, parseIgnore(new TextDecoder().decode(bytes)));
  } catch {
    // there is none, or it is gone again
  }
}

/** From the folder of the workspace on; empty for the folder itself. */
const pathIn = (root: vscode.Uri, uri: vscode.Uri): string =>
  uri.path.slice(root.path.replace(/\/$/, '').length + 1);

async function modelTexts(all: readonly vscode.Uri[]): Promise<vscode.Uri[]> {
  const found: vscode.Uri[] = [];
  const left = all.slice(0, mostTexts);
  const work = async (): Promise<void> => {
    for (let uri = left.pop(); uri; uri = left.pop()) if (await isModelText(uri)) found.push(uri);
  };
  await Promise.all(Array.from({ length: textsAtOnce }, work));
  return found;
}

async function isModelText(uri: vscode.Uri): Promise<boolean> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > largestJsonBytes) return false;
    return isLayersModel(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
  } catch {
    return false; // gone again, or not for us to read
  }
}
