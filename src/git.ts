import * as vscode from 'vscode';
import type { GitApi, GitExtension } from './gitApi.ts';

/** VS Code's git extension; undefined where it is missing or switched off. */
export async function gitApi(): Promise<GitApi | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  const isOff = vscode.workspace.getConfiguration('git').get('enabled') === false;
  if (!extension || isOff) return undefined;
  try {
    const git = extension.isActive ? extension.exports : await extension.activate();
    return git.enabled ? git.getAPI(1) : undefined;
  } catch {
    return undefined; // it could not start: there is no git on this machine
  }
}
