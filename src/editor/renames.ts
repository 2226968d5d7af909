import { statSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ChangeLog } from '../../server/protocol/requests.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { ModelDocument } from './modelDocument.ts';
import type { OpenModels } from './openModels.ts';

/** A rename takes moments; what was not asked for by then belongs to one that failed. */
const keepMs = 30_000;

/** What a model was left with under its former address. */
interface Renamed {
  readonly from: ModelDocument;
  readonly log: ChangeLog;
}

/**
 * Carries unsaved corrections over a rename. VS Code opens a renamed file as a new document and, as
 * of 1.139, without the backup of the old one, so the change log is kept here in between.
 */
export class Renames implements Disposable {
  readonly #store = new DisposableStore();
  readonly #renamed = new Map<string, Renamed>();

  constructor(models: OpenModels) {
    this.#store.add(
      vscode.workspace.onWillRenameFiles((event) => {
        for (const document of models.all.filter(({ isDirty }) => isDirty)) {
          const to = newAddress(document.uri, event.files);
          const log = document.changeLog;
          if (to && log) this.#keep(to.toString(), { from: document, log });
        }
      }),
    );
  }

  /** The model whose file has this address now; once. */
  take(uri: vscode.Uri): Renamed | undefined {
    const renamed = this.#renamed.get(uri.toString());
    this.#renamed.delete(uri.toString());
    return renamed && isMoved(renamed.from.uri.fsPath, uri.fsPath) ? renamed : undefined;
  }

  dispose(): void {
    this.#renamed.clear();
    this.#store.dispose();
  }

  #keep(address: string, renamed: Renamed): void {
    this.#renamed.set(address, renamed);
    const timer = setTimeout(() => this.#renamed.delete(address), keepMs);
    timer.unref();
  }
}

/** Whether a rename took place: not where it failed and another file had that name before. */
function isMoved(from: string, to: string): boolean {
  try {
    const [old, now] = [from, to].map((path) => statSync(path, { throwIfNoEntry: false }));
    // Where case makes no other name, both are the one file.
    return !old || (old.dev === now?.dev && old.ino === now.ino);
  } catch {
    return true;
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
