import * as vscode from 'vscode';
import type { Disposable } from '../disposables.ts';

/** What is known about a model on disk: its fingerprint, or undefined where its file is gone. */
export interface Disk {
  /** `siblings`: paths of other files that hold its weights. */
  fingerprint(uri: vscode.Uri, siblings: readonly string[]): Promise<string | undefined>;
}

/** The file system of the window: size and time of change are the fingerprint. */
export const disk: Disk = {
  async fingerprint(uri, siblings) {
    const own = await stampOf(uri);
    if (own === undefined || siblings.length === 0) return own;
    const others = await Promise.all(siblings.map((path) => stampOf(vscode.Uri.file(path))));
    return [own, ...others].join('\n');
  },
};

async function stampOf(uri: vscode.Uri): Promise<string | undefined> {
  try {
    const { size, mtime } = await vscode.workspace.fs.stat(uri);
    return `${size} ${mtime}`;
  } catch {
    return undefined;
  }
}

/** The pattern of one file, also outside of the workspace. */
export function exactly(uri: vscode.Uri): vscode.RelativePattern {
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1).replace(/[[\]{}*?]/g, '?');
  return new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), name);
}

/**
 * Calls back a moment after one of the files may have changed, once for a burst of events.
 * `withDeletes`: also when it is gone.
 */
export function watchFiles(
  uris: readonly vscode.Uri[],
  changed: () => void,
  { withDeletes = false } = {},
): vscode.Disposable {
  const soon = debounced(changed);
  const watchers = uris.map((uri) => {
    const watcher = vscode.workspace.createFileSystemWatcher(exactly(uri));
    watcher.onDidChange(soon.run);
    watcher.onDidCreate(soon.run);
    if (withDeletes) watcher.onDidDelete(soon.run);
    return watcher;
  });
  return vscode.Disposable.from(...watchers, soon);
}

function debounced(changed: () => void): Disposable & { readonly run: () => void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    run: () => {
      clearTimeout(timer);
      timer = setTimeout(changed, settleMs);
    },
    dispose: () => clearTimeout(timer),
  };
}

/** A file that is being written makes several events. */
const settleMs = 400;
