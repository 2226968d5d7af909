import type {
  LayerRow,
  LedgerAction,
  PanelCommand,
  RunStepId,
} from '../../../server/protocol/model.ts';
import type { RowGesture } from '../../kit/table.ts';
import { closeSample } from './dataPicker.ts';
import type { Outcome, PageTab, Sort } from './kept.ts';
import { layersTsv } from './layersModel.ts';
import { refreshComparison } from './comparison.ts';
import type { Page } from './page.ts';
import { keepOrFirst, selectRow, type Selection } from './selection.ts';

/** How long the selection rests before its layer is asked for: held arrow keys ask once. */
const restMs = 40;

export const runCommand = (page: Page, id: PanelCommand): void =>
  page.post({ type: 'command', id });

export function previewSteps(
  page: Page,
  steps: readonly RunStepId[],
  layers?: readonly number[],
): void {
  page.post({ type: 'preview', steps, ...(layers ? { layers } : {}) });
}

/** Does what would unblock a place of the ledger; steps are previewed, never applied. */
export function unblock(page: Page, { command, preview }: LedgerAction): void {
  if (command) return runCommand(page, command);
  if (!preview || page.state.model?.preview) return;
  const { step, options } = preview;
  page.post({ type: 'preview', steps: [step], ...(options ? { options } : {}) });
}

/** Applies what is previewed. */
export function applyPreview(page: Page): void {
  const steps = page.state.model?.preview?.steps;
  if (steps) page.post({ type: 'apply', steps });
}

export function showTab(page: Page, tab: PageTab): void {
  page.keep({ tab });
  refreshComparison(page);
}

const selectionOf = (page: Page): Selection => {
  const { selected, current } = page.state.kept;
  return { selected, current, anchor: page.state.anchor };
};

/** Selects by a press or key on a row of the layers table. */
export function selectAt(page: Page, index: number, gesture: RowGesture): void {
  const ids = page.layerRows().map((row) => row.id);
  page.change({ isFirstWaiting: false });
  take(page, selectRow(selectionOf(page), ids, index, gesture));
}

/** Goes to one layer wherever the user is: its tab, its row, its cockpit. */
export function revealLayer(page: Page, id: number): void {
  const isHidden = !page.layerRows().some((row) => row.id === id);
  page.keep({ tab: 'layers', ...(isHidden ? { filter: '' } : {}) });
  page.change({ isFirstWaiting: false });
  take(page, { selected: [id], current: id, anchor: id });
  const index = page.layerRows().findIndex((row) => row.id === id);
  page.draw();
  setTimeout(() => {
    page.layersFrame.reveal(index);
    page.layersFrame.focus();
  });
}

/** Sorts the table, and keeps the current row in sight. */
export function sortBy(page: Page, sort: Sort): void {
  page.keep({ sort });
  page.layersFrame.moveTo(page.layerRows().findIndex(({ id }) => id === page.state.kept.current));
}

/**
 * After another state came: keeps the selection where its rows still are. While the numbers of a
 * file that was just opened come in, the order is not known yet, and the first row is taken anew.
 */
export function settleSelection(page: Page): void {
  const all = page.state.model?.layers ?? [];
  const now = isFirstTaken(page) ? nothingSelected : selectionOf(page);
  const isKnown = now.current !== undefined && all.some((row) => row.id === now.current);
  const ids = isKnown ? all.map((row) => row.id) : page.layerRows().map((row) => row.id);
  take(page, keepOrFirst(now, ids));
}

/**
 * Whether the worst layer is selected anew: until the user picks one, or uses the page in a way
 * that says which one is looked at. Samples find another worst layer than weights do.
 */
function isFirstTaken(page: Page): boolean {
  const { model, kept, pinned, isFirstWaiting } = page.state;
  if (!isFirstWaiting) return false;
  if (!model?.isComplete || kept.current === undefined) return true;
  const isTouched = kept.sort !== undefined || kept.filter !== '' || pinned !== undefined;
  const isChanged = model.changes.length > 0 || model.preview !== undefined;
  if (isTouched || isChanged) page.change({ isFirstWaiting: false });
  return !isTouched && !isChanged;
}

const nothingSelected: Selection = { selected: [], current: undefined, anchor: undefined };

let resting: ReturnType<typeof setTimeout> | undefined;
let told = { selected: '', described: '' };

function take(page: Page, next: Selection): void {
  const isOther = next.current !== page.state.kept.current;
  const read = isOther ? { pinned: undefined, hovered: undefined, pickedSet: 0 } : {};
  page.change({ anchor: next.anchor, ...read });
  page.keep({ selected: next.selected, current: next.current });
  clearTimeout(resting);
  resting = setTimeout(() => tell(page), restMs);
}

/**
 * Tells the host what is selected and asks why of the current layer, once for each state of it: the
 * end of a measurement leaves revision and target as they are, and says more of the layer.
 */
function tell(page: Page): void {
  const { kept, model } = page.state;
  if (!model) return;
  const selected = kept.selected.join();
  if (selected !== told.selected) page.post({ type: 'select', layers: kept.selected });
  const { revision, isComplete, target, preview, evaluation, measuring } = model;
  const row = model.layers.find(({ id }) => id === kept.current);
  const measured = [row, evaluation?.isStale, measuring === undefined];
  const described = JSON.stringify([
    kept.current,
    revision,
    isComplete,
    target,
    preview,
    ...measured,
  ]);
  if (described !== told.described && kept.current !== undefined && model.kind === 'float')
    page.post({ type: 'describe', layer: kept.current });
  told = { selected, described };
}

/** The selected rows in the order of the table. */
export function selectedRows(page: Page): readonly LayerRow[] {
  const selected = new Set(page.state.kept.selected);
  return page.layerRows().filter((row) => selected.has(row.id));
}

export const copyRows = (page: Page): void =>
  page.post({ type: 'copy', text: layersTsv(selectedRows(page)) });

/** The ledger, narrowed to one step or layer and outcome. */
export function showLedger(page: Page, filter: string, outcome: Outcome | undefined): void {
  page.change({ ledgerFolded: new Set(), ledgerCurrent: undefined });
  page.keep({ tab: 'ledger', ledgerFilter: filter, ledgerOutcome: outcome });
}

/** Escape: closes, stops or discards the nearest thing; true when there was one. */
export function escape(page: Page, isInCockpit: boolean): boolean {
  const { menu, job, model, pinned } = page.state;
  if (menu) page.change({ menu: undefined });
  else if (page.state.sample) closeSample(page);
  else if (job || model?.measuring) page.post({ type: 'cancel' });
  else if (isInCockpit && pinned !== undefined) page.change({ pinned: undefined });
  else if (isInCockpit) page.layersFrame.focus();
  else if (model?.preview) page.post({ type: 'discard' });
  else return false;
  return true;
}
