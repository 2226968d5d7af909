import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';

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
  return watchPatterns(uris.map(exactly), changed, withDeletes);
}

/**
 * Calls back a moment after a file changed: where its size or time is another; of a folder, after
 * something in it or in one of its folders did. What is not there yet is waited for as a file.
 */
export function watchPath(path: string, changed: () => void): Disposable {
  const store = new DisposableStore();
  const uri = vscode.Uri.file(path);
  void begin();
  return store;

  async function begin(): Promise<void> {
    const isFolder = await isFolderAt(uri);
    let known = await stampOf(uri);
    const check = async (): Promise<void> => {
      const now = await stampOf(uri);
      if (now === undefined || (!isFolder && now === known)) return;
      known = now;
      changed();
    };
    const patterns = isFolder ? [new vscode.RelativePattern(uri, '{*,*/*}')] : [exactly(uri)];
    store.add(watchPatterns(patterns, () => void check(), isFolder));
  }
}

async function isFolderAt(uri: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
  } catch {
    return false; // it is not there
  }
}

function watchPatterns(
  patterns: readonly vscode.RelativePattern[],
  changed: () => void,
  withDeletes: boolean,
): vscode.Disposable {
  const soon = debounced(changed);
  const watchers = patterns.map((pattern) => {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
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
