import * as vscode from 'vscode';
import type { LayerRow } from '../../server/protocol/model.ts';
import { DisposableStore, type Disposable } from '../disposables.ts';
import type { OpenModels } from '../editor/openModels.ts';
import { byRank, describeRow, glyphs, shortNames } from '../layerRank.ts';
import { fitName } from './fitText.ts';
import { t } from '../l10n.ts';

/** A row of the tree; commands of its menu take the layer from it. */
export interface RankedLayer {
  readonly layer: number;
  readonly row: LayerRow;
}

/** Layers that have no row: the table has them all. */
interface MoreLayers {
  readonly more: number;
}

type Row = RankedLayer | MoreLayers;

/** So many layers have a row; who looks for others looks into the table. */
const mostLayers = 500;

/** The layers of the model in view, worst first. */
export class LayersView implements vscode.TreeDataProvider<Row>, Disposable {
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

  getChildren(parent?: Row): Row[] {
    if (parent) return [];
    const state = this.#models.shown?.state;
    if (!state) return [];
    this.#short = shortNames(state.layers);
    const ranked = byRank(state.layers, state.target.granularity);
    const rows = ranked.slice(0, mostLayers).map((row) => ({ layer: row.id, row }));
    const more = ranked.length - rows.length;
    return more > 0 ? [...rows, { more }] : rows;
  }

  getTreeItem(ranked: Row): vscode.TreeItem {
    if ('more' in ranked) return moreItem(ranked);
    const { row } = ranked;
    const figure = describeRow(row);
    const name = fitName(this.#short.get(row.id) ?? row.name, figure, markWidth);
    const item = new vscode.TreeItem(`${glyphs[row.mark]} ${name}`);
    item.id = `${this.#models.shown?.uri.toString() ?? ''}#${row.id}`;
    item.description = figure;
    item.tooltip = `${row.name}: ${row.operator}, ${row.shape}, ${measure(row)} ${figure}`;
    item.contextValue = row.before ? 'changedLayer' : 'layer';
    item.command = { command: 'rangefinder.revealLayer', title: t('Reveal'), arguments: [ranked] };
    const label = `${row.name}, ${row.mark}, ${row.operator}, ${measure(row)} ${figure}`;
    item.accessibilityInformation = { label };
    return item;
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** Mark and gap before a name, in characters. */
const markWidth = 2;

/** What the figure of a row is of. */
const measure = ({ data }: LayerRow): string =>
  data === undefined
    ? 'weights'
    : data.now.alone === undefined
      ? t('own output')
      : t('outputs with only this layer quantized');

function moreItem({ more }: MoreLayers): vscode.TreeItem {
  const item = new vscode.TreeItem(t('{0} more', more.toLocaleString('en')));
  item.id = 'more';
  item.tooltip = t('The table has all layers.');
  item.command = { command: 'rangefinder.showLayers', title: t('Show') };
  return item;
}
