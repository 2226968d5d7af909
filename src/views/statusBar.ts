import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { statusText } from './statusText.ts';
import { t } from '../l10n.ts';

/** The target and the lowest weight SQNR, while a model is in view; a click chooses the target. */
export class StatusBar implements Disposable {
  readonly #store = new DisposableStore();

  constructor(models: OpenModels) {
    const item = this.#store.add(
      vscode.window.createStatusBarItem('rangefinder.target', vscode.StatusBarAlignment.Right, 100),
    );
    item.name = t('Quantization target');
    item.command = 'rangefinder.chooseTarget';
    item.tooltip = t(
      'Target, and lowest weight SQNR of a layer, or SQNR of the outputs on samples with the share of right answers (as float: of those that float gives). Click to choose another target.',
    );
    this.#store.add(
      models.onDidChange(() => {
        const state = models.active?.state;
        if (!state) return item.hide();
        item.text = statusText(state);
        item.accessibilityInformation = { label: t('Quantization target {0}', item.text) };
        item.show();
      }),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }
}
