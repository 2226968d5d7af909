import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from './disposables.ts';
import type { ModelDocument } from './editor/modelDocument.ts';
import type { OpenModels } from './editor/openModels.ts';
import { isOnnx } from './modelFiles.ts';

/** What `when` clauses of menus and keybindings ask for. */
export function contextOf(shown: ModelDocument | undefined): Record<string, boolean> {
  const state = shown?.state;
  return {
    hasModel: state !== undefined,
    hasLayers: state !== undefined && state.kind !== 'no-layers',
    isQuantized: state?.kind === 'quantized',
    canMeasure: state?.kind === 'float',
    hasSamples: state?.data !== undefined,
    hasBiasCorrection: state?.correction !== undefined,
    canBeOnnx: state !== undefined && shown !== undefined && !isOnnx(shown.uri),
    canRepair: state?.kind === 'float' && state.preview === undefined,
    isPreview: state?.preview !== undefined,
    isBusy: shown?.job !== undefined,
    canStop: shown?.job !== undefined || state?.measuring !== undefined,
    isUnreadable: shown?.fault !== undefined,
    isChangedOnDisk: shown?.isChangedOnDisk ?? false,
    hasCorrections: (state?.changes.length ?? 0) > 0,
    asksToSave: state?.correction?.isSaved === false,
    isSaved: (state?.changes.length ?? 0) > 0 && shown?.isDirty === false,
  };
}

/** Keeps the context keys `rangefinder.*` true to the model in view. */
export class ContextKeys implements Disposable {
  readonly #store = new DisposableStore();
  readonly #set = new Map<string, boolean>();

  /** `isDiff`: whether two models stand side by side in the editor in front. */
  constructor(models: OpenModels, isDiff: () => boolean) {
    const update = (): void => {
      const keys = {
        active: models.active !== undefined,
        isDiff: isDiff(),
        ...contextOf(models.shown),
      };
      for (const [key, value] of Object.entries(keys)) this.#put(key, value);
    };
    this.#store.add(models.onDidChange(update));
    this.#store.add(vscode.window.tabGroups.onDidChangeTabs(update));
  }

  dispose(): void {
    this.#store.dispose();
  }

  #put(key: string, value: boolean): void {
    if (this.#set.get(key) === value) return;
    this.#set.set(key, value);
    void vscode.commands.executeCommand('setContext', `rangefinder.${key}`, value);
  }
}
