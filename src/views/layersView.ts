import * as vscode from 'vscode';
import type { LayerRow } from '../../server/protocol/model.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { byRank, describeRow, glyphs, shortNames } from '../layerRank.ts';

/** A row of the tree; commands of its menu take the layer from it. */
export interface RankedLayer {
  readonly layer: number;
  readonly row: LayerRow;
}

/** The layers of the model in view, worst first. */
export class LayersView implements vscode.TreeDataProvider<RankedLayer>, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<undefined>());
  readonly #models: OpenModels;
  #drawn: unknown;
  #short: ReadonlyMap<number, string> = new Map();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(models: OpenModels) {
    this.#models = models;
    this.#store.add(
      models.onDidChange(() => {
        const layers = models.shown?.state?.layers;
        if (layers === this.#drawn) return;
        this.#drawn = layers;
        this.#changed.fire(undefined);
      }),
    );
  }

  getChildren(parent?: RankedLayer): RankedLayer[] {
    if (parent) return [];
    const state = this.#models.shown?.state;
    if (!state) return [];
    this.#short = shortNames(state.layers);
    return byRank(state.layers, state.target.granularity).map((row) => ({ layer: row.id, row }));
  }

  getTreeItem(ranked: RankedLayer): vscode.TreeItem {
    const { row } = ranked;
    const item = new vscode.TreeItem(`${glyphs[row.mark]} ${this.#short.get(row.id) ?? row.name}`);
    item.id = `${this.#models.shown?.uri.toString() ?? ''}#${row.id}`;
    item.description = describeRow(row);
    item.tooltip = `${row.name}: ${row.operator}, ${row.shape}, ${describeRow(row)}`;
    item.contextValue = row.before ? 'changedLayer' : 'layer';
    item.command = { command: 'rangefinder.revealLayer', title: 'Reveal', arguments: [ranked] };
    const label = `${row.name}, ${row.mark}, ${row.operator}, weights ${describeRow(row)}`;
    item.accessibilityInformation = { label };
    return item;
  }

  dispose(): void {
    this.#store.dispose();
  }
}
