import * as vscode from 'vscode';
import type { ChangeLog } from '../../server/protocol/requests.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { OpenModels } from './openModels.ts';

/** A rename takes moments; what was not asked for by then belongs to one that failed. */
const keepMs = 30_000;

/**
 * Carries unsaved corrections over a rename. VS Code opens a renamed file as a new document and, as
 * of 1.139, without the backup of the old one, so the change log is kept here in between.
 */
export class Renames implements Disposable {
  readonly #store = new DisposableStore();
  readonly #logs = new Map<string, ChangeLog>();

  constructor(models: OpenModels) {
    this.#store.add(
      vscode.workspace.onWillRenameFiles((event) => {
        for (const document of models.all.filter(({ isDirty }) => isDirty)) {
          const to = newAddress(document.uri, event.files);
          if (to && document.changeLog) this.#keep(to.toString(), document.changeLog);
        }
      }),
    );
  }

  /** The change log of the file that has this address now; once. */
  take(uri: vscode.Uri): ChangeLog | undefined {
    const log = this.#logs.get(uri.toString());
    this.#logs.delete(uri.toString());
    return log;
  }

  dispose(): void {
    this.#logs.clear();
    this.#store.dispose();
  }

  #keep(address: string, log: ChangeLog): void {
    this.#logs.set(address, log);
    const timer = setTimeout(() => this.#logs.delete(address), keepMs);
    timer.unref();
  }
}

/** Where a file goes when it, or a folder above it, is renamed. */
function newAddress(
  uri: vscode.Uri,
  renamed: readonly { readonly oldUri: vscode.Uri; readonly newUri: vscode.Uri }[],
): vscode.Uri | undefined {
  for (const { oldUri, newUri } of renamed) {
    if (uri.toString() === oldUri.toString()) return newUri;
    const isInside = uri.scheme === oldUri.scheme && uri.path.startsWith(`${oldUri.path}/`);
    if (isInside) return newUri.with({ path: newUri.path + uri.path.slice(oldUri.path.length) });
  }
  return undefined;
}
