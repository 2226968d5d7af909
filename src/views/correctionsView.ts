import * as vscode from 'vscode';
import type { AppliedChange } from '../../server/protocol/model.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { t } from '../l10n.ts';

/** The corrections that are applied to the model in view, in order; the last can be undone here. */
export class CorrectionsView implements vscode.TreeDataProvider<AppliedChange>, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<undefined>());
  readonly #models: OpenModels;
  #drawn: unknown;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(models: OpenModels) {
    this.#models = models;
    this.#store.add(
      models.onDidChange(() => {
        const changes = models.shown?.state?.changes;
        if (changes === this.#drawn) return;
        this.#drawn = changes;
        this.#changed.fire(undefined);
      }),
    );
  }

  getChildren(parent?: AppliedChange): AppliedChange[] {
    return parent ? [] : [...(this.#models.shown?.state?.changes ?? [])];
  }

  getTreeItem(change: AppliedChange): vscode.TreeItem {
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

/** What fits beside the title of a change: `exact`, or by how much outputs move, `±0.38`; the tooltip says it in full. */
const shortNote = (note: string): string => {
  const [, exact, moved] = /^(exact, )?outputs move by (.+)$/.exec(note) ?? [];
  if (exact !== undefined) return t('exact');
  return moved === undefined ? note : `±${moved}`;
};
