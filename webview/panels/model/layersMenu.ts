import type { LayerRow, ModelState, PanelCommand } from '../../../server/protocol/model.ts';
import type { LayerException } from '../../../server/protocol/target.ts';
import type { MenuItem } from '../../kit/menu.ts';
import {
  copyRows,
  previewSteps,
  runCommand,
  selectAt,
  selectedRows,
  showLedger,
} from './actions.ts';
import type { Page } from './page.ts';
import { columnItems, openChartList } from './saveChart.ts';
import { showInGraph } from './tabs/graphState.ts';

/** The menu of the layers table: what can be done with the selected layers. */
export function openLayerMenu(
  page: Page,
  index: number,
  { x, y, column }: { readonly x: number; readonly y: number; readonly column: string | undefined },
): void {
  const row = page.layerRows()[index];
  const { model } = page.state;
  if (!row || !model) return;
  if (!page.state.kept.selected.includes(row.id))
    selectAt(page, index, { extend: false, toggle: false, isPress: true });
  const rows = selectedRows(page);
  const back = (items: readonly MenuItem[]): readonly MenuItem[] =>
    items.map((item) => ({
      ...item,
      run: () => {
        item.run();
        page.layersFrame.focus();
      },
    }));
  const isMany = rows.length > 1;
  page.change({
    menu: {
      x,
      y,
      items: [
        ...back(corrections(page, model, row, rows)),
        ...gridItems(page, model, rows, x, y),
        ...back(ignoring(page, model, rows)),
        { label: 'Show in graph', run: () => showInGraph(page, row.id) },
        {
          label: 'Show in ledger',
          whyNot: model.kind === 'float' ? undefined : isQuantized,
          run: () => showLedger(page, row.name, undefined),
        },
        ...columnItems(page, column),
        { label: 'Save chart…', run: () => openChartList(page, x, y) },
        ...back([
          { label: isMany ? 'Copy rows' : 'Copy row', key: 'Ctrl+C', run: () => copyRows(page) },
        ]),
      ],
    },
  });
}

const isQuantized = 'The model is quantized: corrections need the float model.';

/** Why nothing of the model can be changed now. */
const whyNoChange = (model: ModelState): string | undefined =>
  model.kind !== 'float'
    ? isQuantized
    : model.preview
      ? 'Apply or discard the preview first.'
      : undefined;

function corrections(
  page: Page,
  model: ModelState,
  row: LayerRow,
  rows: readonly LayerRow[],
): readonly MenuItem[] {
  const whyNot = whyNoChange(model);
  const ids = rows.map(({ id }) => id);
  return [
    {
      label: rows.length > 1 ? 'Equalize these sets' : 'Equalize this set',
      key: 'Preview',
      whyNot,
      run: () => previewSteps(page, ['equalize'], ids),
    },
    {
      label: 'Equalize selected as one set',
      key: 'Preview',
      whyNot:
        whyNot ?? (rows.length < 2 ? 'Select the layers of the set: two or more.' : undefined),
      run: () => runOnSelection(page, 'equalizeSelected'),
    },
    { label: 'Fold selected…', whyNot, run: () => runOnSelection(page, 'foldSelected') },
    {
      label: rows.length > 1 ? 'Correct selected layers' : 'Correct this layer',
      whyNot: whyNot ?? (model.data ? undefined : 'Choose samples first.'),
      run: () => runOnSelection(page, 'correctSelected'),
    },
    {
      label: 'Undo for this layer',
      whyNot: whyNot ?? (row.isEqualized ? undefined : 'The layer was not equalized.'),
      run: () => page.post({ type: 'undoLayer', layer: row.id }),
    },
  ];
}

/** What the target does with the layers; not a change of the model. */
function gridItems(
  page: Page,
  model: ModelState,
  rows: readonly LayerRow[],
  x: number,
  y: number,
): readonly MenuItem[] {
  const whyNot = whyNoChange(model);
  const isAllInFloat = rows.every(({ ownBits }) => ownBits === 'float');
  const { weightBits } = model.target;
  const wish = (bits: number | 'float' | undefined) => (): void => {
    setBits(page, model, rows, bits);
    page.layersFrame.focus();
  };
  const widths: readonly MenuItem[] = [
    ...[4, 6, 8, 10, 12, 16]
      .filter((bits) => bits > weightBits)
      .map((bits) => ({ label: `${bits} bits`, run: wish(bits) })),
    {
      label: `${weightBits} bits, as the target says`,
      whyNot: rows.some(({ ownBits }) => ownBits !== undefined)
        ? undefined
        : 'It has the bits of the target.',
      run: wish(undefined),
    },
  ];
  return [
    isAllInFloat
      ? { label: 'Round as the target says', whyNot, run: wish(undefined) }
      : { label: 'Leave in float', whyNot, run: wish('float') },
    {
      label: 'More bits…',
      whyNot: whyNot ?? (weightBits < 16 ? undefined : 'There are no more than 16.'),
      run: () => page.change({ menu: { x, y, items: widths } }),
    },
  ];
}

/** Gives layers bits of their own in the target, or those that the target has for all. */
function setBits(
  page: Page,
  { target }: ModelState,
  rows: readonly LayerRow[],
  bits: number | 'float' | undefined,
): void {
  const names = new Set(rows.map(({ name }) => name));
  const { exceptions = [], ...rest } = target;
  const others = exceptions.filter(({ layer }) => !names.has(layer));
  const own: LayerException[] =
    bits === undefined ? [] : [...names].map((layer) => ({ layer, weightBits: bits }));
  const all = [...others, ...own];
  page.post({
    type: 'setTarget',
    target: { ...rest, ...(all.length > 0 ? { exceptions: all } : {}) },
  });
}

function ignoring(page: Page, model: ModelState, rows: readonly LayerRow[]): readonly MenuItem[] {
  const isOn = rows.every(({ isIgnored }) => isIgnored === true);
  const chosen = new Set(rows.map(({ name }) => name));
  const others = model.layers
    .filter(({ isIgnored, name }) => isIgnored === true && !chosen.has(name))
    .map(({ name }) => name);
  return [
    {
      label: isOn ? 'Stop ignoring in corrections' : 'Ignore in corrections',
      whyNot: whyNoChange(model),
      run: () => page.post({ type: 'leaveAlone', names: isOn ? others : [...others, ...chosen] }),
    },
  ];
}

/** A command about the selected layers; the host is told of them first. */
function runOnSelection(page: Page, id: PanelCommand): void {
  page.post({ type: 'select', layers: page.state.kept.selected });
  runCommand(page, id);
}
