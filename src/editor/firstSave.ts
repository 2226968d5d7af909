import * as vscode from 'vscode';
import type { CorrectionState } from '../../server/protocol/data.ts';
import { viewTypeOf } from '../modelFiles.ts';
import { toFault, toSentence } from '../server/answers.ts';
import type { ModelDocument } from './modelDocument.ts';
import { t } from '../l10n.ts';

const elsewhere = t('Save as…');
const anyway = t('Save anyway');
/** A sentence in the status bar is there so long. */
const hintMs = 10_000;

/**
 * The first save of corrected biases: such a file is made for its grid and is no longer the float
 * model, so the user is asked once whether it is to go over the float one. Who saves is asked in a
 * dialog, which a save can wait for. VS Code does not say when it saves by itself: where it may, a
 * notice asks once, nothing waits for it, and the model stays unsaved until it is answered.
 */
export class FirstSave {
  readonly #answered = new WeakSet<ModelDocument>();
  readonly #told = new WeakSet<ModelDocument>();
  readonly #wished = new WeakSet<ModelDocument>();

  /** Saves, and asks in a dialog where there is something to ask: the user wants it saved now. */
  async save(document: ModelDocument): Promise<void> {
    this.#wished.add(document);
    try {
      await vscode.commands.executeCommand('workbench.action.files.save');
    } finally {
      this.#wished.delete(document);
    }
  }

  /**
   * Comes back when the file may be written over; throws a cancellation where it may not. `refocus`:
   * after a dialog VS Code gives the focus to the frame around a page, and not to what had it there.
   */
  async ask(document: ModelDocument, refocus: () => void, signal: AbortSignal): Promise<void> {
    const correction = document.state?.correction;
    if (!correction || correction.isSaved || this.#answered.has(document)) return;
    if (this.#wished.has(document) || !savesByItself(document.uri)) {
      const message = t('Save {0} over the float model?', document.name);
      const how = { modal: true, detail: correction.words };
      const button = await vscode.window.showWarningMessage(message, how, elsewhere, anyway);
      refocus();
      if (button === anyway && !signal.aborted) {
        this.#answered.add(document);
        return;
      }
      if (button === elsewhere) await saveElsewhere(document, correction.proposedName, signal);
    } else void this.#tell(document, correction).catch(tellFailure);
    throw new vscode.CancellationError();
  }

  /** Asks without anybody waiting for the answer; once, and then only reminds of it. */
  async #tell(document: ModelDocument, { words, proposedName }: CorrectionState): Promise<void> {
    if (this.#told.has(document)) {
      const hint = t('{0} is not saved: “Save model” asks whether it may be.', document.name);
      vscode.window.setStatusBarMessage(hint, hintMs);
      return;
    }
    this.#told.add(document);
    let isClosed = false;
    const closing = document.onDidDispose(() => (isClosed = true));
    const button = await vscode.window.showWarningMessage(words, elsewhere, anyway);
    closing.dispose();
    if (isClosed) return;
    if (button === elsewhere) await saveElsewhere(document, proposedName);
    if (button !== anyway) return;
    this.#answered.add(document);
    await vscode.commands.executeCommand('vscode.openWith', document.uri, viewTypeOf(document.uri));
    await vscode.commands.executeCommand('workbench.action.files.save');
  }
}

const savesByItself = (uri: vscode.Uri): boolean =>
  vscode.workspace.getConfiguration('files', uri).get<string>('autoSave', 'off') !== 'off';

function tellFailure(thrown: unknown): void {
  void vscode.window.showErrorMessage(toSentence(toFault(thrown)));
}

async function saveElsewhere(
  document: ModelDocument,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const to = await vscode.window.showSaveDialog({
    title: t('Save the corrected model as'),
    defaultUri: vscode.Uri.joinPath(document.uri, '..', name),
  });
  if (!to) return;
  await document.saveAs(to, signal);
  await vscode.commands.executeCommand('vscode.openWith', to, viewTypeOf(to));
}
