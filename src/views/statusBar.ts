import * as vscode from 'vscode';
import type { EvaluationRow } from '../../server/protocol/data.ts';
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
    item.tooltip =
      'Target, and lowest weight SQNR of a layer, or SQNR of the outputs and share of right answers on samples. Click to choose another target.';
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

/**
 * `W8 A8 per channel: 31.2 dB` of the lowest weights, or with samples `14.2 dB, 50.0 %` of the
 * outputs; while a preview is shown, not the figures that would be.
 */
export function statusText({ target, score, preview, evaluation }: ModelState): string {
  const { weightBits, activationBits, granularity } = target;
  const activations = activationBits === 'float' ? 'float' : activationBits;
  const now = evaluation?.isStale === false && evaluation.rows.find(({ state }) => state === 'now');
  const weights = score === undefined ? '' : `: ${formatDb(score.now)}`;
  const figure = preview ? '' : now ? outputsText(now) : weights;
  const shown = preview ? ', preview' : '';
  return `W${weightBits} A${activations} per ${granularity}${figure}${shown}`;
}

/** `: 14.2 dB, 50.0 %`, the share of right answers, or of those of float. */
function outputsText({ logitsSqnrDb, sqnrDb, top1, agreement }: EvaluationRow): string {
  const db = logitsSqnrDb ?? sqnrDb;
  const share = top1 ?? agreement;
  const parts = [
    ...(db === undefined ? [] : [formatDb(db)]),
    ...(share === undefined ? [] : [`${(100 * share).toFixed(1)} %`]),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
