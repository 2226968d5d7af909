import * as vscode from 'vscode';
import type { Disk } from './modelDocument.ts';

/** The file system of the window: size and time of change are the fingerprint. */
export const disk: Disk = {
  async fingerprint(uri) {
    try {
      const { size, mtime } = await vscode.workspace.fs.stat(uri);
      return `${size} ${mtime}`;
    } catch {
      return undefined;
    }
  },
};

/** Calls back a moment after the file may have changed, once for a burst of events. */
export function watchFile(uri: vscode.Uri, changed: () => void): vscode.Disposable {
  const folder = vscode.Uri.joinPath(uri, '..');
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const pattern = new vscode.RelativePattern(folder, name.replace(/[[\]{}*?]/g, '?'));
  const watcher = vscode.workspace.createFileSystemWatcher(pattern);
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, settleMs);
  };
  return vscode.Disposable.from(watcher, watcher.onDidChange(soon), watcher.onDidCreate(soon), {
    dispose: () => clearTimeout(timer),
  });
}

/** A file that is being written makes several events. */
const settleMs = 400;
