import * as vscode from 'vscode';
import { viewTypeOf } from '../modelFiles.ts';
import type { ModelDocument } from './modelDocument.ts';
import { t } from '../l10n.ts';

const elsewhere = t('Save as…');
const anyway = t('Save anyway');

/**
 * The first save of corrected biases: such a file is made for its grid and is no longer the float
 * model, so the user is asked once whether it is to go over the float one.
 */
export class FirstSave {
  readonly #answered = new WeakSet<ModelDocument>();

  /** Comes back when the file may be written over; throws a cancellation where it may not. */
  async ask(document: ModelDocument, signal: AbortSignal): Promise<void> {
    const correction = document.state?.correction;
    if (!correction || correction.isSaved || this.#answered.has(document)) return;
    const button = await vscode.window.showWarningMessage(correction.words, elsewhere, anyway);
    if (button === anyway) {
      this.#answered.add(document);
      return;
    }
    if (button === elsewhere) await saveElsewhere(document, correction.proposedName, signal);
    throw new vscode.CancellationError();
  }
}

async function saveElsewhere(
  document: ModelDocument,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const to = await vscode.window.showSaveDialog({
    title: t('Save the corrected model as'),
    defaultUri: vscode.Uri.joinPath(document.uri, '..', name),
  });
  if (!to) return;
  await document.saveAs(to, signal);
  await vscode.commands.executeCommand('vscode.openWith', to, viewTypeOf(to));
}
