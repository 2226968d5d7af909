import * as vscode from 'vscode';
import type { ModelState } from '../../server/protocol/model.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { formatDb } from '../layerRank.ts';

/** The target and the lowest weight SQNR, while a model is in view; a click chooses the target. */
export class StatusBar implements Disposable {
  readonly #store = new DisposableStore();

  constructor(models: OpenModels) {
    const item = this.#store.add(
      vscode.window.createStatusBarItem('rangefinder.target', vscode.StatusBarAlignment.Right, 100),
    );
    item.name = 'Quantization Target';
    item.command = 'rangefinder.chooseTarget';
    item.tooltip = 'Target and lowest weight SQNR of a layer. Click to choose another target.';
    this.#store.add(
      models.onDidChange(() => {
        const state = models.active?.state;
        if (!state) return item.hide();
        item.text = statusText(state);
        item.accessibilityInformation = { label: `Quantization target ${item.text}` };
        item.show();
      }),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** `W8 A8 per channel: 31.2 dB`; while a preview is shown, not the figure that would be. */
export function statusText({ target, score, preview }: ModelState): string {
  const { weightBits, activationBits, granularity } = target;
  const activations = activationBits === 'float' ? 'float' : activationBits;
  const figure = score === undefined || preview ? '' : `: ${formatDb(score.now)}`;
  const shown = preview ? ', preview' : '';
  return `W${weightBits} A${activations} per ${granularity}${figure}${shown}`;
}
