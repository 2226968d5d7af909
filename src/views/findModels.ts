import * as vscode from 'vscode';
import { searchFolder, type FoundPaths, type SearchedFolder } from './modelSearch.ts';

/** What a look at the workspace found. */
export interface FoundModels extends Omit<FoundPaths, 'models'> {
  /** In order of their paths. */
  readonly models: readonly vscode.Uri[];
}

/**
 * The models of the workspace; a `model.json` only where TensorFlow.js wrote it. Folders that the
 * settings or `.gitignore` exclude are not looked into.
 */
export async function searchModels(): Promise<FoundModels> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const found = await Promise.all(
    folders.map(async ({ uri: root }) => {
      const { models, ...more } = await searchFolder(searched(root));
      return { ...more, models: models.map((path) => vscode.Uri.joinPath(root, path)) };
    }),
  );
  const models = found.flatMap((one) => one.models);
  return {
    models: [...models].sort((a, b) => (a.path < b.path ? -1 : 1)),
    ignored: found.reduce((sum, { ignored }) => sum + ignored, 0),
    isCut: found.some(({ isCut }) => isCut),
  };
}

/** A folder of the workspace, by its settings. */
function searched(root: vscode.Uri): SearchedFolder {
  const settings = (section: string): vscode.WorkspaceConfiguration =>
    vscode.workspace.getConfiguration(section, root);
  // A value that is no flag depends on other files.
  const globs = (section: string): string[] =>
    Object.entries(settings(section).get<Record<string, unknown>>('exclude', {})).flatMap(
      ([glob, value]) => (value === true ? [glob] : []),
    );
  return {
    root: root.path,
    obeysIgnore: settings('search').get<boolean>('useIgnoreFiles', true),
    hidden: globs('files'),
    excluded: globs('search'),
    find: async (pattern, excluded, most) => {
      const found = await vscode.workspace.findFiles(
        new vscode.RelativePattern(root, pattern),
        new vscode.RelativePattern(root, excluded),
        most,
      );
      const { length } = root.path.replace(/\/$/, '');
      return found.map(({ path }) => path.slice(length + 1));
    },
    exists: (path) =>
      Promise.resolve(vscode.workspace.fs.stat(vscode.Uri.joinPath(root, path))).then(
        () => true,
        () => false,
      ),
    read: async (path, mostBytes) => {
      const uri = vscode.Uri.joinPath(root, path);
      try {
        if (mostBytes < Infinity && (await vscode.workspace.fs.stat(uri)).size > mostBytes) return;
        return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      } catch {
        return undefined; // not there, gone again, or not for us to read
      }
    },
  };
}
