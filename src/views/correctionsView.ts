import * as vscode from 'vscode';
import type { CorrectionState } from '../../server/protocol/data.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { t } from '../l10n.ts';
import { linesOf, type Line } from './correctionLines.ts';

/**
 * The corrections of the model in view, in order: that which is in its file since before, and those
 * that are applied, of which the last can be undone here.
 */
export class CorrectionsView implements vscode.TreeDataProvider<Line>, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<undefined>());
  readonly #models: OpenModels;
  #drawn: string | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(models: OpenModels) {
    this.#models = models;
    this.#store.add(
      models.onDidChange(() => {
        const { changes, correction } = models.shown?.state ?? {};
        const now = JSON.stringify([changes, correction]);
        if (now === this.#drawn) return;
        this.#drawn = now;
        this.#changed.fire(undefined);
      }),
    );
  }

  getChildren(parent?: Line): Line[] {
    const { state } = this.#models.shown ?? {};
    return parent || !state ? [] : linesOf(state);
  }

  getTreeItem(change: Line): vscode.TreeItem {
    if (!('id' in change)) return inFile(change);
    const isLast = this.#models.shown?.state?.changes.at(-1)?.id === change.id;
    const item = new vscode.TreeItem(change.label);
    item.iconPath = new vscode.ThemeIcon('pass');
    item.description = shortNote(change.note);
    item.tooltip = `${change.label}: ${change.note}`;
    item.contextValue = isLast ? 'lastCorrection' : 'correction';
    item.accessibilityInformation = { label: t('{0}, applied, {1}', change.label, change.note) };
    return item;
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** Of a file that was corrected before nothing is undone here: *Remove correction* does that. */
function inFile({ layers, grid, words }: CorrectionState): vscode.TreeItem {
  const label =
    layers === 1
      ? t('Corrected before: biases of 1 layer')
      : t('Corrected before: biases of {0} layers', layers);
  const item = new vscode.TreeItem(label);
  item.iconPath = new vscode.ThemeIcon('pass');
  item.description = grid;
  item.tooltip = words;
  item.accessibilityInformation = { label: `${label}, ${grid}` };
  return item;
}

/** What fits beside the title of a change: `exact`, or by how much outputs move, `±0.38`; the tooltip says it in full. */
const shortNote = (note: string): string => {
  const [, exact, moved] = /^(exact, )?outputs move by (.+)$/.exec(note) ?? [];
  if (exact !== undefined) return t('exact');
  return moved === undefined ? note : `±${moved}`;
};
